//! `activeUsers` by definition: per group of a type its users, events, last activity and change.

pub(crate) mod ask;
mod rows;
mod worked;
mod worked_cases;
mod worked_rows;

use super::breakdown::Breakdown;
use super::data::Dataset;
use super::filter::Filter;
use super::scope::{Reading, Span, User, user_of};
use super::units::{Counted, Place};
use chrono::{DateTime, NaiveDate, Utc};
use muster::domain::event::Event;
use muster::domain::time::{Calendar, Range};
use rows::{ActiveRow, by_place, rows};
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct ActiveSpec {
    /// The type of the groups that are the rows.
    pub(crate) group_type: String,
    /// What the rows are split by besides, at most three, none twice.
    pub(crate) breakdown: Vec<Breakdown>,
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
    /// What the rows are split by, as asked.
    pub(crate) breakdown: Vec<Breakdown>,
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
    // Totals and buckets know no breakdown.
    let groups = by_place(data, spec, range, &[]);
    let whole = each_event_once(&groups);
    let totals = Totals {
        groups: groups.len(),
        active_users: users(spec, &whole).len(),
        events: whole.len(),
        first_at: whole.iter().map(|event| event.occurred_at).min(),
        last_at: whole.iter().map(|event| event.occurred_at).max(),
    };
    let buckets = spec.calendar.map(|calendar| buckets(spec, calendar, range, &whole));
    ActiveUsers { totals, breakdown: spec.breakdown.clone(), rows: rows(data, spec, range), buckets }
}

/// The distinct users of the events.
fn users(spec: &ActiveSpec, events: &[&Event]) -> BTreeSet<User> {
    events.iter().filter_map(|event| user_of(event, spec.reading.users)).collect()
}

/// The events of all groups, one in two groups once.
fn each_event_once<'a>(groups: &BTreeMap<Place, Vec<Counted<'a>>>) -> Vec<&'a Event> {
    let once: BTreeMap<usize, &Event> =
        groups.values().flatten().map(|counted| (counted.arrival, counted.event)).collect();
    once.into_values().collect()
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
