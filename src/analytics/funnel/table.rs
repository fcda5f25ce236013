//! The funnel's flat form: one row per breakdown value and step, scalars only.

use super::result::Funnel;
use super::spec::{FunnelInput, FunnelSpec, FunnelStepInput};
use super::walk::Order;
use crate::analytics::flat::{
    FlatCommon, own_argument, parse_breakdowns, parse_list, parse_unit, parse_word,
};
use crate::analytics::keys::{Page, flat_key};
use crate::analytics::scalars::Duration;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, SimpleObject};

/// One step of one breakdown value.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct FunnelTableRow {
    /// Value of the first breakdown; null without one, or where the value is missing.
    pub key1: Option<String>,
    /// Value of the second breakdown.
    pub key2: Option<String>,
    /// Value of the third breakdown.
    pub key3: Option<String>,
    /// The step, counted from 1.
    pub step: i32,
    /// Name of the step's event; null when the order is ANY.
    pub event: Option<String>,
    /// Units whose attempt that counts, the best they made, reached this step.
    pub units: i32,
    /// Units of this step ÷ units of the first, 0 to 1.
    pub rate_from_start: Option<f64>,
    /// Units of this step ÷ units of the step before.
    pub rate_from_previous: Option<f64>,
    /// Mean seconds since the step before.
    pub average_seconds: Option<f64>,
    /// Median seconds since the step before.
    pub median_seconds: Option<f64>,
    /// 90th percentile of seconds since the step before.
    pub p90_seconds: Option<f64>,
}

/// The arguments as they were typed.
pub(super) struct Asked {
    pub(super) steps: String,
    pub(super) window: String,
    pub(super) common: FlatCommon,
    pub(super) order: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) unit_group_type: Option<String>,
    pub(super) breakdown: Option<String>,
    pub(super) first: Option<i32>,
}

/// Answers the flat form.
pub(super) async fn answer(ctx: &Context<'_>, asked: Asked) -> Result<Vec<FunnelTableRow>, Failure> {
    let caller = ctx.caller()?;
    let orders = [("ORDERED", Order::Ordered), ("STRICT", Order::Strict), ("ANY", Order::Any)];
    let steps = parse_list("steps", &asked.steps)?;
    let input = FunnelInput {
        steps: steps.into_iter().map(|event| FunnelStepInput { event, filter: None }).collect(),
        window: Duration(asked.window),
        order: parse_word("order", asked.order.as_deref(), &orders)?.unwrap_or(Order::Ordered),
        unit: parse_unit(asked.unit.as_deref(), asked.unit_group_type)?,
        breakdown: parse_breakdowns(asked.breakdown.as_deref())?,
        exclusions: Vec::new(),
    };
    let spec = FunnelSpec::parse(&input, caller).map_err(own_argument)?;
    let common = asked.common.read()?;
    let page = Page::parse(asked.first, None, caller.limits())?;
    let is_split = !spec.breakdown.is_empty();
    let funnel = Funnel::new(spec, common.scope(caller).map_err(own_argument)?, None, page);
    let parts = if is_split {
        funnel.page(ctx).await?.into_iter().map(|row| (row.keys, row.steps)).collect()
    } else {
        vec![(Vec::new(), funnel.total(ctx).await?)]
    };
    let mut table = Vec::new();
    for (keys, steps) in parts {
        let key = |index: usize| flat_key(&keys, index);
        for (step, number) in steps.into_iter().zip(1..) {
            table.push(FunnelTableRow {
                key1: key(0),
                key2: key(1),
                key3: key(2),
                step: number,
                event: step.event,
                units: step.units,
                rate_from_start: step.rate_from_start,
                rate_from_previous: step.rate_from_previous,
                average_seconds: step.average_seconds,
                median_seconds: step.median_seconds,
                p90_seconds: step.p90_seconds,
            });
        }
    }
    Ok(table)
}
