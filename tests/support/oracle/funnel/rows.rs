//! The breakdown of a funnel: which row a unit's result belongs to, and the order of the rows.

use super::seen::walked_events;
use super::walk::{Chain, Effort, TooLong, attempts, best};
use super::{FunnelSpec, units_per_step};
use crate::support::oracle::breakdown::{Breakdown, Values, missing_last, split_types, value};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Look;
use crate::support::oracle::units::Split;
use muster::domain::time::Range;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One combination of breakdown values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FunnelRow {
    /// One value per breakdown, `None` for a missing one.
    pub(crate) values: Values,
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
    let mut chains: BTreeMap<Values, Vec<Chain>> = BTreeMap::new();
    for events in walked_events(data, spec, range, &split_types(&spec.breakdown)).values() {
        if let Some(chain) = best(&attempts(spec, events, effort)?) {
            // All events of one walk are at one place.
            let values = values(data, spec, &events[0].alone, chain);
            chains.entry(values).or_default().push(chain.clone());
        }
    }
    let mut rows: Vec<FunnelRow> = chains
        .into_iter()
        .map(|(values, chains)| {
            let chains: Vec<&Chain> = chains.iter().collect();
            FunnelRow {
                units: units_per_step(spec, &chains),
                events: chains.iter().map(|chain| chain.len()).sum(),
                values,
            }
        })
        .collect();
    rows.sort_by_key(|row| (Reverse(row.units[0]), Reverse(row.events), missing_last(&row.values)));
    Ok(rows)
}

/// The values of one unit's result.
fn values(data: &Dataset, spec: &FunnelSpec, alone: &[Split], chain: &Chain) -> Values {
    let look = |arrival: usize| Look { data, event: &data.events[arrival], reading: spec.reading, alone };
    let of = |breakdown| match breakdown {
        // The value of the first event of the result attempt that has one.
        Breakdown::EventProperty(_) => {
            chain.arrivals.iter().find_map(|&arrival| value(&breakdown, look(arrival)))
        }
        // All others as of step 1.
        _ => value(&breakdown, look(chain.arrivals[0])),
    };
    spec.breakdown.iter().cloned().map(of).collect()
}
