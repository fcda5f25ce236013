//! Cohorts in the schema: the type, the fields that find them, and the mutations that save and delete them. What a
//! cohort is, is told in [`crate::analytics::cohort`].

mod members;
mod mutation;

pub use mutation::{
    CohortMutation, DeleteCohortInput, DeleteCohortPayload, SaveCohortInput, SaveCohortPayload,
};

use super::context::ContextExt;
use super::group::GroupConnection;
use super::profile::ProfileConnection;
use crate::analytics::cohort::{Definition, known_cohort};
use crate::analytics::count::int;
use crate::analytics::filter::{AttributionInput, parse_first};
use crate::analytics::scalars::{DateTime, Json};
use crate::analytics::unit::UnitKind;
use crate::caller::Caller;
use crate::domain::document::{Document, DocumentKind};
use crate::domain::time::Range;
use crate::engine::cohort::{Cohort as Checked, KeySet};
use crate::engine::filter::Subject;
use crate::engine::scope::Attribution;
use crate::error::Failure;
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;

/// A cohort as it is saved.
#[derive(Debug, Clone)]
pub struct Cohort {
    document: Arc<Document>,
    definition: Definition,
}

/// One member of a cohort, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct CohortTableRow {
    /// Id of the profile or group.
    pub unit_id: String,
    /// The profile's or group's name; null when it has none.
    pub name: Option<String>,
}

impl From<Arc<Document>> for Cohort {
    fn from(document: Arc<Document>) -> Self {
        Self { definition: Definition::of(&document), document }
    }
}

/// A named set of profiles, or of groups of a type.
#[Object]
impl Cohort {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.document.id.clone())
    }

    /// Its display name.
    async fn name(&self) -> &str {
        &self.document.name
    }

    /// Profiles or groups.
    async fn kind(&self) -> UnitKind {
        if self.definition.group_type.is_some() { UnitKind::Group } else { UnitKind::Profile }
    }

    /// The type of the groups; null for profiles.
    async fn group_type(&self) -> Option<&str> {
        self.definition.group_type.as_deref()
    }

    /// Who is in it: the rule as it was saved.
    async fn rule(&self) -> Json {
        Json(self.definition.rule.clone())
    }

    /// Whether it is a static list.
    async fn is_static(&self) -> bool {
        self.definition.rule.get("ids").is_some_and(|ids| !ids.is_null())
    }

    /// When it was first saved.
    async fn created_at(&self) -> DateTime {
        DateTime(self.document.created_at)
    }

    /// When it was last changed. Saving it again as it is changes nothing.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.document.updated_at)
    }

    /// How many profiles or groups are in it now.
    async fn size(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
    ) -> Result<i32, Failure> {
        let attribution = attribution.map(Attribution::from).unwrap_or_default();
        let (_, keys) = members_now(ctx.caller()?, &self.document.id, "id", attribution).await?;
        int("size", keys.len())
    }

    /// The profiles in it now, by id; empty for a cohort of groups.
    async fn profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many profiles, 1 to 1000.", default_with = "Some(50)")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<Option<ProfileConnection>, Failure> {
        members::profiles(ctx, &self.document.id, first, after.as_deref()).await.map(Some)
    }

    /// The groups in it now, by id; empty for a cohort of profiles.
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many groups, 1 to 1000.", default_with = "Some(50)")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<Option<GroupConnection>, Failure> {
        members::groups(ctx, &self.document.id, first, after.as_deref()).await.map(Some)
    }
}

/// The fields that find cohorts.
#[derive(Debug, Clone, Copy, Default)]
pub struct CohortQuery;

#[Object]
impl CohortQuery {
    /// The saved cohorts, by id.
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn cohorts(&self, ctx: &Context<'_>) -> Result<Vec<Cohort>, Failure> {
        let saved = ctx.caller()?.documents(DocumentKind::Cohort)?;
        Ok(saved.into_iter().map(Cohort::from).collect())
    }

    /// The cohort with an id, or null when there is none.
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn cohort(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Cohort>, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        Ok(caller.document(DocumentKind::Cohort, &id).map(Cohort::from))
    }

    /// The members of a cohort now as a flat table for BI tools, by id.
    async fn cohort_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cohort's id.")] id: String,
        #[graphql(desc = "How many rows, 1 to the limit.", default_with = "Some(100)")] first: Option<i32>,
    ) -> Result<Vec<CohortTableRow>, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let first = parse_first(first, 100, caller.limits())?;
        ctx.loaders()?.budget().charge("cohortTable", "first", first)?;
        let (cohort, keys) = members_now(caller, &id, "id", Attribution::default()).await?;
        if cohort.of == Subject::Profile {
            let profiles = members::profiles_of(caller, keys, None, first).await?;
            let row = |profile: super::profile::Profile| {
                let names: Vec<String> = profile.first_name.into_iter().chain(profile.last_name).collect();
                CohortTableRow { unit_id: profile.id, name: (!names.is_empty()).then(|| names.join(" ")) }
            };
            return Ok(profiles.into_iter().map(row).collect());
        }
        let groups = members::groups_of(caller, cohort.of.clone(), keys, None, first).await?;
        let row = |(unit_id, known): (String, super::known_group::KnownGroup)| CohortTableRow {
            unit_id,
            name: Some(known.name),
        };
        Ok(groups.into_iter().map(row).collect())
    }
}

/// The cohort with an id, and who is in it now. Complaints name the argument `place`.
async fn members_now(
    caller: &Caller,
    id: &str,
    place: &str,
    attribution: Attribution,
) -> Result<(Arc<Checked>, Arc<KeySet>), Failure> {
    let cohort = known_cohort(place, id, caller)?;
    let mut scope = caller.scope(Range::until(caller.now()));
    scope.attribution = attribution;
    let keys = caller.members(&scope, &cohort).await?;
    Ok((cohort, keys))
}
