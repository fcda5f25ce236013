//! `activeUsers` by definition: per group of a type its users, events, last activity and change.

use super::data::Dataset;
use super::filter::{Filter, Look};
use super::scope::{Reading, Span, User, groups_of_type, user_of};
use chrono::{DateTime, NaiveDate, Utc};
use muster::domain::event::Event;
use muster::domain::time::{Calendar, Range};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct ActiveSpec {
    /// The type of the groups that are the rows.
    pub(crate) group_type: String,
    /// Which events are read.
    pub(crate) span: Span,
    /// Which of them count.
    pub(crate) filter: Option<Filter>,
    /// How they are read.
    pub(crate) reading: Reading,
    /// Ask for a series over time, too.
    pub(crate) calendar: Option<Calendar>,
    /// How many rows at most; 100 when not said.
    pub(crate) first: Option<usize>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveUsers {
    pub(crate) totals: Totals,
    /// All rows in order; `first` cuts them only when they are compared.
    pub(crate) rows: Vec<ActiveRow>,
    /// One per bucket, when a calendar was given.
    pub(crate) buckets: Option<Vec<ActiveBucket>>,
}

/// Over the whole: an event in two groups once, a user once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Totals {
    pub(crate) groups: usize,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) first_at: Option<DateTime<Utc>>,
    pub(crate) last_at: Option<DateTime<Utc>>,
}

/// One group with at least one event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveRow {
    pub(crate) group_id: String,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) last_active_at: DateTime<Utc>,
    pub(crate) change: Option<f64>,
}

/// One calendar unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveBucket {
    pub(crate) start: DateTime<Utc>,
    pub(crate) local_date: NaiveDate,
    pub(crate) is_partial: bool,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
}

/// Answers the question.
pub(crate) fn active_users(data: &Dataset, spec: &ActiveSpec) -> ActiveUsers {
    let range = spec.span.range(data.now);
    let now = by_group(data, spec, range);
    let before = by_group(data, spec, range.previous().expect("a previous period"));
    let mut rows: Vec<ActiveRow> = now
        .iter()
        .map(|(group_id, events)| {
            let active_users = users(spec, events).len();
            let previous = before.get(group_id).map_or(0, |events| users(spec, events).len());
            ActiveRow {
                group_id: group_id.clone(),
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
    rows.sort_by_key(|row| (Reverse(row.active_users), Reverse(row.events), row.group_id.clone()));

    let whole = each_event_once(&now);
    let totals = Totals {
        groups: rows.len(),
        active_users: users(spec, &whole).len(),
        events: whole.len(),
        first_at: whole.iter().map(|event| event.occurred_at).min(),
        last_at: whole.iter().map(|event| event.occurred_at).max(),
    };
    let buckets = spec.calendar.map(|calendar| buckets(spec, calendar, range, &whole));
    ActiveUsers { totals, rows, buckets }
}

/// Per group of the type, the events in the range that count for it.
fn by_group<'a>(data: &'a Dataset, spec: &ActiveSpec, range: Range) -> BTreeMap<String, Vec<&'a Event>> {
    let mut groups: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in data.events.iter().filter(|event| range.contains(event.occurred_at)) {
        for group in groups_of_type(data, event, spec.reading.attribution, &spec.group_type) {
            // The analysis counts by this type, so the filter tests this group alone.
            let alone = [(spec.group_type.clone(), Some(group.clone()))];
            let look = Look { data, event, reading: spec.reading, alone: &alone };
            if spec.filter.as_ref().is_none_or(|filter| filter.holds(look)) {
                groups.entry(group).or_default().push(event);
            }
        }
    }
    groups
}

/// The distinct users of the events.
fn users(spec: &ActiveSpec, events: &[&Event]) -> BTreeSet<User> {
    events.iter().filter_map(|event| user_of(event, spec.reading.users)).collect()
}

/// The events of all groups, one in two groups once.
fn each_event_once<'a>(groups: &BTreeMap<String, Vec<&'a Event>>) -> Vec<&'a Event> {
    let by_id: BTreeMap<&str, &Event> =
        groups.values().flatten().map(|event| (event.id.as_str(), *event)).collect();
    by_id.into_values().collect()
}

fn buckets(spec: &ActiveSpec, calendar: Calendar, range: Range, whole: &[&Event]) -> Vec<ActiveBucket> {
    let buckets = calendar.buckets(range, 10_000).expect("few buckets");
    let inside = |start, end| -> Vec<&Event> {
        whole.iter().copied().filter(|event| start <= event.occurred_at && event.occurred_at < end).collect()
    };
    buckets
        .iter()
        .map(|bucket| {
            let events = inside(bucket.start, bucket.end);
            ActiveBucket {
                start: bucket.start,
                local_date: bucket.local_date,
                is_partial: bucket.is_partial,
                active_users: users(spec, &events).len(),
                events: events.len(),
            }
        })
        .collect()
}

/// (this − previous) / previous; none if previous is 0.
fn change(this: usize, previous: usize) -> Option<f64> {
    (previous != 0).then(|| (count(this) - count(previous)) / count(previous))
}

/// A count as a number with fractions.
pub(crate) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("a small count"))
}
