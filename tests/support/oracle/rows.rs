//! The breakdown of a funnel: which row a unit's result belongs to, and the order of the rows.

use super::data::Dataset;
use super::filter::{profile_property, text, version};
use super::funnel::{Breakdown, FunnelSpec, UnitKind, units_per_step};
use super::scope::groups_of_type;
use super::units::{Split, Unit, walked_events};
use super::walk::{Chain, Effort, TooLong, attempts, best};
use muster::domain::time::Range;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One combination of breakdown values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FunnelRow {
    /// One value per breakdown, `None` for a missing one.
    pub(crate) values: Vec<Option<String>>,
    /// The value of the first breakdown by group, if there is one.
    pub(crate) group_id: Option<String>,
    /// Units per step.
    pub(crate) units: Vec<usize>,
    /// Events inside the counted chains.
    pub(crate) events: usize,
}

/// The rows: units at step 1 descending, then events descending, then values ascending with missing last.
pub(crate) fn rows(
    data: &Dataset,
    spec: &FunnelSpec,
    range: Range,
    effort: &mut Effort,
) -> Result<Vec<FunnelRow>, TooLong> {
    if spec.breakdown.is_empty() {
        return Ok(Vec::new());
    }
    let mut split_types: Vec<String> = Vec::new();
    for breakdown in &spec.breakdown {
        if let Breakdown::GroupType(group_type) = breakdown
            && !split_types.contains(group_type)
        {
            split_types.push(group_type.clone());
        }
    }
    let mut chains: BTreeMap<Vec<Option<String>>, Vec<Chain>> = BTreeMap::new();
    for ((unit, splits), events) in walked_events(data, spec, range, &split_types) {
        if let Some(chain) = best(&attempts(spec, &events, effort)?) {
            let value = |breakdown| value(data, spec, breakdown, &unit, &splits, chain);
            chains.entry(spec.breakdown.iter().map(value).collect()).or_default().push(chain.clone());
        }
    }
    let mut rows: Vec<FunnelRow> = chains
        .into_iter()
        .map(|(values, chains)| {
            let by_group = |breakdown: &Breakdown| matches!(breakdown, Breakdown::GroupType(_));
            let chains: Vec<&Chain> = chains.iter().collect();
            FunnelRow {
                group_id: spec.breakdown.iter().position(by_group).and_then(|place| values[place].clone()),
                units: units_per_step(spec, &chains),
                events: chains.iter().map(|chain| chain.len()).sum(),
                values,
            }
        })
        .collect();
    rows.sort_by_key(|row| (Reverse(row.units[0]), Reverse(row.events), missing_last(&row.values)));
    Ok(rows)
}

/// The value of one breakdown for one unit's result.
fn value(
    data: &Dataset,
    spec: &FunnelSpec,
    breakdown: &Breakdown,
    unit: &Unit,
    splits: &[Split],
    chain: &Chain,
) -> Option<String> {
    let step_1 = &data.events[chain.arrivals[0]];
    match breakdown {
        Breakdown::GroupType(group_type) => {
            let (_, group) = split_of(splits, group_type).expect("a type that is split by");
            group.clone()
        }
        // The value of the first event of the result attempt that has one.
        Breakdown::EventProperty(path) => {
            let events = chain.arrivals.iter().map(|&arrival| &data.events[arrival]);
            events.filter_map(|event| path.of(&event.properties)).map(|value| text(&value)).next()
        }
        // As of step 1: its profile, as it is now.
        Breakdown::ProfileProperty(path) => profile_property(data, step_1, path).map(|value| text(&value)),
        // As of step 1: the unit's group, else the row's, else the first on the event that has a value.
        Breakdown::GroupProperty(group_type, path) => {
            let groups: Vec<String> = match (unit, split_of(splits, group_type)) {
                (Unit::Group(id), _) if spec.unit == UnitKind::Group(group_type.clone()) => vec![id.clone()],
                (_, Some((_, group))) => group.iter().cloned().collect(),
                (_, None) => groups_of_type(data, step_1, spec.reading.attribution, group_type),
            };
            let read = |id: &String| path.of(&version(data, id, step_1, spec.reading).properties);
            groups.iter().find_map(read).map(|value| text(&value))
        }
    }
}

/// The row's group of a type, if the rows are split by that type.
pub(super) fn split_of<'a>(splits: &'a [Split], group_type: &str) -> Option<&'a Split> {
    splits.iter().find(|(split_type, _)| split_type == group_type)
}

/// Orders values ascending by code point, missing ones last.
pub(super) fn missing_last(values: &[Option<String>]) -> Vec<(bool, Option<String>)> {
    values.iter().map(|value| (value.is_none(), value.clone())).collect()
}
