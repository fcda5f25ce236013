//! The rows of `activeUsers`: one per group of the asked type and combination of breakdown values.

use super::active::{ActiveSpec, change, users};
use super::data::Dataset;
use super::filter::{Look, profile_property, text, version};
use super::funnel::Breakdown;
use super::rows::{missing_last, split_of};
use super::scope::{User, groups_of_type, user_of};
use super::units::{Split, combinations};
use chrono::{DateTime, Utc};
use muster::domain::event::Event;
use muster::domain::time::Range;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One group and one combination of breakdown values with at least one event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveRow {
    pub(crate) group_id: String,
    /// One value per breakdown, `None` for a missing one.
    pub(crate) values: Vec<Option<String>>,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) last_active_at: DateTime<Utc>,
    pub(crate) change: Option<f64>,
}

/// The group that is the row, and the groups that it is split by.
pub(super) type Place = (String, Vec<Split>);

/// A row's group and values.
type Key = (String, Vec<Option<String>>);

/// The rows: users descending, events descending, group ascending, then values ascending with missing last.
pub(super) fn rows(data: &Dataset, spec: &ActiveSpec, range: Range) -> Vec<ActiveRow> {
    let before = by_key(data, spec, range.previous().expect("a previous period"));
    let mut rows: Vec<ActiveRow> = by_key(data, spec, range)
        .into_iter()
        .map(|(key, events)| {
            let active_users = users(spec, &events).len();
            let previous = before.get(&key).map_or(0, |events| users(spec, events).len());
            let (group_id, values) = key;
            ActiveRow {
                group_id,
                values,
                active_users,
                events: events.len(),
                last_active_at: events
                    .iter()
                    .map(|event| event.occurred_at)
                    .max()
                    .expect("at least one event"),
                change: change(active_users, previous),
            }
        })
        .collect();
    rows.sort_by_key(|row| {
        let (users, events) = (Reverse(row.active_users), Reverse(row.events));
        (users, events, row.group_id.clone(), missing_last(&row.values))
    });
    rows
}

/// The events of one period that count in each row.
fn by_key<'a>(data: &'a Dataset, spec: &ActiveSpec, range: Range) -> BTreeMap<Key, Vec<&'a Event>> {
    let mut split_types = Vec::new();
    for breakdown in &spec.breakdown {
        if let Breakdown::GroupType(group_type) = breakdown {
            split_types.push(group_type.clone());
        }
    }
    let mut rows: BTreeMap<Key, Vec<&Event>> = BTreeMap::new();
    for (place, events) in by_place(data, spec, range, &split_types) {
        for (user, events) in by_user(spec, &events) {
            if user.is_some() {
                let values = values(data, spec, &place, &events);
                rows.entry((place.0.clone(), values)).or_default().extend(events);
            } else {
                // Nobody's events have nothing in common: each has its own values.
                for event in events {
                    let values = values(data, spec, &place, &[event]);
                    rows.entry((place.0.clone(), values)).or_default().push(event);
                }
            }
        }
    }
    rows
}

/// Per group of the asked type, and group of every type that is split by, the events in the range that count
/// there, by time, then arrival.
pub(super) fn by_place<'a>(
    data: &'a Dataset,
    spec: &ActiveSpec,
    range: Range,
    split_types: &[String],
) -> BTreeMap<Place, Vec<&'a Event>> {
    let on = |event, group_type: &str| groups_of_type(data, event, spec.reading.attribution, group_type);
    let mut places: BTreeMap<Place, Vec<&Event>> = BTreeMap::new();
    for event in data.events.iter().filter(|event| range.contains(event.occurred_at)) {
        for group in on(event, &spec.group_type) {
            let groups_of = |group_type: &str| {
                if group_type == spec.group_type { vec![group.clone()] } else { on(event, group_type) }
            };
            for splits in combinations(split_types, groups_of) {
                // Where the analysis counts or splits by a type, a filter on it tests that group alone.
                let mut alone = splits.clone();
                alone.push((spec.group_type.clone(), Some(group.clone())));
                let look = Look { data, event, reading: spec.reading, alone: &alone };
                if spec.filter.as_ref().is_none_or(|filter| filter.holds(look)) {
                    places.entry((group.clone(), splits)).or_default().push(event);
                }
            }
        }
    }
    for events in places.values_mut() {
        // Stable: events of one time stay in the order of their arrival.
        events.sort_by_key(|event| event.occurred_at);
    }
    places
}

/// The events of each user, and those of nobody, in the same order.
fn by_user<'a>(spec: &ActiveSpec, events: &[&'a Event]) -> BTreeMap<Option<User>, Vec<&'a Event>> {
    let mut by_user: BTreeMap<Option<User>, Vec<&Event>> = BTreeMap::new();
    for event in events {
        by_user.entry(user_of(event, spec.reading.users)).or_default().push(event);
    }
    by_user
}

/// The value of each breakdown for the events of one user at one place. A property is the one of the first
/// event that has it, for each breakdown on its own.
fn values(data: &Dataset, spec: &ActiveSpec, place: &Place, events: &[&Event]) -> Vec<Option<String>> {
    let value = |breakdown: &Breakdown| match breakdown {
        Breakdown::GroupType(group_type) => {
            let (_, group) = split_of(&place.1, group_type).expect("a type that is split by");
            group.clone()
        }
        Breakdown::EventProperty(path) => {
            events.iter().find_map(|event| path.of(&event.properties)).map(|value| text(&value))
        }
        Breakdown::ProfileProperty(path) => {
            events.iter().find_map(|event| profile_property(data, event, path)).map(|value| text(&value))
        }
        // The row's group, else the group it is split by, else the first on the event that has a value.
        Breakdown::GroupProperty(group_type, path) => {
            let groups = |event: &Event| match split_of(&place.1, group_type) {
                _ if *group_type == spec.group_type => vec![place.0.clone()],
                Some((_, group)) => group.iter().cloned().collect(),
                None => groups_of_type(data, event, spec.reading.attribution, group_type),
            };
            let read =
                |id: &String, event: &Event| path.of(&version(data, id, event, spec.reading).properties);
            let of = |event: &Event| groups(event).iter().find_map(|id| read(id, event));
            events.iter().find_map(|event| of(event)).map(|value| text(&value))
        }
    };
    spec.breakdown.iter().map(value).collect()
}
