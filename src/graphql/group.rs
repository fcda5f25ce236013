//! Groups: the companies, workspaces or teams that users belong to, and everything that can be asked of one.
//!
//! A node holds its id and, where it is at hand, its entity. Everything else is asked through the loaders, so a
//! page of groups costs one statement for each kind of question.

use super::context::ContextExt;
use super::cost;
use super::group_facts::{LastActive, MemberCount};
use super::group_members::MembersSpec;
use super::known_group::{KnownGroup, KnownGroups};
use super::page::connection;
use super::profile::ProfileConnection;
use super::property_history::{GroupVersionConnection, PropertyHistorySpec};
use crate::analytics::activity::{ActivityBucket, ActivitySpec};
use crate::analytics::filter::{
    AttributionInput, FilterInput, IntervalInput, RangeInput, UsersInput, WeekStartInput, parse_calendar,
    parse_first, parse_range,
};
use crate::analytics::group_metrics::{GroupMetrics, GroupMetricsSpec};
use crate::analytics::member_growth::{MemberGrowthBucket, MemberGrowthSpec};
use crate::analytics::of_group::{EventArguments, EventChoice};
use crate::analytics::scalars::{DateTime, Duration, Json};
use crate::analytics::top_events::{TopEvent, TopEventsSpec};
use crate::analytics::top_paths::{TopPath, TopPathsSpec};
use crate::error::Failure;
use async_graphql::{Context, ID, Object};
use chrono::Utc;
use std::sync::Arc;

/// A node of the API: a group, whether it was ever upserted or only seen on events and in memberships.
#[derive(Debug, Clone)]
pub struct Group {
    /// The caller's id.
    pub id: String,
    entity: Entity,
    activity: Activity,
}

/// What is at hand of when a group was last active.
#[derive(Debug, Clone, Copy)]
enum Activity {
    /// It was read; `None`: never.
    Known(Option<chrono::DateTime<Utc>>),
    /// It is read when a field asks for it.
    Later,
}

/// What is at hand of a group's entity.
#[derive(Debug, Clone)]
enum Entity {
    /// It was read; `None`: there is none.
    Known(Option<Arc<KnownGroup>>),
    /// It is read when a field asks for it.
    Later,
}

impl Group {
    /// A group whose entity was read; `None` when it has none.
    #[must_use]
    pub fn known(id: String, known: Option<KnownGroup>) -> Self {
        Self { id, entity: Entity::Known(known.map(Arc::new)), activity: Activity::Later }
    }

    /// A group whose entity is read when a field asks for it, for many groups at once.
    #[must_use]
    pub fn later(id: String) -> Self {
        Self { id, entity: Entity::Later, activity: Activity::Later }
    }

    /// The same group, of which it was read when it was last active; `None`: never.
    #[must_use]
    pub fn last_active(self, last_active: Option<chrono::DateTime<Utc>>) -> Self {
        Self { activity: Activity::Known(last_active), ..self }
    }

    async fn entity(&self, ctx: &Context<'_>) -> Result<Option<Arc<KnownGroup>>, Failure> {
        match &self.entity {
            Entity::Known(known) => Ok(known.clone()),
            Entity::Later => Ok(ctx.loaders()?.of_group(&self.id, KnownGroups).await?.map(Arc::new)),
        }
    }
}

