//! Which events each unit of a funnel is walked over.

use super::FunnelSpec;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::units::{Counting, Place, Split, within};
use chrono::{DateTime, Utc};
use muster::domain::time::Range;
use std::collections::BTreeMap;

/// An event of a unit that passed the funnel's filter.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its arrival number.
    pub(crate) arrival: usize,
    /// When it happened.
    pub(crate) time: DateTime<Utc>,
    /// The types counted or split by, each with its group.
    pub(crate) alone: Vec<Split>,
    /// Which steps it matches.
    pub(crate) steps: Vec<bool>,
    /// Which exclusions it matches.
    pub(crate) exclusions: Vec<bool>,
}

/// The events inside the range that each unit is walked over, by time, then arrival.
///
/// With `split_types`, each combination of a unit and a group of every such type is walked alone, on the
/// events of just these groups.
pub(crate) fn walked_events(
    data: &Dataset,
    spec: &FunnelSpec,
    range: Range,
    split_types: &[String],
) -> BTreeMap<Place, Vec<Seen>> {
    let (reading, filter) = (spec.reading, spec.filter.as_ref());
    let counting = Counting { data, reading, unit: Some(&spec.unit), split_types, filter };
    let mut walks = BTreeMap::new();
    for (place, events) in counting.places() {
        let mut seen = Vec::new();
        for counted in within(&events, range) {
            let look = counted.look(data, reading);
            seen.push(Seen {
                arrival: counted.arrival,
                time: counted.time(),
                alone: look.alone.to_vec(),
                steps: spec.steps.iter().map(|step| step.is(look)).collect(),
                exclusions: spec.exclusions.iter().map(|excluded| excluded.deed.is(look)).collect(),
            });
        }
        walks.insert(place, seen);
    }
    walks
}
