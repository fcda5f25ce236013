//! The funnel's flat form: one row per breakdown value and step, scalars only.

use super::result::Funnel;
use super::spec::{FunnelInput, FunnelSpec, FunnelStepInput, FunnelUnitInput, UnitKind};
use super::walk::Order;
use crate::analytics::breakdown::{BreakdownInput, GroupPropertyInput};
use crate::analytics::filter::{Common, RangeInput, parse_first};
use crate::analytics::flat::{
    ATTRIBUTIONS, USERS, own_argument, parse_days, parse_list, parse_where, parse_word,
};
use crate::analytics::scalars::{Date, DateTime, Duration};
use crate::domain::Invalid;
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
    /// Units whose result reached this step.
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
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) time_zone: Option<String>,
    pub(super) order: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) unit_group_type: Option<String>,
    pub(super) breakdown: Option<String>,
    pub(super) filter: Option<String>,
    pub(super) attribution: Option<String>,
    pub(super) users: Option<String>,
    pub(super) first: Option<i32>,
}

/// Answers the flat form.
pub(super) async fn answer(ctx: &Context<'_>, asked: Asked) -> Result<Vec<FunnelTableRow>, Failure> {
    let caller = ctx.caller()?;
    let orders = [("ORDERED", Order::Ordered), ("STRICT", Order::Strict), ("ANY", Order::Any)];
    let units = [("PROFILE", UnitKind::Profile), ("SESSION", UnitKind::Session), ("GROUP", UnitKind::Group)];
    let steps = parse_list("steps", &asked.steps)?;
    let breakdown = asked.breakdown.as_deref().filter(|text| !text.trim().is_empty());
    let breakdown = breakdown.map_or(Ok(Vec::new()), |text| parse_list("breakdown", text))?;
    let input = FunnelInput {
        steps: steps.into_iter().map(|event| FunnelStepInput { event, filter: None }).collect(),
        window: Duration(asked.window),
        order: parse_word("order", asked.order.as_deref(), &orders)?.unwrap_or(Order::Ordered),
        unit: FunnelUnitInput {
            kind: parse_word("unit", asked.unit.as_deref(), &units)?.unwrap_or(UnitKind::Profile),
            group_type: asked.unit_group_type,
        },
        breakdown: breakdown.iter().map(|text| parse_breakdown(text)).collect::<Result<_, _>>()?,
        exclusions: Vec::new(),
    };
    let spec = FunnelSpec::parse(&input, caller.limits()).map_err(own_argument)?;
    let range = parse_days(asked.from, asked.to, asked.time_zone.as_deref())?;
    let common = Common {
        range: Some(RangeInput { from: DateTime(range.from()), to: DateTime(range.to()) }),
        last: None,
        filter: parse_where(asked.filter.as_deref())?,
        attribution: parse_word("attribution", asked.attribution.as_deref(), &ATTRIBUTIONS)?,
        users: parse_word("users", asked.users.as_deref(), &USERS)?,
        group_properties: None,
    };
    let first = parse_first(asked.first, 100, caller.limits())?;
    let is_split = !spec.breakdown.is_empty();
    let funnel = Funnel::new(spec, common.scope(caller).map_err(own_argument)?, None, first, None)?;
    let parts = if is_split {
        funnel.page(ctx).await?.into_iter().map(|row| (row.keys, row.steps)).collect()
    } else {
        vec![(Vec::new(), funnel.total(ctx).await?)]
    };
    let mut table = Vec::new();
    for (keys, steps) in parts {
        let key = |index: usize| keys.get(index).and_then(|key| key.value.clone());
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

/// Reads `group:TYPE`, `event:PATH`, `profile:PATH` or `property:TYPE:PATH`.
fn parse_breakdown(text: &str) -> Result<BreakdownInput, Invalid> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    match kind {
        "group" => Ok(BreakdownInput::GroupType(rest.to_owned())),
        "event" => Ok(BreakdownInput::EventProperty(rest.to_owned())),
        "profile" => Ok(BreakdownInput::ProfileProperty(rest.to_owned())),
        "property" if rest.contains(':') => {
            let (group_type, property) = rest.split_once(':').unwrap_or_default();
            let (r#type, property) = (group_type.to_owned(), property.to_owned());
            Ok(BreakdownInput::GroupProperty(GroupPropertyInput { r#type, property }))
        }
        _ => {
            let shown: String = text.chars().take(60).collect();
            let reason = format!(
                "has the item \"{shown}\"; write group:TYPE, event:PATH, profile:PATH or property:TYPE:PATH"
            );
            Err(Invalid::new("breakdown", reason))
        }
    }
}
