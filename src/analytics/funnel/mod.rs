//! How many users, sessions or groups get through a sequence of events, step by step, and where they stop.
//!
//! The definition of an attempt, of ties, repeats, windows and exclusions, with a worked example, is in the
//! documentation of [`walk`]. Around it:
//!
//! - A unit's result is its best attempt among events inside the range. Times between steps come from it.
//! - Unit GROUP: the events of all members and of nobody count together; each step may be another member's.
//! - Split by group, each (unit, group) is walked alone on that group's events; the top-level steps are walked
//!   once over all events. Split by a property of the event, the value of the first event of the result that has
//!   one decides; by a property of a profile or a group, its value at step 1.
//! - Over time, each period counts a unit once, with its best attempt opened in it.
//!
//! ```text
//! FunnelInput -> FunnelSpec -> Scope -> funnel.sql -> tally (walk, one unit after the other) -> Funnel
//! ```
//!
//! What customers read:

#![doc = include_str!("funnel.md")]

mod arranged;
mod names;
mod result;
mod spec;
mod table;
mod tally;
pub mod walk;

pub use result::{
    Funnel, FunnelPeriod, FunnelPreviousStep, FunnelRow, FunnelRowStep, FunnelStep, FunnelStopped,
};
pub use spec::{FunnelExclusionInput, FunnelSpec, FunnelStepInput, parse_condition};
pub use table::FunnelTableRow;

use super::breakdown::BreakdownInput;
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_maybe_calendar,
};
use super::flat::FlatCommon;
use super::keys::Page;
use super::scalars::{Date, Duration};
use super::unit::UnitInput;
use crate::engine::Question;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};
use spec::{FunnelInput, OrderInput};

/// The question of one pass over the units.
fn question() -> Question {
    Question::new("funnel", include_str!("funnel.sql"))
}

/// The funnel's fields in the schema.
#[derive(Debug, Default)]
pub struct FunnelQuery;

#[Object]
impl FunnelQuery {
    /// How many units got through a sequence of 2 to 32 events, and how fast. One event serves one step; a step
    /// given twice needs two events; events at one instant count in whatever order they arrived.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn funnel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The steps, 2 to 32.")] steps: Vec<FunnelStepInput>,
        #[graphql(
            desc = "Longest time from an attempt's first event to its last, inclusive: `P7D`, `PT30M` (ISO 8601). A day is 24 hours; years and months are refused."
        )]
        window: Duration,
        #[graphql(desc = "The range of time; only events inside it are read. Either this or `last`.")] range: Option<
            RangeInput,
        >,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(
            desc = "In which order the steps must be done.",
            default_with = "Some(OrderInput::Ordered)"
        )]
        order: Option<OrderInput>,
        #[graphql(desc = "What is counted.", default_with = "Some(UnitInput::default())")] unit: Option<
            UnitInput,
        >,
        #[graphql(desc = "By what rows are split, at most 3.")] breakdown: Option<Vec<BreakdownInput>>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Events that make an attempt void.")] exclusions: Option<Vec<FunnelExclusionInput>>,
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
        #[graphql(desc = "Cut time into periods; each counts attempts opened in it.")] interval: Option<
            IntervalInput,
        >,
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
    ) -> Result<Funnel, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let limits = caller.limits();
        let input = FunnelInput {
            steps,
            window,
            order: order.map_or(walk::Order::Ordered, walk::Order::from),
            unit: unit.unwrap_or_default(),
            breakdown: breakdown.unwrap_or_default(),
            exclusions: exclusions.unwrap_or_default(),
        };
        let spec = FunnelSpec::parse(&input, caller)?;
        let common = Common { range, last, filter, attribution, users, group_properties };
        let mut scope = common.scope(caller)?;
        if compare_previous.unwrap_or_default() {
            scope.previous = Some(scope.range.previous()?);
        }
        let calendar = parse_maybe_calendar(interval, time_zone.as_deref(), week_start)?;
        let buckets = calendar.map(|calendar| calendar.buckets(scope.range, limits.buckets)).transpose()?;
        let page = Page::parse(first, after.as_deref(), limits)?;
        Ok(Funnel::new(spec, scope, buckets, page))
    }

    /// The funnel as a flat table for BI tools: one row per breakdown value and step.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn funnel_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names of the steps' events, separated by commas; `\\,` is a comma in a name.")]
        steps: String,
        #[graphql(
            desc = "Longest time from an attempt's first event to its last, inclusive: `P7D`, `PT30M` (ISO 8601)."
        )]
        window: String,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(desc = "ORDERED, STRICT or ANY.")] order: Option<String>,
        #[graphql(desc = "PROFILE, SESSION or GROUP.")] unit: Option<String>,
        #[graphql(desc = "The type of the groups when the unit is GROUP.")] unit_group_type: Option<String>,
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
    ) -> Result<Vec<FunnelTableRow>, Failure> {
        let asked = table::Asked {
            steps,
            window,
            common: FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties },
            order,
            unit,
            unit_group_type,
            breakdown,
            first,
        };
        table::answer(ctx, asked).await
    }
}
