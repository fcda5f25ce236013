//! Which groups are active, how many users each has, and how that compares with before.
//!
//! Unit counted: the groups of one type with at least one event in the range. Per group: its users (identified
//! profiles, or devices of anonymous events as well), its events, its last event in the range, and the change
//! of its users, (this − previous) ÷ previous, against the same length of time ending where the range begins.
//! An event in two groups counts once in each, so rows do not add up to the totals.
//!
//! Split further, a row is a group in one combination of keys. By another group type, an event counts in a row
//! for each of its groups of that type. By a property, each user of the group has one value, that of the first of
//! its events in the range that has one; an event of nobody has its own.
//!
//! What customers read:

#![doc = include_str!("active.md")]

mod rows;
mod totals;

pub use rows::ActiveRow;
pub use totals::ActiveTotals;

use super::breakdown::{Breakdown, BreakdownInput};
use super::count::int;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_first, parse_group_type, parse_maybe_calendar,
};
use super::flat::{FlatCommon, own_argument};
use super::hint;
use super::scalars::{Date, DateTime, Duration};
use crate::domain::Invalid;
use crate::domain::time::Bucket;
use crate::engine::scope::{Scope, Split};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::known_group::KnownGroup;
use async_graphql::{Context, Object, SimpleObject};
use rows::Cursor;

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct ActiveQuery;

/// How active the groups of a type were.
#[derive(Debug)]
pub struct ActiveUsers {
    scope: Scope,
    group_type: String,
    breakdown: Vec<Breakdown>,
    buckets: Option<Vec<Bucket>>,
    first: usize,
    after: Cursor,
}

/// One bucket of time, over all groups of the type together.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ActiveBucket {
    /// The bucket's first instant.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Groups with at least one event in the bucket.
    pub groups: i32,
    /// Distinct users in the bucket.
    pub active_users: i32,
    /// Events in the bucket.
    pub events: i32,
}

/// One active group, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveUsersTableRow {
    /// The group's id.
    pub group_id: String,
    /// The group's name.
    pub group_name: String,
    /// The group's type.
    pub group_type: String,
    /// Distinct users with at least one of the group's events in the range.
    pub active_users: i32,
    /// The group's events in the range.
    pub events: i32,
    /// The group's last event in the range.
    pub last_active_at: DateTime,
    /// Change of the number of users against the period before; null if it had none.
    pub change: Option<f64>,
}

#[Object]
impl ActiveQuery {
    /// The active groups of a type: users, events and last activity of each, most users first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn active_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "By what rows are split further, at most 3.")] breakdown: Option<
            Vec<BreakdownInput>,
        >,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
        #[graphql(desc = "Cut time into buckets, for `buckets`.")] interval: Option<IntervalInput>,
        #[graphql(
            desc = "IANA name of the zone whose calendar cuts time.",
            default_with = "Some(\"UTC\".to_owned())"
        )]
        time_zone: Option<String>,
        #[graphql(desc = "The day a week begins with.")] week_start: Option<WeekStartInput>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
        #[graphql(desc = "The cursor of the row behind which the page begins.")] after: Option<String>,
    ) -> Result<ActiveUsers, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let limits = caller.limits();
        let common = Common { range, last, filter, attribution, users, group_properties };
        let mut answer = ActiveUsers::new(common.scope(caller)?, &group_type, caller.limits())?;
        let calendar = parse_maybe_calendar(interval, time_zone.as_deref(), week_start)?;
        answer.buckets =
            calendar.map(|calendar| calendar.buckets(answer.scope.range, limits.buckets)).transpose()?;
        answer.breakdown = Breakdown::parse(&breakdown.unwrap_or_default(), caller)?;
        answer.first = parse_first(first, 100, limits)?;
        answer.after = Cursor::parse(after.as_deref())?;
        Ok(answer)
    }

    /// The active groups of a type as a flat table for BI tools, most users first.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn active_users_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<ActiveUsersTableRow>, Failure> {
        let caller = ctx.caller()?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let mut answer =
            ActiveUsers::new(common.scope(caller).map_err(own_argument)?, &group_type, caller.limits())?;
        answer.first = parse_first(first, 100, caller.limits())?;
        let rows = answer.page(ctx, ctx.look_ahead().field("change").exists()).await?;
        let flat = |(row, known): (ActiveRow, KnownGroup)| ActiveUsersTableRow {
            group_id: row.group.id,
            group_name: known.name,
            group_type: known.group_type,
            active_users: row.active_users,
            events: row.events,
            last_active_at: row.last_active_at,
            change: row.change,
        };
        Ok(rows.into_iter().map(flat).collect())
    }
}

/// The active groups and their users. The server tells at `/docs/activeUsers` what exactly is counted, with an example.
#[Object]
impl ActiveUsers {
    /// Always false: a user or an event in two groups counts in both rows, so rows do not add up to the totals.
    async fn is_additive(&self) -> bool {
        false
    }

    /// All groups of the type together.
    async fn totals(&self, ctx: &Context<'_>) -> Result<ActiveTotals, Failure> {
        totals::totals(ctx, &self.scope, ctx.look_ahead().field("events").exists()).await
    }

    /// The active groups: users descending, then events descending, then id, then the keys.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<ActiveRow>, Failure> {
        let rows = self.page(ctx, ctx.look_ahead().field("change").exists()).await?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    /// Activity over time; null unless `interval` is given. Empty buckets are present with zeros.
    async fn buckets(&self, ctx: &Context<'_>) -> Result<Option<Vec<ActiveBucket>>, Failure> {
        let Some(buckets) = &self.buckets else { return Ok(None) };
        let counts_events = ctx.look_ahead().field("events").exists();
        let question = if counts_events {
            Question::new("active.buckets", include_str!("buckets.sql"))
        } else {
            Question::new("active.buckets_users", include_str!("buckets_users.sql"))
        };
        let mut scope = self.scope.clone();
        scope.slices = buckets.iter().map(|bucket| bucket.start..bucket.end).collect();
        let batches = ctx.caller()?.run(&scope, question).await?;
        let mut answer: Vec<ActiveBucket> = buckets
            .iter()
            .map(|bucket| ActiveBucket {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                groups: 0,
                active_users: 0,
                events: 0,
            })
            .collect();
        for batch in &batches {
            let (places, groups) =
                (columns::integers(batch, "bucket")?, columns::integers(batch, "groups_active")?);
            let users = columns::integers(batch, "active_users")?;
            let events = if counts_events { Some(columns::integers(batch, "events")?) } else { None };
            for row in 0..batch.num_rows() {
                let place = usize::try_from(places.value(row)).ok();
                if let Some(bucket) = place.and_then(|place| answer.get_mut(place)) {
                    bucket.groups = int("groups", groups.value(row))?;
                    bucket.active_users = int("activeUsers", users.value(row))?;
                    bucket.events = int("events", events.map_or(0, |events| events.value(row)))?;
                }
            }
        }
        Ok(Some(answer))
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        hint::hint(ctx, &self.scope, &self.breakdown, Some(&self.group_type)).await
    }
}

impl ActiveUsers {
    fn new(
        mut scope: Scope,
        group_type: &str,
        limits: &crate::domain::limits::Limits,
    ) -> Result<Self, Invalid> {
        let group_type = parse_group_type("groupType", group_type, limits)?;
        scope.splits = vec![Split::Type(group_type.clone())];
        Ok(Self {
            scope,
            group_type,
            breakdown: Vec::new(),
            buckets: None,
            first: 100,
            after: Cursor::start(),
        })
    }
}
