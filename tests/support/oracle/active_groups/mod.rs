//! `activeGroups` by definition: how many groups were active, in rolling windows too, and how many were new.

pub(crate) mod ask;
mod worked;

use super::breakdown::{Breakdown, Values, first_values, missing_last, split_types};
use super::common::Common;
use super::data::Dataset;
use super::numbers::{count, mean};
use super::units::{Counted, UnitKind, distinct_events, named, within};
use chrono::Duration;
use muster::domain::time::{Bucket, Calendar, Interval, Range};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct ActiveGroupsSpec {
    /// The type of the groups that are counted.
    pub(crate) group_type: String,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// What cuts time.
    pub(crate) calendar: Calendar,
    /// Ask for the previous period, too.
    pub(crate) compare_previous: bool,
    /// The rest.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveGroups {
    /// Over all events of each group.
    pub(crate) whole: Activity,
    /// The totals of the period before.
    pub(crate) previous: Option<Totals>,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Activity)>,
}

/// The activity of some groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Activity {
    /// Over the whole range.
    pub(crate) totals: Totals,
    /// One per bucket.
    pub(crate) buckets: Vec<ActiveBucket>,
}

/// The groups that were active in some time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Totals {
    pub(crate) groups: usize,
    /// Those whose first event ever lies in that time.
    pub(crate) new_groups: usize,
    /// Their events in that time, one of two groups once.
    pub(crate) events: usize,
}

/// One bucket, and the days that end with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActiveBucket {
    pub(crate) bucket: Bucket,
    pub(crate) totals: Totals,
    /// Groups in the last 1, 7 and 30 days.
    pub(crate) rolling: [usize; 3],
    pub(crate) dau_mau_rate: Option<f64>,
}

/// All matching events of one group, of all time.
type Life<'a> = Vec<Counted<'a>>;

/// Answers the question.
pub(crate) fn active_groups(data: &Dataset, spec: &ActiveGroupsSpec) -> ActiveGroups {
    let range = spec.common.range(data);
    let whole: Vec<Life<'_>> = lives(data, spec, &[], range).into_values().flatten().collect();
    let mut rows = Vec::new();
    if !spec.common.breakdown.is_empty() {
        let by_values = lives(data, spec, &spec.common.breakdown, range);
        rows.extend(by_values.into_iter().map(|(values, lives)| (values, activity(spec, range, &lives))));
    }
    rows.sort_by_key(|(values, activity)| {
        (Reverse(activity.totals.groups), Reverse(activity.totals.events), missing_last(values))
    });
    let previous = spec.compare_previous.then(|| {
        let before = range.previous().expect("a previous period");
        let lives: Vec<Life<'_>> = lives(data, spec, &[], before).into_values().flatten().collect();
        totals(&lives, before)
    });
    ActiveGroups { whole: activity(spec, range, &whole), previous, rows }
}

/// The lives that are told of, by their breakdown values: those with an event in the range, or in the days
/// before it that the first bucket's 30 days reach back to.
fn lives<'a>(
    data: &'a Dataset,
    spec: &ActiveGroupsSpec,
    breakdown: &[Breakdown],
    range: Range,
) -> BTreeMap<Values, Vec<Life<'a>>> {
    let unit = UnitKind::Group(spec.group_type.clone());
    let types = split_types(breakdown);
    let filter = named(spec.event.as_ref(), spec.common.filter.as_ref());
    let mut counting = spec.common.counting(data, Some(&unit), &types);
    counting.filter = Some(&filter);
    let first_bucket = buckets(spec, range)[0];
    let earliest = last_days(spec, &first_bucket, range)[29].from();
    let mut lives: BTreeMap<Values, Vec<Life<'_>>> = BTreeMap::new();
    for life in counting.places().into_values() {
        // The first event in the range that has a value decides; of a group without an event in the range, the
        // first in the days before.
        let mut seen = within(&life, range);
        if seen.is_empty()
            && let Ok(days_before) = Range::new(earliest, range.from())
        {
            seen = within(&life, days_before);
        }
        if !seen.is_empty() {
            let looks: Vec<_> = seen.iter().map(|counted| counted.look(data, spec.common.reading)).collect();
            lives.entry(first_values(breakdown, &looks)).or_default().push(life);
        }
    }
    lives
}

fn buckets(spec: &ActiveGroupsSpec, range: Range) -> Vec<Bucket> {
    spec.calendar.buckets(range, 10_000).expect("few buckets")
}

fn activity(spec: &ActiveGroupsSpec, range: Range, lives: &[Life<'_>]) -> Activity {
    let mut answer = Vec::new();
    for bucket in buckets(spec, range) {
        let cut = Range::new(bucket.start.max(range.from()), bucket.end.min(range.to())).expect("a bucket");
        let days = last_days(spec, &bucket, range);
        let since = |first: usize| Range::new(days[first - 1].from(), days[0].to()).expect("days");
        let rolling = [1, 7, 30].map(|first| active(lives, since(first)));
        let daily: Vec<f64> = days.iter().map(|&day| count(active(lives, day))).collect();
        answer.push(ActiveBucket {
            bucket,
            totals: totals(lives, cut),
            rolling,
            dau_mau_rate: (rolling[2] > 0).then(|| mean(&daily).expect("30 days") / count(rolling[2])),
        });
    }
    Activity { totals: totals(lives, range), buckets: answer }
}

/// The 30 days that end with the bucket, or with the range where that ends earlier, the last one first.
///
/// With hours a day is 24 hours. Else it is a local calendar day, the last one that which holds the last instant.
fn last_days(spec: &ActiveGroupsSpec, bucket: &Bucket, range: Range) -> Vec<Range> {
    let mut end = bucket.end.min(range.to());
    let daily = Calendar { interval: Interval::Day, ..spec.calendar };
    let mut days = Vec::new();
    for _ in 0..30 {
        let start = match spec.calendar.interval {
            Interval::Hour => end - Duration::hours(24),
            _ => daily.floor(end - Duration::microseconds(1)),
        };
        days.push(Range::new(start, end).expect("a day"));
        end = start;
    }
    days
}

/// How many of the lives have an event in the time.
fn active(lives: &[Life<'_>], time: Range) -> usize {
    lives.iter().filter(|life| !within(life, time).is_empty()).count()
}

fn totals(lives: &[Life<'_>], time: Range) -> Totals {
    let events: Vec<Counted<'_>> = lives.iter().flat_map(|life| within(life, time)).collect();
    Totals {
        groups: active(lives, time),
        new_groups: lives.iter().filter(|life| time.contains(life[0].time())).count(),
        events: distinct_events(&events),
    }
}
