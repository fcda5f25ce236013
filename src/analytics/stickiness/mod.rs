//! In how many periods of the range units were active.
//!
//! Every bucket that the range touches is a period, cut ones too; a unit is active in a period when one of its
//! matching events lies in it. There is one share for each number from 1 to the number of periods, zeros included;
//! its rate is its units ÷ all units with an event in the range. Rows of a breakdown: units descending, then their
//! events, then the keys. The rest is in [`super::counting`].
//!
//! What customers read:

#![doc = include_str!("stickiness.md")]

mod result;

pub use result::{Stickiness, StickinessRow, StickinessShare, StickinessTableRow, StickinessTotals};

use super::breakdown::BreakdownInput;
use super::counting::CountingInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_calendar,
};
use super::flat::{FlatCommon, own_argument, parse_breakdowns, parse_interval, parse_unit};
use super::scalars::{Date, Duration};
use super::unit::UnitInput;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct StickinessQuery;

#[Object]
impl StickinessQuery {
    /// In how many periods of the range units were active.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn stickiness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(
            desc = "What is counted: profiles or groups.",
            default_with = "Some(UnitInput::default())"
        )]
        unit: Option<UnitInput>,
        #[graphql(
            desc = "Whether each share also counts the units that were active in more periods.",
            default_with = "Some(false)"
        )]
        cumulative: Option<bool>,
        #[graphql(desc = "What a period is.", default_with = "Some(IntervalInput::Day)")] interval: Option<
            IntervalInput,
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
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
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
    ) -> Result<Stickiness, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let calendar =
            parse_calendar(interval.unwrap_or(IntervalInput::Day), time_zone.as_deref(), week_start)?;
        let input = CountingInput { common, event, unit, breakdown, first, after };
        Ok(Stickiness::new(caller, input, calendar, cumulative.unwrap_or_default())?)
    }

    /// Stickiness as a flat table for BI tools: one row per breakdown value and number of periods.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn stickiness_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "PROFILE or GROUP.")] unit: Option<String>,
        #[graphql(desc = "The type of the groups when the unit is GROUP.")] unit_group_type: Option<String>,
        #[graphql(
            desc = "Whether each share also counts the units that were active in more periods.",
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
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(desc = "How many breakdown values, 1 to `limits.rows`.", default_with = "Some(100)")]
        first: Option<i32>,
    ) -> Result<Vec<StickinessTableRow>, Failure> {
        let caller = ctx.caller()?;
        let calendar = parse_interval(interval.as_deref(), time_zone.as_deref(), week_start.as_deref())?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let unit = Some(parse_unit(unit.as_deref(), unit_group_type)?);
        let breakdown = Some(parse_breakdowns(breakdown.as_deref())?);
        let input = CountingInput { common, event, unit, breakdown, first, after: None };
        let cumulative = cumulative.unwrap_or_default();
        Stickiness::new(caller, input, calendar, cumulative).map_err(own_argument)?.table(ctx).await
    }
}
