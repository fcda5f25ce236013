//! Values over time: events, users, sessions, groups, or numbers of a property, and formulas over them.
//!
//! `EVENTS` and `UNITS` of nothing are 0, and so is `SUM`; everything else of nothing is null. `EVENTS_PER_UNIT` is
//! the events that belong to a unit ÷ the units; with groups as the unit an event of two groups counts once in each.
//! Only JSON numbers are numbers (`"12"` is not); `leftOut` counts the matching events whose property is missing or
//! no number. A series' `events` are its matching events, each once (for unit measures those that have a unit).
//!
//! Split by a property, for `EVENTS` and figures of numbers every event has its own value, for `UNITS` and
//! `EVENTS_PER_UNIT` the unit has one, that of the first of the series' events in the range that has one. Rows: the
//! first series descending (null last), then its events descending, then the keys; a row is there when one of the
//! series has an event in it, and the other series answer as of nothing. Formulas are worked out in each bucket and
//! over the whole from the series' own values there: see `formula.rs`.
//!
//! The answer adds up when every series is `EVENTS` or `SUM`, there is no formula, and no breakdown is by group.
//!
//! What customers read:

#![doc = include_str!("trend.md")]

mod apart;
mod formula;
mod input;
mod result;
mod series;

pub use input::{TrendFormulaInput, TrendMeasure, TrendSeriesInput};
pub use result::{Trend, TrendBucket, TrendRow, TrendSeries, TrendTableRow};

use super::breakdown::BreakdownInput;
use super::counting::CountingInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_maybe_calendar,
};
use super::flat::{
    FlatCommon, own_argument, parse_breakdowns, parse_interval, parse_list, parse_unit, parse_word,
};
use super::operators::EventField;
use super::scalars::{Date, Duration};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};
use result::Asked;

/// The words for measures.
const MEASURES: [(&str, TrendMeasure); 9] = [
    ("EVENTS", TrendMeasure::Events),
    ("UNITS", TrendMeasure::Units),
    ("EVENTS_PER_UNIT", TrendMeasure::EventsPerUnit),
    ("SUM", TrendMeasure::Sum),
    ("AVERAGE", TrendMeasure::Average),
    ("MIN", TrendMeasure::Min),
    ("MAX", TrendMeasure::Max),
    ("MEDIAN", TrendMeasure::Median),
    ("P90", TrendMeasure::P90),
];

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct TrendQuery;

#[Object]
impl TrendQuery {
    /// Values over time: events, users, sessions, groups, or numbers of a property, and formulas over them.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn trend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is told, 1 to 26 series.")] series: Vec<TrendSeriesInput>,
        #[graphql(desc = "Series that are worked out from others.")] formulas: Option<Vec<TrendFormulaInput>>,
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
    ) -> Result<Trend, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let calendar = parse_maybe_calendar(interval, time_zone.as_deref(), week_start)?;
        let asked = Asked {
            series,
            formulas: formulas.unwrap_or_default(),
            counting: CountingInput { common, event: None, unit: None, breakdown, first, after },
            calendar,
            compare_previous: compare_previous.unwrap_or_default(),
        };
        Ok(Trend::new(caller, asked)?)
    }

    /// A trend as a flat table for BI tools: one row per event name, breakdown value and bucket.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn trend_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Names of events, separated by commas, one series each; events of every name together unless given. `\\,` is a comma in a name."
        )]
        events: Option<String>,
        #[graphql(
            desc = "EVENTS, UNITS, EVENTS_PER_UNIT, SUM, AVERAGE, MIN, MAX, MEDIAN or P90; EVENTS unless given."
        )]
        measure: Option<String>,
        #[graphql(desc = "PROFILE, SESSION or GROUP.")] unit: Option<String>,
        #[graphql(desc = "The type of the groups when the unit is GROUP.")] unit_group_type: Option<String>,
        #[graphql(
            desc = "Dotted path of the property whose numbers are read; `REVENUE` is the event's revenue."
        )]
        property: Option<String>,
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
    ) -> Result<Vec<TrendTableRow>, Failure> {
        let caller = ctx.caller()?;
        let calendar = parse_interval(interval.as_deref(), time_zone.as_deref(), week_start.as_deref())?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let names = events.filter(|events| !events.trim().is_empty());
        let names = names.map(|names| parse_list("events", &names)).transpose()?;
        let names = names.map_or(vec![None], |names| names.into_iter().map(Some).collect());
        let unit = parse_unit(unit.as_deref(), unit_group_type)?;
        let is_revenue = property.as_deref() == Some("REVENUE");
        let one = TrendSeriesInput {
            name: None,
            event: None,
            filter: None,
            measure: parse_word("measure", measure.as_deref(), &MEASURES)?,
            unit: Some(unit),
            property: property.filter(|_| !is_revenue),
            field: is_revenue.then_some(EventField::Revenue),
        };
        let asked = Asked {
            series: names
                .iter()
                .map(|event| TrendSeriesInput { event: event.clone(), ..one.clone() })
                .collect(),
            formulas: Vec::new(),
            counting: CountingInput {
                common,
                event: None,
                unit: None,
                breakdown: Some(parse_breakdowns(breakdown.as_deref())?),
                first,
                after: None,
            },
            calendar: Some(calendar),
            compare_previous: false,
        };
        Trend::new(caller, asked).map_err(own_argument)?.table(ctx, &names).await
    }
}
