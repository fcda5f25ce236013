//! `retention` by definition: who of those that started came back, bucket by bucket.

pub(crate) mod ask;
mod worked;

use super::breakdown::{Breakdown, Values, missing_last, split_types, value};
use super::common::Common;
use super::data::Dataset;
use super::filter::Deed;
use super::numbers::rate;
use super::units::{Counted, UnitKind};
use muster::domain::time::{Bucket, Calendar, Range};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct RetentionSpec {
    /// What puts a unit into a cohort.
    pub(crate) start: Deed,
    /// By what it comes back.
    pub(crate) comeback: Deed,
    /// Who is in a cohort.
    pub(crate) mode: Mode,
    /// Whether coming back later counts, too.
    pub(crate) rolling: bool,
    /// How many columns; as many as the range has buckets when not said.
    pub(crate) columns: Option<usize>,
    /// What is counted: profiles or groups.
    pub(crate) unit: UnitKind,
    /// What cuts time into cohorts and columns.
    pub(crate) calendar: Calendar,
    /// Ask for the previous period, too.
    pub(crate) compare_previous: bool,
    /// The rest.
    pub(crate) common: Common,
}

/// Who is in a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Each unit once: where its first start event of all time lies.
    FirstEver,
    /// Each unit in every bucket in which it has a start event.
    Recurring,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retention {
    /// Over all events of each unit.
    pub(crate) whole: Table,
    /// The columns of the period before.
    pub(crate) previous: Option<Vec<Column>>,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<(Values, Table)>,
}

/// Cohorts, and each column over all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) cohorts: Vec<Cohort>,
    pub(crate) columns: Vec<Column>,
}

/// The units that started in one bucket: one cell for each column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cohort {
    pub(crate) bucket: Bucket,
    pub(crate) cells: Vec<Cell>,
}

/// How many of a cohort came back; column 0 is how many started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// `None` when the bucket begins at or after the end of the range or the present.
    pub(crate) units: Option<usize>,
    pub(crate) rate: Option<f64>,
    pub(crate) is_partial: bool,
}

/// One column over the cohorts whose cell is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) starters: usize,
    pub(crate) units: Option<usize>,
    pub(crate) rate: Option<f64>,
    pub(crate) is_partial: bool,
}

/// A unit in a cohort.
struct Starter {
    values: Values,
    cohort: usize,
    /// The buckets in which it came back.
    came_back: BTreeSet<usize>,
}

/// Answers the question.
pub(crate) fn retention(data: &Dataset, spec: &RetentionSpec) -> Retention {
    let range = spec.common.range(data);
    let columns = spec.columns.unwrap_or(buckets(spec, range).len());
    let whole = starters(data, spec, range, &[]);
    let split = starters(data, spec, range, &spec.common.breakdown);
    let distinct: BTreeSet<Values> = split.iter().map(|starter| starter.values.clone()).collect();
    let mut rows = Vec::new();
    for values in distinct.into_iter().filter(|_| !spec.common.breakdown.is_empty()) {
        let of_row: Vec<&Starter> = split.iter().filter(|starter| starter.values == values).collect();
        rows.push((values, table(data, spec, range, columns, &of_row)));
    }
    rows.retain(|(_, table)| table.columns[0].starters > 0);
    rows.sort_by_key(|(values, table)| {
        let returns: usize = table.columns[1..].iter().filter_map(|column| column.units).sum();
        (Reverse(table.columns[0].starters), Reverse(returns), missing_last(values))
    });
    let previous = spec.compare_previous.then(|| {
        let before = range.previous().expect("a previous period");
        let starters = starters(data, spec, before, &[]);
        table(data, spec, before, columns, &starters.iter().collect::<Vec<_>>()).columns
    });
    Retention { whole: table(data, spec, range, columns, &whole.iter().collect::<Vec<_>>()), previous, rows }
}

fn buckets(spec: &RetentionSpec, range: Range) -> Vec<Bucket> {
    spec.calendar.buckets(range, 10_000).expect("few buckets")
}

/// Every unit in every cohort it is in. Split by group, a unit is looked at on each group's events alone.
fn starters(data: &Dataset, spec: &RetentionSpec, range: Range, breakdown: &[Breakdown]) -> Vec<Starter> {
    let buckets = buckets(spec, range);
    let bucket_of = |counted: &Counted<'_>| {
        let holds = |bucket: &Bucket| (bucket.start..bucket.end).contains(&counted.time());
        buckets.iter().position(holds).filter(|_| range.contains(counted.time()))
    };
    let types = split_types(breakdown);
    let mut starters = Vec::new();
    for events in spec.common.counting(data, Some(&spec.unit), &types).places().values() {
        let look = |counted| Counted::look(counted, data, spec.common.reading);
        let starts = events.iter().filter(|counted| spec.start.is(look(counted)));
        let came_back: BTreeSet<usize> =
            events.iter().filter(|counted| spec.comeback.is(look(counted))).filter_map(bucket_of).collect();
        // The start event that puts the unit into each cohort.
        let mut entries: Vec<(usize, &Counted<'_>)> = Vec::new();
        match spec.mode {
            Mode::FirstEver => {
                let first = starts.into_iter().next();
                entries.extend(first.and_then(|first| Some((bucket_of(first)?, first))));
            }
            Mode::Recurring => {
                for start in starts {
                    if let Some(cohort) = bucket_of(start)
                        && entries.iter().all(|(known, _)| *known != cohort)
                    {
                        entries.push((cohort, start));
                    }
                }
            }
        }
        for (cohort, start) in entries {
            // The start event decides alone.
            let values = breakdown.iter().map(|breakdown| value(breakdown, look(start))).collect();
            starters.push(Starter { values, cohort, came_back: came_back.clone() });
        }
    }
    starters
}

fn table(data: &Dataset, spec: &RetentionSpec, range: Range, columns: usize, starters: &[&Starter]) -> Table {
    let buckets = buckets(spec, range);
    let end = range.to().min(data.now);
    let mut cohorts = Vec::new();
    for (cohort, bucket) in buckets.iter().enumerate() {
        let of_cohort: Vec<_> = starters.iter().filter(|starter| starter.cohort == cohort).collect();
        let mut cells = Vec::new();
        for column in 0..columns {
            let place = cohort + column;
            let returned = |starter: &Starter| {
                let later = starter.came_back.iter().any(|&back| back >= place);
                column == 0 || if spec.rolling { later } else { starter.came_back.contains(&place) }
            };
            let known = buckets.get(place).filter(|bucket| bucket.start < end);
            let units = known.map(|_| of_cohort.iter().filter(|starter| returned(starter)).count());
            cells.push(Cell {
                units,
                rate: units.and_then(|units| rate(units, of_cohort.len())),
                is_partial: known.is_some_and(|bucket| bucket.start < range.from() || bucket.end > end),
            });
        }
        cohorts.push(Cohort { bucket: *bucket, cells });
    }
    let columns = (0..columns).map(|column| over_cohorts(&cohorts, column)).collect();
    Table { cohorts, columns }
}

/// One column over the cohorts whose cell is known.
fn over_cohorts(cohorts: &[Cohort], column: usize) -> Column {
    let known: Vec<&Cohort> = cohorts.iter().filter(|cohort| cohort.cells[column].units.is_some()).collect();
    let sum = |column: usize| known.iter().filter_map(|cohort| cohort.cells[column].units).sum::<usize>();
    let units = (!known.is_empty()).then(|| sum(column));
    Column {
        starters: sum(0),
        units,
        rate: units.and_then(|units| rate(units, sum(0))),
        is_partial: known.iter().any(|cohort| cohort.cells[column].is_partial),
    }
}
