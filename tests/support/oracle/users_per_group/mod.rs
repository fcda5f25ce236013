//! `usersPerGroup` by definition: how many groups have how many active users.

pub(crate) mod ask;
mod worked;

use super::breakdown::{Breakdown, Values, first_values, missing_last, split_types};
use super::common::Common;
use super::data::Dataset;
use super::numbers::{count, mean, quantile, rate};
use super::units::{Counted, UnitKind, distinct_events, named, users_of, within};
use muster::domain::time::{Bucket, Calendar, Range};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct UsersPerGroupSpec {
    /// The type of the groups that are counted.
    pub(crate) group_type: String,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// Whether each share counts groups with more users, too.
    pub(crate) cumulative: bool,
    /// Ask for shares over time, too.
    pub(crate) calendar: Option<Calendar>,
    /// The rest.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UsersPerGroup {
    /// Over all events of each group.
    pub(crate) whole: Crowd,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Crowd)>,
}

/// Some groups over the range and over time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Crowd {
    pub(crate) totals: Shares,
    /// One per bucket, when a calendar was given.
    pub(crate) buckets: Option<Vec<(Bucket, Shares)>>,
}

/// How many of some groups have how many users in some time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shares {
    /// Groups with an event.
    pub(crate) groups: usize,
    /// Their events, one of two groups once.
    pub(crate) events: usize,
    pub(crate) average_users: Option<f64>,
    pub(crate) median_users: Option<f64>,
    /// Numbers of users that occur, the groups that have so many, and their share.
    pub(crate) by_users: Vec<(usize, usize, f64)>,
}

/// Answers the question.
pub(crate) fn users_per_group(data: &Dataset, spec: &UsersPerGroupSpec) -> UsersPerGroup {
    let whole: Vec<_> = groups(data, spec, &[]).into_values().flatten().collect();
    let mut rows = Vec::new();
    if !spec.common.breakdown.is_empty() {
        let by_values = groups(data, spec, &spec.common.breakdown);
        rows.extend(by_values.into_iter().map(|(values, groups)| (values, crowd(data, spec, &groups))));
    }
    rows.sort_by_key(|(values, crowd)| {
        (Reverse(crowd.totals.groups), Reverse(crowd.totals.events), missing_last(values))
    });
    UsersPerGroup { whole: crowd(data, spec, &whole), rows }
}

/// The events in the range of each group that has one, by breakdown values: the group's first event that has a
/// value decides.
fn groups<'a>(
    data: &'a Dataset,
    spec: &UsersPerGroupSpec,
    breakdown: &[Breakdown],
) -> BTreeMap<Values, Vec<Vec<Counted<'a>>>> {
    let (unit, types) = (UnitKind::Group(spec.group_type.clone()), split_types(breakdown));
    let filter = named(spec.event.as_ref(), spec.common.filter.as_ref());
    let mut counting = spec.common.counting(data, Some(&unit), &types);
    counting.filter = Some(&filter);
    let mut groups: BTreeMap<Values, Vec<Vec<Counted<'_>>>> = BTreeMap::new();
    for events in counting.places().into_values() {
        let events = within(&events, spec.common.range(data));
        if !events.is_empty() {
            let looks: Vec<_> =
                events.iter().map(|counted| counted.look(data, spec.common.reading)).collect();
            groups.entry(first_values(breakdown, &looks)).or_default().push(events);
        }
    }
    groups
}

fn crowd(data: &Dataset, spec: &UsersPerGroupSpec, groups: &[Vec<Counted<'_>>]) -> Crowd {
    let range = spec.common.range(data);
    let over_time = |calendar: Calendar| {
        let buckets = calendar.buckets(range, 10_000).expect("few buckets").into_iter();
        let cut = |bucket: &Bucket| Range::new(bucket.start.max(range.from()), bucket.end.min(range.to()));
        buckets.map(|bucket| (bucket, shares(spec, groups, cut(&bucket).expect("a bucket")))).collect()
    };
    Crowd { totals: shares(spec, groups, range), buckets: spec.calendar.map(over_time) }
}

/// Groups with an event in the time, by their users in it.
fn shares(spec: &UsersPerGroupSpec, groups: &[Vec<Counted<'_>>], time: Range) -> Shares {
    let groups: Vec<_> =
        groups.iter().map(|events| within(events, time)).filter(|events| !events.is_empty()).collect();
    let users: Vec<usize> =
        groups.iter().map(|events| users_of(events, spec.common.reading.users).len()).collect();
    let numbers: Vec<f64> = users.iter().map(|&users| count(users)).collect();
    let mut by_users = Vec::new();
    for number in users.iter().copied().collect::<BTreeSet<_>>() {
        let counts = |users: &&usize| **users == number || (spec.cumulative && **users > number);
        let with_so_many = users.iter().filter(counts).count();
        by_users.push((number, with_so_many, rate(with_so_many, users.len()).expect("a group")));
    }
    Shares {
        groups: groups.len(),
        events: distinct_events(groups.iter().flatten()),
        average_users: mean(&numbers),
        median_users: quantile(&numbers, 0.5),
        by_users,
    }
}
