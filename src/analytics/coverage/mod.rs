//! How many events carry a group of a type, by event name and day: whether the tracking is right.
//!
//! There is a row for every pair of an event name that happens in the range and a group type: the one asked for, even
//! if no group has it, else every type there is now. `covered` are the events with at least one group of the type
//! under the attribution; `withoutEntity` those with at least one id that has no entity now (never upserted, or
//! deleted), whatever the type. Days are local days of the time zone, all that the range touches. Rows: events
//! descending, then event name, then type.
//!
//! What customers read:

#![doc = include_str!("coverage.md")]

mod cells;
mod result;
mod tally;

pub use result::{Coverage, CoverageDay, CoverageRow, CoverageTableRow, CoverageTotals};

use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput};
use super::flat::{FlatCommon, own_argument};
use super::scalars::{Date, Duration};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};
use result::Asked;

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct CoverageQuery;

#[Object]
impl CoverageQuery {
    /// How many events carry a group of a type, by event name and day: whether the tracking is right.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this group type; every type there is unless given.")] group_type: Option<
            String,
        >,
        #[graphql(desc = "Only events of this name; events of every name unless given.")] event: Option<
            String,
        >,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
        #[graphql(
            desc = "IANA name of the zone whose days are meant.",
            default_with = "Some(\"UTC\".to_owned())"
        )]
        time_zone: Option<String>,
        #[graphql(desc = "How many rows, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
        #[graphql(desc = "The cursor of the row behind which the page begins.")] after: Option<String>,
    ) -> Result<Coverage, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users: None, group_properties };
        Ok(Coverage::new(caller, Asked { group_type, event, common, time_zone, first, after })?)
    }

    /// Coverage as a flat table for BI tools: one row per event name, group type and day.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn coverage_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this group type; every type there is unless given.")] group_type: Option<
            String,
        >,
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
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
        #[graphql(
            desc = "How many pairs of event name and type, 1 to `limits.rows`.",
            default_with = "Some(100)"
        )]
        first: Option<i32>,
    ) -> Result<Vec<CoverageTableRow>, Failure> {
        let caller = ctx.caller()?;
        let common = FlatCommon {
            from,
            to,
            last,
            time_zone: time_zone.clone(),
            filter,
            attribution,
            users: None,
            group_properties,
        }
        .read()?;
        let asked = Asked { group_type, event, common, time_zone, first, after: None };
        Coverage::new(caller, asked).map_err(own_argument)?.table(ctx).await
    }
}
