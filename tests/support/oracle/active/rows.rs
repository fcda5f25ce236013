//! The rows of `activeUsers`: one per group of the asked type and combination of breakdown values.

use super::{ActiveSpec, users};
use crate::support::oracle::breakdown::{Values, first_values, missing_last, split_types};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::numbers::change;
use crate::support::oracle::scope::{User, user_of};
use crate::support::oracle::units::{Counted, Counting, Place, Unit, UnitKind, within};
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
    pub(crate) values: Values,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) last_active_at: DateTime<Utc>,
    pub(crate) change: Option<f64>,
}

/// A row's group and values.
type Key = (String, Values);

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
    let mut rows: BTreeMap<Key, Vec<&Event>> = BTreeMap::new();
    for (place, events) in by_place(data, spec, range, &split_types(&spec.breakdown)) {
        let Some(Unit::Group(group)) = place.unit else { continue };
        let mut add = |events: &[Counted<'a>]| {
            let looks: Vec<_> = events.iter().map(|counted| counted.look(data, spec.reading)).collect();
            let values = first_values(&spec.breakdown, &looks);
            let row = rows.entry((group.clone(), values)).or_default();
            row.extend(events.iter().map(|counted| counted.event));
        };
        for (user, events) in by_user(spec, events) {
            if user.is_some() {
                add(&events);
            } else {
                // Nobody's events have nothing in common: each has its own values.
                events.chunks(1).for_each(&mut add);
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
) -> BTreeMap<Place, Vec<Counted<'a>>> {
    let unit = UnitKind::Group(spec.group_type.clone());
    let (reading, filter) = (spec.reading, spec.filter.as_ref());
    let places = Counting { data, reading, unit: Some(&unit), split_types, filter }.places();
    let places = places.into_iter().map(|(place, events)| (place, within(&events, range)));
    places.filter(|(_, events)| !events.is_empty()).collect()
}

/// The events of each user, and those of nobody, in the same order.
fn by_user<'a>(spec: &ActiveSpec, events: Vec<Counted<'a>>) -> BTreeMap<Option<User>, Vec<Counted<'a>>> {
    let mut by_user: BTreeMap<Option<User>, Vec<Counted<'a>>> = BTreeMap::new();
    for counted in events {
        by_user.entry(user_of(counted.event, spec.reading.users)).or_default().push(counted);
    }
    by_user
}
