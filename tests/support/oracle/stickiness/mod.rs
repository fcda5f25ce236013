//! `stickiness` by definition: in how many periods of the range units were active.

pub(crate) mod ask;
mod worked;

use super::breakdown::{Breakdown, Values, first_values, missing_last, split_types};
use super::common::Common;
use super::data::Dataset;
use super::numbers::{count, mean, rate};
use super::units::{Counted, UnitKind, distinct_events, named, within};
use muster::domain::time::Calendar;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct StickinessSpec {
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// What is counted: profiles or groups.
    pub(crate) unit: UnitKind,
    /// Whether each share counts units with more periods, too.
    pub(crate) cumulative: bool,
    /// What a period is.
    pub(crate) calendar: Calendar,
    /// The rest.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stickiness {
    /// Over all events of each unit.
    pub(crate) whole: Distribution,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Distribution)>,
}

/// How sticky some units are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Distribution {
    /// Units with an event in the range.
    pub(crate) units: usize,
    /// Their events in the range, one of two groups once.
    pub(crate) events: usize,
    /// Mean number of periods of a unit.
    pub(crate) average_periods: Option<f64>,
    /// Units in one period, in two, and so on to all, with the share of all units.
    pub(crate) shares: Vec<(usize, Option<f64>)>,
}

/// Answers the question.
pub(crate) fn stickiness(data: &Dataset, spec: &StickinessSpec) -> Stickiness {
    let whole: Vec<_> = units(data, spec, &[]).into_values().flatten().collect();
    let mut rows = Vec::new();
    if !spec.common.breakdown.is_empty() {
        let by_values = units(data, spec, &spec.common.breakdown);
        rows.extend(by_values.into_iter().map(|(values, units)| (values, shares(data, spec, &units))));
    }
    rows.sort_by_key(|(values, shares)| {
        (Reverse(shares.units), Reverse(shares.events), missing_last(values))
    });
    Stickiness { whole: shares(data, spec, &whole), rows }
}

/// The events in the range of each unit that has one, by breakdown values.
fn units<'a>(
    data: &'a Dataset,
    spec: &StickinessSpec,
    breakdown: &[Breakdown],
) -> BTreeMap<Values, Vec<Vec<Counted<'a>>>> {
    let types = split_types(breakdown);
    let filter = named(spec.event.as_ref(), spec.common.filter.as_ref());
    let mut counting = spec.common.counting(data, Some(&spec.unit), &types);
    counting.filter = Some(&filter);
    let mut units: BTreeMap<Values, Vec<Vec<Counted<'_>>>> = BTreeMap::new();
    for events in counting.places().into_values() {
        let events = within(&events, spec.common.range(data));
        if !events.is_empty() {
            let looks: Vec<_> =
                events.iter().map(|counted| counted.look(data, spec.common.reading)).collect();
            units.entry(first_values(breakdown, &looks)).or_default().push(events);
        }
    }
    units
}

fn shares(data: &Dataset, spec: &StickinessSpec, units: &[Vec<Counted<'_>>]) -> Distribution {
    let buckets = spec.calendar.buckets(spec.common.range(data), 10_000).expect("few buckets");
    let periods_of = |events: &Vec<Counted<'_>>| {
        let active =
            |start, end| events.iter().any(|counted| start <= counted.time() && counted.time() < end);
        buckets.iter().filter(|bucket| active(bucket.start, bucket.end)).count()
    };
    let periods: Vec<usize> = units.iter().map(periods_of).collect();
    let share = |number: usize| {
        let counts = |periods: &&usize| **periods == number || (spec.cumulative && **periods > number);
        let units_of_share = periods.iter().filter(counts).count();
        (units_of_share, rate(units_of_share, units.len()))
    };
    Distribution {
        units: units.len(),
        events: distinct_events(units.iter().flatten()),
        average_periods: mean(&periods.iter().map(|&periods| count(periods)).collect::<Vec<_>>()),
        shares: (1..=buckets.len()).map(share).collect(),
    }
}
