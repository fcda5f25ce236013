//! How many groups of a type were active over time: in each bucket, and in the last day, 7 days and 30 days.
//!
//! A group is active when one of its matching events lies in the time that is asked about. `newGroups`: groups whose
//! first matching event ever lies in the bucket and the range. The windows of a bucket end with the bucket, or with
//! the range where that ends earlier; they reach back before `from`, and nothing at or after `to` is read. For HOUR
//! a day is 24 hours, counted back from that end; for all other intervals days are local calendar days, the last one
//! being the day that holds the last instant before that end. `dauMauRate` is the mean of the 30 daily numbers of
//! active groups ÷ the groups of these 30 days; null when there are none.
//!
//! Rows of a breakdown: groups in the range descending, then their events, then the keys. A row is there when one of
//! its groups has an event in the range or in the days before it that the windows of the first bucket reach back to.
//! By a property, only of a group without an event in the range the first event in those days decides. The rest is
//! in [`super::counting`].
//!
//! What customers read:

#![doc = include_str!("active_groups.md")]

mod result;
mod windows;

pub use result::{
    ActiveGroups, ActiveGroupsBucket, ActiveGroupsRow, ActiveGroupsTableRow, ActiveGroupsTotals,
};

use super::breakdown::BreakdownInput;
use super::counting::CountingInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, WeekStartInput,
    parse_calendar,
};
use super::flat::{FlatCommon, own_argument, parse_breakdowns, parse_interval};
use super::scalars::{Date, Duration};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct ActiveGroupsQuery;

#[Object]
impl ActiveGroupsQuery {
    /// How many groups of a type were active over time, in the last day, 7 days and 30 days, and how many were new.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn active_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "By what rows are split, at most 3.")] breakdown: Option<Vec<BreakdownInput>>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
        #[graphql(
            desc = "Also count the period of the same length before the range.",
            default_with = "Some(false)"
        )]
        compare_previous: Option<bool>,
        #[graphql(desc = "Cut time into buckets.", default_with = "Some(IntervalInput::Day)")]
        interval: Option<IntervalInput>,
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
    ) -> Result<ActiveGroups, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users: None, group_properties };
        let calendar =
            parse_calendar(interval.unwrap_or(IntervalInput::Day), time_zone.as_deref(), week_start)?;
        let input = CountingInput { common, event, unit: None, breakdown, first, after };
        Ok(ActiveGroups::new(caller, &group_type, input, calendar, compare_previous.unwrap_or_default())?)
    }

    /// The active groups over time as a flat table for BI tools: one row per breakdown value and bucket.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn active_groups_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group type, e.g. \"company\".")] group_type: String,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "HOUR, DAY, WEEK, MONTH, QUARTER or YEAR; DAY unless given.")] interval: Option<
            String,
        >,
        #[graphql(desc = "MONDAY or SUNDAY.")] week_start: Option<String>,
        #[graphql(
            desc = "By what rows are split, separated by commas: `group:TYPE`, `event:PATH`, `profile:PATH`, `property:TYPE:PATH`, `cohort:ID`."
        )]
        breakdown: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(desc = "How many breakdown values, 1 to `limits.rows`.", default_with = "Some(100)")]
        first: Option<i32>,
    ) -> Result<Vec<ActiveGroupsTableRow>, Failure> {
        let caller = ctx.caller()?;
        let calendar = parse_interval(interval.as_deref(), time_zone.as_deref(), week_start.as_deref())?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users: None, group_properties }
                .read()?;
        let breakdown = Some(parse_breakdowns(breakdown.as_deref())?);
        let input = CountingInput { common, event, unit: None, breakdown, first, after: None };
        let answer = ActiveGroups::new(caller, &group_type, input, calendar, false).map_err(own_argument)?;
        answer.table(ctx).await
    }
}
