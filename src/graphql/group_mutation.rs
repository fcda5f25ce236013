//! The mutations of groups: create or change one, delete one.

use super::context::ContextExt;
use super::group::Group;
use super::inputs::{check_properties, check_time, refuse_unreadable};
use crate::analytics::scalars::{DateTime, Json};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::identity::{GroupPatch, Upserted};
use crate::domain::write::{Write, Written};
use crate::error::{Failure, Kind};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

/// What to create or change. `type` and `name` overwrite; `properties` merge.
#[derive(Debug, InputObject)]
pub struct UpsertGroupInput {
    /// The id your system gave the group.
    pub id: ID,
    /// What kind of group it is, such as company or workspace.
    pub r#type: String,
    /// Its display name.
    pub name: String,
    /// Properties, a JSON Merge Patch (RFC 7396): objects merge, null removes, anything else replaces.
    pub properties: Option<Json>,
    /// When the change took effect; when it is received unless given. At most 24 hours ahead.
    pub effective_at: Option<DateTime>,
}

/// What an upsert did.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Upserted")]
pub enum UpsertOutcome {
    /// The group is new, or began a new life after a deletion.
    Created,
    /// Something about the group changed.
    Updated,
    /// Nothing changed and nothing was written.
    Unchanged,
}

/// What became of an upsert.
#[derive(Debug, SimpleObject)]
pub struct UpsertGroupPayload {
    /// What the upsert did.
    pub outcome: UpsertOutcome,
    /// The group as it is now.
    pub group: Group,
}

/// Which group to delete.
#[derive(Debug, InputObject)]
pub struct DeleteGroupInput {
    /// The group's id.
    pub id: ID,
}

/// What became of a deletion.
#[derive(Debug, SimpleObject)]
pub struct DeleteGroupPayload {
    /// The id of the group that is gone. Null when there was no such group.
    pub deleted_id: Option<ID>,
}

/// The mutations of groups.
#[derive(Debug, Default)]
pub struct GroupMutation;

#[Object]
impl GroupMutation {
    /// Creates a group, or merges changes into it. An upsert that changes nothing writes nothing.
    async fn upsert_group(
        &self,
        ctx: &Context<'_>,
        input: UpsertGroupInput,
    ) -> Result<UpsertGroupPayload, Failure> {
        refuse_unreadable(ctx, "group", &[])?;
        let caller = ctx.caller()?;
        let patch = parse_upsert(input, caller)?;
        match caller.write(vec![Write::UpsertGroup(patch)]).await?.pop() {
            Some(Written::Group { upserted, group }) => {
                let node = Group::known(group.id.clone(), Some(group.into()));
                Ok(UpsertGroupPayload { outcome: upserted.into(), group: node })
            }
            Some(Written::Refused { invalid, .. }) => Err(invalid.within("input").into()),
            other => Err(unexpected(other)),
        }
    }

    /// Deletes a group: it leaves lists, look-ups and by-type results, and its memberships end. Events still show its
    /// id and do not bring it back; a later upsert begins a new life.
    async fn delete_group(
        &self,
        ctx: &Context<'_>,
        input: DeleteGroupInput,
    ) -> Result<DeleteGroupPayload, Failure> {
        let caller = ctx.caller()?;
        caller.limits().check_id("input.id", &input.id)?;
        match caller.write(vec![Write::DeleteGroup { id: input.id.to_string() }]).await?.pop() {
            Some(Written::GroupDeleted(was_there)) => {
                Ok(DeleteGroupPayload { deleted_id: was_there.then_some(input.id) })
            }
            other => Err(unexpected(other)),
        }
    }
}

fn parse_upsert(input: UpsertGroupInput, caller: &Caller) -> Result<GroupPatch, Invalid> {
    let limits = caller.limits();
    limits.check_id("input.id", &input.id)?;
    limits.check_id("input.type", &input.r#type)?;
    limits.check_group_name("input.name", &input.name)?;
    let properties = check_properties("input.properties", input.properties, limits)?;
    let effective_at = check_time("input.effectiveAt", input.effective_at, caller.began())?;
    Ok(GroupPatch { id: input.id.0, group_type: input.r#type, name: input.name, properties, effective_at })
}

/// The writer answered with something else than was asked: a refusal, or a fault of ours.
fn unexpected(written: Option<Written>) -> Failure {
    match written {
        Some(Written::Refused { missing: true, invalid }) => Failure {
            argument: Some(invalid.field.clone()),
            ..Failure::new(Kind::NotFound, invalid.to_string())
        },
        Some(Written::Refused { invalid, .. }) => invalid.into(),
        _ => Failure::new(Kind::Internal, "the server answered another question than was asked"),
    }
}
