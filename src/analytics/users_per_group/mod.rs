//! How many groups of a type have so many active users: "companies with at least n users".
//!
//! Groups with at least one matching event in the range count; those with events of nobody alone have 0 users.
//! Shares list the numbers of users that occur, ascending; cumulative, each counts the groups with at least so many.
//! In a bucket a group counts when it has an event in the bucket, with its users in the bucket. Rows of a breakdown:
//! groups descending, then their events, then the keys. The rest is in [`super::counting`].
//!
//! What customers read:

#![doc = include_str!("users_per_group.md")]

mod result;

pub use result::{
    UsersPerGroup, UsersPerGroupBucket, UsersPerGroupRow, UsersPerGroupShare, UsersPerGroupTableRow,
    UsersPerGroupTotals,
};

use super::breakdown::BreakdownInput;
use super::counting::CountingInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_maybe_calendar,
};
use super::flat::{FlatCommon, own_argument, parse_breakdowns};
use super::scalars::{Date, Duration};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};
use result::Asked;

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct UsersPerGroupQuery;

#[Object]
impl UsersPerGroupQuery {
    /// How many groups of a type have so many active users.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn users_per_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(
            desc = "Whether each share also counts the groups with more users.",
            default_with = "Some(false)"
        )]
        cumulative: Option<bool>,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "By what rows are split, at most 3.")] breakdown: Option<Vec<BreakdownInput>>,
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
    ) -> Result<UsersPerGroup, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let calendar = parse_maybe_calendar(interval, time_zone.as_deref(), week_start)?;
        let counting = CountingInput { common, event, unit: None, breakdown, first, after };
        let cumulative = cumulative.unwrap_or_default();
        Ok(UsersPerGroup::new(caller, &group_type, Asked { counting, calendar, cumulative })?)
    }

    /// Users per group as a flat table for BI tools: one row per breakdown value and number of users.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn users_per_group_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(
            desc = "Whether each share also counts the groups with more users.",
            default_with = "Some(false)"
        )]
        cumulative: Option<bool>,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(
            desc = "By what rows are split, separated by commas: `group:TYPE`, `event:PATH`, `profile:PATH`, `property:TYPE:PATH`, `cohort:ID`."
        )]
        breakdown: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(desc = "How many breakdown values, 1 to `limits.rows`.", default_with = "Some(100)")]
        first: Option<i32>,
    ) -> Result<Vec<UsersPerGroupTableRow>, Failure> {
        let caller = ctx.caller()?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let breakdown = Some(parse_breakdowns(breakdown.as_deref())?);
        let counting = CountingInput { common, event, unit: None, breakdown, first, after: None };
        let asked = Asked { counting, calendar: None, cumulative: cumulative.unwrap_or_default() };
        UsersPerGroup::new(caller, &group_type, asked).map_err(own_argument)?.table(ctx).await
    }
}
