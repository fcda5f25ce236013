//! Why a flat answer may be empty: rows have no room for the `hint` of the nested forms, so it is a field of its own,
//! with the arguments that the flat forms share.

use super::breakdown::Breakdown;
use super::filter::parse_group_type;
use super::flat::{FlatCommon, own_argument, parse_breakdowns, parse_list};
use super::hint::hint;
use super::scalars::{Date, Duration};
use crate::engine::scope::Condition;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object};

/// The field in the schema.
#[derive(Debug, Default)]
pub struct WhyEmptyQuery;

#[Object]
impl WhyEmptyQuery {
    /// Why a flat table with the same arguments may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say. The nested forms tell the same in `hint`.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn why_empty(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Names of the events that are asked for, separated by commas; events of every name unless given. `\\,` is a comma in a name."
        )]
        events: Option<String>,
        #[graphql(desc = "The type of the groups that are counted.")] group_type: Option<String>,
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
    ) -> Result<Option<String>, Failure> {
        let caller = ctx.caller()?;
        let (attribution, users, group_properties) = (None, None, None);
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }.read()?;
        let mut scope = common.scope(caller).map_err(own_argument)?;
        let names = events.filter(|events| !events.trim().is_empty());
        let names = names.map(|names| parse_list("events", &names)).transpose()?;
        for name in names.iter().flatten() {
            caller.limits().check_event_name("events", name)?;
        }
        scope.steps = names.iter().flatten().map(|name| Condition::named(name)).collect();
        let group_type = group_type.map(|of| parse_group_type("groupType", &of, caller.limits()));
        let breakdown = parse_breakdowns(breakdown.as_deref())?;
        let breakdown = Breakdown::parse(&breakdown, caller).map_err(own_argument)?;
        hint(ctx, &scope, &breakdown, group_type.transpose()?.as_deref()).await
    }
}
