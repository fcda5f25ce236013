//! `lifecycle` by definition: who is new, came back, was won back, or went dormant, bucket by bucket.

pub(crate) mod ask;
mod worked;

use super::breakdown::{Breakdown, Values, first_values, missing_last, split_types};
use super::common::Common;
use super::data::Dataset;
use super::units::{Counted, UnitKind, distinct_events, named, within};
use muster::domain::time::{Bucket, Calendar, Range};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct LifecycleSpec {
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// What is counted: profiles or groups.
    pub(crate) unit: UnitKind,
    /// What cuts time.
    pub(crate) calendar: Calendar,
    /// The rest.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lifecycle {
    /// Over all events of each unit.
    pub(crate) whole: Stages,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Stages)>,
}

/// What became of some units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stages {
    /// Units with an event in the range.
    pub(crate) units: usize,
    /// Those whose first event ever lies in the range.
    pub(crate) new: usize,
    /// Their events in the range, one of two groups once.
    pub(crate) events: usize,
    /// One per bucket.
    pub(crate) buckets: Vec<Stage>,
}

/// What became of some units in one bucket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    pub(crate) bucket: Bucket,
    pub(crate) new: usize,
    pub(crate) returning: usize,
    pub(crate) resurrecting: usize,
    /// `None` while the bucket has not begun.
    pub(crate) dormant: Option<usize>,
}

/// The life of one unit, all its matching events of all time.
type Life<'a> = Vec<Counted<'a>>;

/// Answers the question.
pub(crate) fn lifecycle(data: &Dataset, spec: &LifecycleSpec) -> Lifecycle {
    let whole: Vec<Life<'_>> = lives(data, spec, &[]).into_values().flatten().collect();
    let mut rows = Vec::new();
    if !spec.common.breakdown.is_empty() {
        let by_values = lives(data, spec, &spec.common.breakdown);
        rows.extend(by_values.into_iter().map(|(values, lives)| (values, stages(data, spec, &lives))));
    }
    rows.sort_by_key(|(values, stages)| {
        (Reverse(stages.units), Reverse(stages.events), missing_last(values))
    });
    Lifecycle { whole: stages(data, spec, &whole), rows }
}

/// The lives that are told of, by their breakdown values: those with an event in the range or in the bucket
/// before the first.
fn lives<'a>(
    data: &'a Dataset,
    spec: &LifecycleSpec,
    breakdown: &[Breakdown],
) -> BTreeMap<Values, Vec<Life<'a>>> {
    let range = spec.common.range(data);
    let mut lives: BTreeMap<Values, Vec<Life<'_>>> = BTreeMap::new();
    let types = split_types(breakdown);
    let filter = named(spec.event.as_ref(), spec.common.filter.as_ref());
    let mut counting = spec.common.counting(data, Some(&spec.unit), &types);
    counting.filter = Some(&filter);
    for life in counting.places().into_values() {
        // The first event in the range that has a value decides; of a life without an event in the range, the
        // first in the bucket before.
        let mut seen = within(&life, range);
        if seen.is_empty() {
            seen = within(&life, bucket_before(spec, range));
        }
        if !seen.is_empty() {
            let looks: Vec<_> = seen.iter().map(|counted| counted.look(data, spec.common.reading)).collect();
            lives.entry(first_values(breakdown, &looks)).or_default().push(life);
        }
    }
    lives
}

/// The whole calendar unit before the one in which the range begins.
fn bucket_before(spec: &LifecycleSpec, range: Range) -> Range {
    let first = spec.calendar.floor(range.from());
    Range::new(spec.calendar.before(first), first).expect("a bucket")
}

fn stages(data: &Dataset, spec: &LifecycleSpec, lives: &[Life<'_>]) -> Stages {
    let range = spec.common.range(data);
    let in_range: Vec<Counted<'_>> = lives.iter().flat_map(|life| within(life, range)).collect();
    let is_new = |life: &&Life<'_>| range.contains(life[0].time());
    let mut buckets = Vec::new();
    let mut before = active(lives, bucket_before(spec, range));
    for bucket in spec.calendar.buckets(range, 10_000).expect("few buckets") {
        let cut = Range::new(bucket.start.max(range.from()), bucket.end.min(range.to())).expect("a bucket");
        let now = active(lives, cut);
        let new: BTreeSet<usize> =
            now.iter().copied().filter(|&life| cut.contains(lives[life][0].time())).collect();
        let returning = now.intersection(&before).count();
        let dormant = before.difference(&now).count();
        buckets.push(Stage {
            bucket,
            new: new.len(),
            returning,
            resurrecting: now.difference(&before).filter(|life| !new.contains(life)).count(),
            dormant: (bucket.start < data.now).then_some(dormant),
        });
        before = now;
    }
    Stages {
        units: active(lives, range).len(),
        new: lives.iter().filter(is_new).count(),
        events: distinct_events(&in_range),
        buckets,
    }
}

/// Which of the lives have an event in the range.
fn active(lives: &[Life<'_>], range: Range) -> BTreeSet<usize> {
    (0..lives.len()).filter(|&life| !within(&lives[life], range).is_empty()).collect()
}
