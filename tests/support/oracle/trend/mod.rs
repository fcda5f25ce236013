//! `trend` by definition: series of events, units and numbers over time, and formulas over them.

pub(crate) mod ask;
mod formula;
mod measure;
mod worked;
mod worked_rows;

use super::breakdown::{Breakdown, Values, missing_last};
use super::common::Common;
use super::data::Dataset;
use super::filter::{Filter, Path};
use super::units::UnitKind;
use formula::Formula;
use measure::{Matched, matched};
use muster::domain::time::{Bucket, Calendar, Range};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct TrendSpec {
    /// What is told.
    pub(crate) series: Vec<Series>,
    /// What is worked out from it.
    pub(crate) formulas: Vec<(String, Formula)>,
    /// Ask for the previous period, too.
    pub(crate) compare_previous: bool,
    /// Ask for values over time, too.
    pub(crate) calendar: Option<Calendar>,
    /// The rest.
    pub(crate) common: Common,
}

/// One series.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// Its name; a letter by its place when not said.
    pub(crate) name: Option<String>,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// What else must hold of them.
    pub(crate) filter: Option<Filter>,
    /// What it tells.
    pub(crate) measure: Measure,
}

/// What a series tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Measure {
    /// How many events.
    Events,
    /// How many units.
    Units(UnitKind),
    /// Events of units ÷ units.
    EventsPerUnit(UnitKind),
    /// A figure of the numbers that events carry.
    Numbers(Figure, Source),
}

/// What is told of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    Sum,
    Average,
    Min,
    Max,
    Median,
    P90,
}

/// Where the numbers are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Property(Path),
    Revenue,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trend {
    pub(crate) is_additive: bool,
    /// The series, then the formulas.
    pub(crate) series: Vec<Told>,
    /// The same over the period before.
    pub(crate) previous: Option<Vec<Told>>,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Vec<Told>)>,
}

/// One series or formula, told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) name: String,
    /// Over the whole range.
    pub(crate) value: Option<f64>,
    /// Matching events; none for a formula.
    pub(crate) events: Option<usize>,
    /// Matching events without a number; none where no numbers are read.
    pub(crate) left_out: Option<usize>,
    /// Over time, when a calendar was given.
    pub(crate) buckets: Option<Vec<(Bucket, Option<f64>)>>,
}

impl Series {
    /// Its name, or the letter of its place.
    fn name(&self, place: usize) -> String {
        let letter = char::from(b'A' + u8::try_from(place).expect("a letter"));
        self.name.clone().unwrap_or_else(|| letter.to_string())
    }
}

/// Answers the question.
pub(crate) fn trend(data: &Dataset, spec: &TrendSpec) -> Trend {
    let range = spec.common.range(data);
    let by_group = spec.common.breakdown.iter().any(|one| matches!(one, Breakdown::GroupType(_)));
    let sums = |series: &Series| matches!(series.measure, Measure::Events | Measure::Numbers(Figure::Sum, _));
    Trend {
        is_additive: spec.series.iter().all(sums) && spec.formulas.is_empty() && !by_group,
        series: whole(data, spec, range),
        previous: spec
            .compare_previous
            .then(|| whole(data, spec, range.previous().expect("a previous period"))),
        rows: if spec.common.breakdown.is_empty() { Vec::new() } else { rows(data, spec, range) },
    }
}

fn whole(data: &Dataset, spec: &TrendSpec, range: Range) -> Vec<Told> {
    let matched: Vec<_> = spec.series.iter().map(|series| matched(data, spec, series, range, &[])).collect();
    let whole: Vec<_> =
        matched.iter().map(|rows| rows.get(&Vec::new()).cloned().unwrap_or_default()).collect();
    told(spec, range, &whole)
}

/// The rows: the first series descending with null last, then its events descending, then the values.
fn rows(data: &Dataset, spec: &TrendSpec, range: Range) -> Vec<(Values, Vec<Told>)> {
    let matched: Vec<BTreeMap<Values, Matched<'_>>> =
        spec.series.iter().map(|series| matched(data, spec, series, range, &spec.common.breakdown)).collect();
    let all: BTreeSet<&Values> = matched.iter().flat_map(BTreeMap::keys).collect();
    let mut rows = Vec::new();
    for values in all {
        let of_row: Vec<_> =
            matched.iter().map(|rows| rows.get(values).cloned().unwrap_or_default()).collect();
        rows.push((values.clone(), told(spec, range, &of_row)));
    }
    // Stable sorts, the least important first.
    rows.sort_by_key(|(values, told)| (Reverse(told[0].events), missing_last(values)));
    rows.sort_by(|(_, left), (_, right)| match (left[0].value, right[0].value) {
        (Some(left), Some(right)) => right.total_cmp(&left),
        (left, right) => left.is_none().cmp(&right.is_none()),
    });
    rows
}

/// The series and formulas, given what each series matches.
fn told(spec: &TrendSpec, range: Range, matched: &[Matched<'_>]) -> Vec<Told> {
    let buckets = spec.calendar.map(|calendar| calendar.buckets(range, 10_000).expect("few buckets"));
    let over_time = |value: &dyn Fn(Range) -> Option<f64>| {
        let cut = |bucket: &Bucket| Range::new(bucket.start.max(range.from()), bucket.end.min(range.to()));
        let at = |bucket: &Bucket| (*bucket, value(cut(bucket).expect("a bucket")));
        buckets.as_ref().map(|buckets| buckets.iter().map(at).collect())
    };
    let mut answer = Vec::new();
    for (place, series) in spec.series.iter().enumerate() {
        let matched = &matched[place];
        answer.push(Told {
            name: series.name(place),
            value: matched.value(&series.measure, range),
            events: Some(matched.events()),
            left_out: matched.left_out(&series.measure),
            buckets: over_time(&|time| matched.value(&series.measure, time)),
        });
    }
    for (name, formula) in &spec.formulas {
        let value = |time: Range| {
            formula.value(&|name: &str| {
                let place = (0..spec.series.len()).find(|&place| spec.series[place].name(place) == name);
                let place = place.expect("a series of the name");
                matched[place].value(&spec.series[place].measure, time)
            })
        };
        answer.push(Told {
            name: name.clone(),
            value: value(range),
            events: None,
            left_out: None,
            buckets: over_time(&value),
        });
    }
    answer
}