/// A group of users: a company, a workspace, a team, or whatever else you track.
#[Object]
impl Group {
    /// The id your system gave the group.
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// What kind of group it is, such as company or workspace. Null while it was never upserted, and once deleted.
    async fn r#type(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| known.group_type.clone()))
    }

    /// Its display name. Null while it was never upserted, and once deleted.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| known.name.clone()))
    }

    /// Its properties as they are now, types kept. An empty object when it has none.
    async fn properties(&self, ctx: &Context<'_>) -> Result<Json, Failure> {
        let known = self.entity(ctx).await?;
        Ok(Json(known.map_or_else(|| serde_json::json!({}), |known| known.properties.clone())))
    }

    /// When this life of the group began. Null while it was never upserted, and once deleted.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| DateTime(known.created_at)))
    }

    /// When its type, name or properties last changed. An upsert that changes nothing does not count.
    async fn updated_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| DateTime(known.updated_at)))
    }

    /// How many profiles are members now.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<i32, Failure> {
        Ok(ctx.loaders()?.of_group(&self.id, MemberCount).await?.unwrap_or(0))
    }

    /// When the last event that carries the group's id happened, whenever that was. Null when there is none.
    async fn last_active_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        match self.activity {
            Activity::Known(known) => Ok(known.map(DateTime)),
            Activity::Later => Ok(ctx.loaders()?.of_group(&self.id, LastActive).await?.map(DateTime)),
        }
    }

    /// What happened in the group in a range: give `range` or `last`.
    async fn metrics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range.")] range: Option<RangeInput>,
        #[graphql(desc = "The range that ends now, by its length.")] last: Option<Duration>,
        #[graphql(
            desc = "Which events belong to the group.",
            default_with = "Some(AttributionInput::Event)"
        )]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
    ) -> Result<GroupMetrics, Failure> {
        let choice =
            EventChoice::parse(&EventArguments { range, last, attribution, users, filter }, ctx.caller()?)?;
        let spec = GroupMetricsSpec::of(choice, &ctx.look_ahead());
        Ok(ctx.loaders()?.of_group(&self.id, spec).await?.unwrap_or_default())
    }

    /// What happened in the group over time, one row for each calendar unit that the range touches, empty ones too.
    #[expect(clippy::too_many_arguments, reason = "each argument of a field is a parameter")]
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range.")] range: Option<RangeInput>,
        #[graphql(desc = "The range that ends now, by its length.")] last: Option<Duration>,
        #[graphql(desc = "The calendar unit.", default_with = "Some(IntervalInput::Day)")] interval: Option<
            IntervalInput,
        >,
        #[graphql(desc = "Whose calendar, an IANA name.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "The first day of a week; Monday unless given.")] week_start: Option<WeekStartInput>,
        #[graphql(
            desc = "Which events belong to the group.",
            default_with = "Some(AttributionInput::Event)"
        )]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
    ) -> Result<Vec<ActivityBucket>, Failure> {
        let choice =
            EventChoice::parse(&EventArguments { range, last, attribution, users, filter }, ctx.caller()?)?;
        let calendar =
            parse_calendar(interval.unwrap_or(IntervalInput::Day), time_zone.as_deref(), week_start)?;
        let loaders = ctx.loaders()?;
        loaders.budget().charge("activity", "interval", cost::buckets(choice.range, calendar))?;
        let wants_users = ctx.look_ahead().field("activeUsers").exists();
        let spec = ActivitySpec { choice, calendar, wants_users };
        Ok(loaders.of_group(&self.id, spec).await?.unwrap_or_default())
    }

    /// How the group's membership grew, one row for each calendar unit that the range touches.
    async fn member_growth(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range.")] range: Option<RangeInput>,
        #[graphql(desc = "The range that ends now, by its length.")] last: Option<Duration>,
        #[graphql(desc = "The calendar unit.", default_with = "Some(IntervalInput::Day)")] interval: Option<
            IntervalInput,
        >,
        #[graphql(desc = "Whose calendar, an IANA name.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "The first day of a week; Monday unless given.")] week_start: Option<WeekStartInput>,
    ) -> Result<Vec<MemberGrowthBucket>, Failure> {
        let range = parse_range(range, last.as_ref(), ctx.caller()?)?;
        let calendar =
            parse_calendar(interval.unwrap_or(IntervalInput::Day), time_zone.as_deref(), week_start)?;
        let loaders = ctx.loaders()?;
        loaders.budget().charge("memberGrowth", "interval", cost::buckets(range, calendar))?;
        let spec = MemberGrowthSpec { range, calendar };
        Ok(loaders.of_group(&self.id, spec).await?.unwrap_or_default())
    }

    /// The events that happened most in the range, without `screen_view`, `session_start` and `session_end`. The
    /// most frequent first; of equals, the name decides.
    #[expect(clippy::too_many_arguments, reason = "each argument of a field is a parameter")]
    async fn top_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range.")] range: Option<RangeInput>,
        #[graphql(desc = "The range that ends now, by its length.")] last: Option<Duration>,
        #[graphql(desc = "How many event names, 1 to 100000.", default_with = "Some(10)")] first: Option<i32>,
        #[graphql(
            desc = "Which events belong to the group.",
            default_with = "Some(AttributionInput::Event)"
        )]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
    ) -> Result<Vec<TopEvent>, Failure> {
        let caller = ctx.caller()?;
        let choice = EventChoice::parse(&EventArguments { range, last, attribution, users, filter }, caller)?;
        let (loaders, first) = (ctx.loaders()?, parse_first(first, 10, caller.limits())?);
        loaders.budget().charge("topEvents", "first", first)?;
        let wants_users = ctx.look_ahead().field("activeUsers").exists();
        Ok(loaders
            .of_group(&self.id, TopEventsSpec { choice, first, wants_users })
            .await?
            .unwrap_or_default())
    }

    /// The paths that were viewed most in the range, counting `screen_view`. The most viewed first; of equals,
    /// the path decides.
    async fn top_paths(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The range.")] range: Option<RangeInput>,
        #[graphql(desc = "The range that ends now, by its length.")] last: Option<Duration>,
        #[graphql(desc = "How many paths, 1 to 100000.", default_with = "Some(10)")] first: Option<i32>,
        #[graphql(
            desc = "Which events belong to the group.",
            default_with = "Some(AttributionInput::Event)"
        )]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
    ) -> Result<Vec<TopPath>, Failure> {
        let (caller, users) = (ctx.caller()?, None);
        let choice = EventChoice::parse(&EventArguments { range, last, attribution, users, filter }, caller)?;
        let (loaders, first) = (ctx.loaders()?, parse_first(first, 10, caller.limits())?);
        loaders.budget().charge("topPaths", "first", first)?;
        Ok(loaders.of_group(&self.id, TopPathsSpec { choice, first }).await?.unwrap_or_default())
    }

    /// The profiles that are members now, those who joined first first; of equals, the id decides.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many profiles, 1 to 1000.", default_with = "Some(50)")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(
            desc = "Only profiles whose id, e-mail address or full name contains this text, in any case."
        )]
        search: Option<String>,
    ) -> Result<Option<ProfileConnection>, Failure> {
        let loaders = ctx.loaders()?;
        let spec = MembersSpec::parse(first.unwrap_or(50), after.as_deref(), search, ctx.caller()?.limits())?;
        loaders.budget().charge("members", "first", spec.first())?;
        let found = loaders.of_group(&self.id, spec).await?;
        Ok(Some(found.unwrap_or_else(|| ProfileConnection::page(Vec::new(), false, after.is_some(), 0))))
    }

    /// Every version of the group's type, name and properties in its present life, the newest first.
    async fn property_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many versions, 1 to 1000.", default_with = "Some(50)")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<Option<GroupVersionConnection>, Failure> {
        let loaders = ctx.loaders()?;
        let spec = PropertyHistorySpec::parse(first.unwrap_or(50), after.as_deref(), ctx.caller()?.limits())?;
        loaders.budget().charge("propertyHistory", "first", spec.first())?;
        let found = loaders.of_group(&self.id, spec).await?;
        Ok(Some(found.unwrap_or_else(|| GroupVersionConnection::page(Vec::new(), false, after.is_some(), 0))))
    }
}

connection!(GroupConnection, GroupEdge, Group, "groups");
