//! `adoption` by definition: how far each group of a type has taken to an event.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::filter::Path;
use super::numbers::{count, quantile, rate};
use super::scope::{GroupProperties, User, user_of};
use super::units::{Counted, distinct_events, lives_of_groups, users_of, within};
use chrono::{DateTime, Duration, Utc};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct AdoptionSpec {
    /// The type of the groups that are the rows.
    pub(crate) group_type: String,
    /// Name of the event.
    pub(crate) event: String,
    /// The property of the group that holds its number of seats.
    pub(crate) seats: Option<Path>,
    /// The rest, without a breakdown.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Adoption {
    pub(crate) totals: Totals,
    /// All groups of the type in order.
    pub(crate) rows: Vec<AdoptionRow>,
}

/// All groups together: a profile, a user and an event once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Totals {
    pub(crate) groups: usize,
    pub(crate) adopting_groups: usize,
    pub(crate) members: usize,
    pub(crate) active_members: usize,
    pub(crate) adoption_rate: Option<f64>,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) median_days_to_first_use: Option<f64>,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AdoptionRow {
    pub(crate) group_id: String,
    pub(crate) members: usize,
    pub(crate) active_members: usize,
    pub(crate) adoption_rate: Option<f64>,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) events_per_user: Option<f64>,
    pub(crate) first_used_at: Option<DateTime<Utc>>,
    pub(crate) days_to_first_use: Option<f64>,
    pub(crate) seats: Option<f64>,
    pub(crate) seat_utilisation: Option<f64>,
}

/// Answers the question.
pub(crate) fn adoption(data: &Dataset, spec: &AdoptionSpec) -> Adoption {
    let range = spec.common.range(data);
    let users = spec.common.reading.users;
    let lives = lives_of_groups(data, &spec.common, &spec.group_type, Some(&spec.event));
    let (mut members, mut active_members) = (BTreeSet::new(), BTreeSet::new());
    let mut all_events: Vec<Counted<'_>> = Vec::new();
    let mut rows = Vec::new();
    for group_id in data.groups_of(&spec.group_type) {
        let life = lives.get(group_id).cloned().unwrap_or_default();
        let events = within(&life, range);
        let of_group = data.members_at(group_id, range.to());
        let active_users = users_of(&events, users);
        let active: BTreeSet<&str> = of_group
            .iter()
            .copied()
            .filter(|id| active_users.contains(&User::Profile((*id).to_owned())))
            .collect();
        let group = &data.groups[group_id];
        let first_used_at = life.first().map(Counted::time).filter(|first| *first < range.to());
        let version = match spec.common.reading.group_properties {
            GroupProperties::AsOfEvent => group.as_of(range.to() - Duration::microseconds(1)),
            GroupProperties::Now => group.current(),
        };
        let seats = spec.seats.as_ref().and_then(|path| path.of(&version.properties)?.as_f64());
        let by_users = events.iter().filter(|counted| user_of(counted.event, users).is_some()).count();
        rows.push(AdoptionRow {
            group_id: group_id.to_owned(),
            members: of_group.len(),
            active_members: active.len(),
            adoption_rate: rate(active.len(), of_group.len()),
            active_users: active_users.len(),
            events: events.len(),
            events_per_user: rate(by_users, active_users.len()),
            first_used_at,
            days_to_first_use: first_used_at.map(|first| in_days(first - group.versions[0].effective_at)),
            seats,
            seat_utilisation: seats
                .filter(|&seats| seats > 0.0)
                .map(|seats| count(active_users.len()) / seats),
        });
        members.extend(of_group);
        active_members.extend(active);
        all_events.extend(events);
    }
    let waits: Vec<f64> = rows.iter().filter_map(|row| row.days_to_first_use).collect();
    let totals = Totals {
        groups: rows.len(),
        adopting_groups: rows.iter().filter(|row| row.events > 0).count(),
        members: members.len(),
        active_members: active_members.len(),
        adoption_rate: rate(active_members.len(), members.len()),
        active_users: users_of(&all_events, users).len(),
        events: distinct_events(&all_events),
        median_days_to_first_use: quantile(&waits, 0.5),
    };
    // Stable sorts, the least important first: the rows are in the order of their ids.
    rows.sort_by_key(|row| Reverse(row.events));
    rows.sort_by(|left, right| match (left.adoption_rate, right.adoption_rate) {
        (Some(left), Some(right)) => right.total_cmp(&left),
        (left, right) => left.is_none().cmp(&right.is_none()),
    });
    Adoption { totals, rows }
}

/// Days of 24 hours.
fn in_days(duration: Duration) -> f64 {
    duration.as_seconds_f64() / 86_400.0
}
