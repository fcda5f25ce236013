//! Which events each unit of a funnel is walked over.

use super::data::Dataset;
use super::filter::{Filter, Look};
use super::funnel::{Deed, FunnelSpec, UnitKind};
use super::scope::{User, groups_of_type, user_of};
use chrono::{DateTime, Utc};
use muster::domain::event::Event;
use muster::domain::time::Range;
use std::collections::BTreeMap;

/// One counted thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    User(User),
    Session(String),
    Group(String),
}

/// The group of one type that a row belongs to; `None` for events that have no group of the type.
pub(crate) type Split = (String, Option<String>);

/// An event of a unit that passed the funnel's filter.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its arrival number.
    pub(crate) arrival: usize,
    /// When it happened.
    pub(crate) time: DateTime<Utc>,
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
) -> BTreeMap<(Unit, Vec<Split>), Vec<Seen>> {
    let mut walks: BTreeMap<(Unit, Vec<Split>), Vec<Seen>> = BTreeMap::new();
    for (arrival, event) in data.events.iter().enumerate() {
        if !range.contains(event.occurred_at) {
            continue;
        }
        for unit in units_of(data, spec, event) {
            for splits in splits_of(data, spec, event, &unit, split_types) {
                // Where the funnel counts or splits by a type, a filter on it tests that group alone.
                let mut alone = splits.clone();
                if let (Unit::Group(id), UnitKind::Group(group_type)) = (&unit, &spec.unit) {
                    alone.push((group_type.clone(), Some(id.clone())));
                }
                let look = Look { data, event, reading: spec.reading, alone: &alone };
                if passes(spec.filter.as_ref(), look) {
                    let seen = Seen {
                        arrival,
                        time: event.occurred_at,
                        steps: spec.steps.iter().map(|step| is(step, look)).collect(),
                        exclusions: spec.exclusions.iter().map(|excluded| is(&excluded.deed, look)).collect(),
                    };
                    walks.entry((unit.clone(), splits)).or_default().push(seen);
                }
            }
        }
    }
    for events in walks.values_mut() {
        events.sort_by_key(|seen| (seen.time, seen.arrival));
    }
    walks
}

/// The units an event belongs to.
fn units_of(data: &Dataset, spec: &FunnelSpec, event: &Event) -> Vec<Unit> {
    match &spec.unit {
        UnitKind::Profile => user_of(event, spec.reading.users).into_iter().map(Unit::User).collect(),
        UnitKind::Session => event.session_id.clone().into_iter().map(Unit::Session).collect(),
        UnitKind::Group(group_type) => groups_of_type(data, event, spec.reading.attribution, group_type)
            .into_iter()
            .map(Unit::Group)
            .collect(),
    }
}

/// Every combination of one group per type. A unit that is itself a group of the type is in its own row only.
fn splits_of(
    data: &Dataset,
    spec: &FunnelSpec,
    event: &Event,
    unit: &Unit,
    split_types: &[String],
) -> Vec<Vec<Split>> {
    combinations(split_types, |group_type| match unit {
        Unit::Group(id) if spec.unit == UnitKind::Group(group_type.to_owned()) => vec![id.clone()],
        _ => groups_of_type(data, event, spec.reading.attribution, group_type),
    })
}

/// Every combination of one of an event's groups per type. Without a group of a type it is in the missing row.
pub(super) fn combinations(
    split_types: &[String],
    groups_of: impl Fn(&str) -> Vec<String>,
) -> Vec<Vec<Split>> {
    let mut combinations: Vec<Vec<Split>> = vec![Vec::new()];
    for group_type in split_types {
        let ids = groups_of(group_type);
        let groups: Vec<Option<String>> =
            if ids.is_empty() { vec![None] } else { ids.into_iter().map(Some).collect() };
        let mut longer = Vec::new();
        for combination in &combinations {
            for group in &groups {
                let mut extended = combination.clone();
                extended.push((group_type.clone(), group.clone()));
                longer.push(extended);
            }
        }
        combinations = longer;
    }
    combinations
}

fn passes(filter: Option<&Filter>, look: Look<'_>) -> bool {
    filter.is_none_or(|filter| filter.holds(look))
}

fn is(deed: &Deed, look: Look<'_>) -> bool {
    look.event.name == deed.event && passes(deed.filter.as_ref(), look)
}
