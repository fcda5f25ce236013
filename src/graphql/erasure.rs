//! Erasing in the schema: the mutations that remove all that is stored of a profile or a group, and the fields that tell
//! how far that is.

use super::context::ContextExt;
use crate::analytics::scalars::DateTime;
use crate::caller::Caller;
use crate::domain::document::DocumentKind;
use crate::domain::erasure::{self, Subject};
use crate::error::Failure;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use serde_json::Value;

/// What is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Subject")]
pub enum ErasureSubject {
    /// A profile.
    Profile,
    /// A group.
    Group,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ErasureState {
    /// It is accepted, and carried out whatever happens. Files may still hold what is erased.
    Erasing,
    /// No file of the data folder holds any of it.
    Done,
}

/// A request to erase a profile or a group. It does not tell whom: that is erased.
#[derive(Debug, Clone, SimpleObject)]
pub struct Erasure {
    /// Its id, to ask for its state.
    pub id: ID,
    /// What is erased.
    pub subject: ErasureSubject,
    /// How far it is.
    pub state: ErasureState,
    /// When it was accepted. What is stored later is not concerned.
    pub requested_at: DateTime,
    /// When it was done; null until then.
    pub finished_at: Option<DateTime>,
}

impl From<erasure::Erasure> for Erasure {
    fn from(erasure: erasure::Erasure) -> Self {
        let state = if erasure.finished_at.is_some() { ErasureState::Done } else { ErasureState::Erasing };
        Self {
            id: ID(erasure.id),
            subject: erasure.subject.into(),
            state,
            requested_at: DateTime(erasure.requested_at),
            finished_at: erasure.finished_at.map(DateTime),
        }
    }
}

/// Which profile to erase.
#[derive(Debug, InputObject)]
pub struct EraseProfileInput {
    /// The profile's id.
    pub id: ID,
}

/// What became of it.
#[derive(Debug, SimpleObject)]
pub struct EraseProfilePayload {
    /// The erasure. Ask `erasure` for its state.
    pub erasure: Erasure,
}

/// Which group to erase.
#[derive(Debug, InputObject)]
pub struct EraseGroupInput {
    /// The group's id.
    pub id: ID,
}

/// What became of it.
#[derive(Debug, SimpleObject)]
pub struct EraseGroupPayload {
    /// The erasure. Ask `erasure` for its state.
    pub erasure: Erasure,
}

/// The mutations that erase.
#[derive(Debug, Clone, Copy, Default)]
pub struct ErasureMutation;

#[Object]
impl ErasureMutation {
    /// Erases a profile: its events, the anonymous events of devices that it alone used, its traits, its memberships and
    /// its id in static lists of cohorts. An id that nobody has is done at once. Copies elsewhere, such as backups, keep
    /// what they hold. Needs a client with the right ADMIN.
    async fn erase_profile(
        &self,
        ctx: &Context<'_>,
        input: EraseProfileInput,
    ) -> Result<EraseProfilePayload, Failure> {
        let erasure = erase(ctx.caller()?, Subject::Profile, input.id).await?;
        Ok(EraseProfilePayload { erasure })
    }

    /// Erases a group: its name, properties and history, its memberships, its id on events, which stay, and in static
    /// lists of cohorts. An id that no group has is done at once. Copies elsewhere, such as backups, keep what they hold.
    /// Needs a client with the right ADMIN.
    async fn erase_group(
        &self,
        ctx: &Context<'_>,
        input: EraseGroupInput,
    ) -> Result<EraseGroupPayload, Failure> {
        let erasure = erase(ctx.caller()?, Subject::Group, input.id).await?;
        Ok(EraseGroupPayload { erasure })
    }
}

async fn erase(caller: &Caller, subject: Subject, id: ID) -> Result<Erasure, Failure> {
    caller.may_manage()?;
    caller.limits().check_id("input.id", &id)?;
    // First the lists: an erasure that is accepted has nothing left to do that only a request can.
    strike_from_lists(caller, subject, &id).await?;
    Ok(caller.erase(subject, id.0).await?.into())
}

/// Strikes an id from the static lists of cohorts of its kind.
async fn strike_from_lists(caller: &Caller, subject: Subject, id: &str) -> Result<(), Failure> {
    for document in caller.documents(DocumentKind::Cohort)? {
        let mut body: Value = serde_json::from_str(&document.body).unwrap_or_default();
        let of_groups = !body["groupType"].is_null();
        if of_groups == (subject == Subject::Group) && strike(&mut body["rule"], id) {
            let saved = (document.id.clone(), document.name.clone(), body.to_string());
            caller.save_document(DocumentKind::Cohort, saved, usize::MAX).await?;
        }
    }
    Ok(())
}

/// Strikes an id from every list `ids` within a rule; tells whether it was in any.
fn strike(rule: &mut Value, id: &str) -> bool {
    let mut is_struck = false;
    match rule {
        Value::Array(rules) => {
            for rule in rules {
                is_struck |= strike(rule, id);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                is_struck |= match value {
                    Value::Array(ids) if name == "ids" => {
                        let before = ids.len();
                        ids.retain(|other| other != id);
                        ids.len() < before
                    }
                    other => strike(other, id),
                };
            }
        }
        _ => {}
    }
    is_struck
}

/// The fields that tell of erasures.
#[derive(Debug, Clone, Copy, Default)]
pub struct ErasureQuery;

#[Object]
impl ErasureQuery {
    /// One erasure by its id; null when there is none. Needs a client with the right ADMIN.
    async fn erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id that `eraseProfile` or `eraseGroup` told.")] id: ID,
    ) -> Result<Option<Erasure>, Failure> {
        let caller = ctx.caller()?;
        caller.limits().check_id("id", &id)?;
        Ok(caller.erasure(id.0).await?.map(Erasure::from))
    }

    /// The project's erasures, the latest first, a thousand at most. Needs a client with the right ADMIN.
    async fn erasures(&self, ctx: &Context<'_>) -> Result<Vec<Erasure>, Failure> {
        Ok(ctx.caller()?.erasures().await?.into_iter().map(Erasure::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_goes_from_every_list_of_a_rule_and_from_nothing_else() {
        let mut rule = json!({"all": [{"ids": ["jane", "joe"]}, {"not": {"ids": ["jane"]}}, {"property": {"values": ["jane"]}}]});
        assert!(strike(&mut rule, "jane"));
        let left =
            json!({"all": [{"ids": ["joe"]}, {"not": {"ids": []}}, {"property": {"values": ["jane"]}}]});
        assert_eq!(rule, left);
        assert!(!strike(&mut rule, "jane"));
    }
}
