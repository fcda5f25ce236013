//! How many units came back after they started, bucket by bucket.
//!
//! `FIRST_EVER`: a unit's cohort is the bucket of its first start event ever (before `to`) that passes the filter and
//! the start event's own; it is in no cohort when that lies before `from`. `RECURRING`: it is in the cohort of every
//! bucket that holds one of its start events in the range.
//!
//! Column 0 is the starters, whether or not they did the return event. Column k ≥ 1 counts starters with a return
//! event in the k-th calendar bucket behind the cohort's, cut to the range; `rolling`: in that bucket or a later one
//! inside the range. A cell whose bucket begins at or after min(now, `to`) is null, one whose bucket is cut by
//! `from` or by min(now, `to`) is partial. There are as many columns as buckets unless `columns` says otherwise.
//!
//! The columns of the whole, of a row and of the previous period sum each column over the cohorts whose cell is not
//! null, cut cells included. The previous period is answered as if it were the range, cut into its own buckets.
//!
//! Split by a property, the start event that put the unit into the cohort decides alone, also where it has no value
//! (a row of its own); so a unit may be in different rows for different cohorts. Rows: starters descending, then
//! returns of columns 1 and up summed descending, then the keys; none without a starter. The rest is in
//! [`super::counting`].
//!
//! What customers read:

#![doc = include_str!("retention.md")]

mod grid;
mod result;
mod returns;

pub use result::{
    Retention, RetentionCell, RetentionCohort, RetentionColumn, RetentionRow, RetentionTableRow,
};

use super::breakdown::BreakdownInput;
use super::counting::CountingInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_calendar, parse_filter,
};
use super::flat::{FlatCommon, own_argument, parse_breakdowns, parse_interval, parse_unit, parse_word};
use super::scalars::{Date, Duration};
use super::unit::UnitInput;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::scope::Condition;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Enum, InputObject, Object};
use result::RetentionInput;

/// Who is in a cohort.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum RetentionMode {
    /// Each unit once: where its first start event of all time lies.
    FirstEver,
    /// Each unit in every bucket in which it has a start event.
    Recurring,
}

/// What must happen: an event of a name, and what else must hold of it. `{}` is any event.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DeedInput {
    /// Name of the event; any event unless given.
    pub event: Option<String>,
    /// What else must hold of the event.
    pub filter: Option<FilterInput>,
}

impl DeedInput {
    /// The condition on events; complaints begin with the argument's name.
    fn parse(&self, place: &str, caller: &Caller) -> Result<Condition, Invalid> {
        if let Some(event) = &self.event {
            caller.limits().check_event_name(&format!("{place}.event"), event)?;
        }
        let filter = parse_filter(&format!("{place}.filter"), self.filter.as_ref(), caller)?;
        Ok(Condition { event: self.event.clone(), filter })
    }
}

/// The words for modes in the flat form.
const MODES: [(&str, RetentionMode); 2] =
    [("FIRST_EVER", RetentionMode::FirstEver), ("RECURRING", RetentionMode::Recurring)];

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct RetentionQuery;

#[Object]
impl RetentionQuery {
    /// How many units came back after they started, bucket by bucket.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn retention(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The event that puts a unit into a cohort; any event unless given.",
            default_with = "Some(DeedInput::default())"
        )]
        start_event: Option<DeedInput>,
        #[graphql(
            desc = "The event by which a unit comes back; any event unless given.",
            default_with = "Some(DeedInput::default())"
        )]
        return_event: Option<DeedInput>,
        #[graphql(desc = "Who is in a cohort.", default_with = "Some(RetentionMode::FirstEver)")]
        mode: Option<RetentionMode>,
        #[graphql(
            desc = "Whether coming back later counts too: column k is then k buckets later or more.",
            default_with = "Some(false)"
        )]
        rolling: Option<bool>,
        #[graphql(
            desc = "How many columns, column 0 included; as many as the range has buckets unless given."
        )]
        columns: Option<i32>,
        #[graphql(
            desc = "What is counted: profiles or groups.",
            default_with = "Some(UnitInput::default())"
        )]
        unit: Option<UnitInput>,
        #[graphql(desc = "Cut time into cohorts and columns.", default_with = "Some(IntervalInput::Day)")]
        interval: Option<IntervalInput>,
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
            desc = "Also count the period of the same length before the range.",
            default_with = "Some(false)"
        )]
        compare_previous: Option<bool>,
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
    ) -> Result<Retention, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let calendar =
            parse_calendar(interval.unwrap_or(IntervalInput::Day), time_zone.as_deref(), week_start)?;
        let input = RetentionInput {
            start_event: start_event.unwrap_or_default(),
            return_event: return_event.unwrap_or_default(),
            mode: mode.unwrap_or(RetentionMode::FirstEver),
            rolling: rolling.unwrap_or_default(),
            columns,
            compare_previous: compare_previous.unwrap_or_default(),
            calendar,
            counting: CountingInput { common, event: None, unit, breakdown, first, after },
        };
        Ok(Retention::new(caller, input)?)
    }

    /// Retention as a flat table for BI tools: one row per breakdown value, cohort and column.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn retention_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the event that puts a unit into a cohort; any event unless given.")]
        start_event: Option<String>,
        #[graphql(desc = "Name of the event by which a unit comes back; any event unless given.")]
        return_event: Option<String>,
        #[graphql(desc = "FIRST_EVER or RECURRING; FIRST_EVER unless given.")] mode: Option<String>,
        #[graphql(desc = "Whether coming back later counts too.", default_with = "Some(false)")]
        rolling: Option<bool>,
        #[graphql(desc = "How many columns, column 0 included.")] columns: Option<i32>,
        #[graphql(desc = "PROFILE or GROUP.")] unit: Option<String>,
        #[graphql(desc = "The type of the groups when the unit is GROUP.")] unit_group_type: Option<String>,
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
    ) -> Result<Vec<RetentionTableRow>, Failure> {
        let caller = ctx.caller()?;
        let common = FlatCommon {
            from,
            to,
            last,
            time_zone: time_zone.clone(),
            filter,
            attribution,
            users,
            group_properties,
        }
        .read()?;
        let unit = Some(parse_unit(unit.as_deref(), unit_group_type)?);
        let breakdown = Some(parse_breakdowns(breakdown.as_deref())?);
        let input = RetentionInput {
            start_event: DeedInput { event: start_event, filter: None },
            return_event: DeedInput { event: return_event, filter: None },
            mode: parse_word("mode", mode.as_deref(), &MODES)?.unwrap_or(RetentionMode::FirstEver),
            rolling: rolling.unwrap_or_default(),
            columns,
            compare_previous: false,
            calendar: parse_interval(interval.as_deref(), time_zone.as_deref(), week_start.as_deref())?,
            counting: CountingInput { common, event: None, unit, breakdown, first, after: None },
        };
        Retention::new(caller, input).map_err(own_argument)?.table(ctx).await
    }
}
