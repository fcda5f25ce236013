//! Cohorts and columns: from counted units to cells that are known, cut, or not to be known yet.

use super::result::{RetentionCell, RetentionCohort, RetentionColumn};
use crate::analytics::count::int;
use crate::analytics::numbers::rate;
use crate::analytics::scalars::{Date, DateTime};
use crate::domain::time::{Bucket, Range};
use crate::error::Failure;
use chrono::Utc;
use std::collections::HashMap;

/// How time is laid out.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// The cohorts, and as far as they go the buckets of the cells.
    pub(super) buckets: Vec<Bucket>,
    /// Cells of a cohort.
    pub(super) columns: usize,
    /// Column k counts returns k buckets later or more.
    pub(super) rolling: bool,
    pub(super) range: Range,
    /// The end of the range, or the present where that comes first.
    pub(super) end: chrono::DateTime<Utc>,
}

/// Units by cohort and column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts(HashMap<(usize, usize), i64>);

impl Counts {
    pub(super) fn add(&mut self, cohort: usize, column: usize, units: i64) {
        *self.0.entry((cohort, column)).or_default() += units;
    }

    fn get(&self, cohort: usize, column: usize) -> i64 {
        self.0.get(&(cohort, column)).copied().unwrap_or_default()
    }

    /// All starters, and all returns together.
    pub(super) fn measures(&self, grid: &Grid) -> [i64; 2] {
        let (mut starters, mut returns) = (0, 0);
        for cohort in 0..grid.buckets.len() {
            let cells = self.cells(grid, cohort);
            starters += cells.first().copied().flatten().unwrap_or_default();
            returns += cells.iter().skip(1).flatten().sum::<i64>();
        }
        [starters, returns]
    }

    /// The cells of a cohort; `None` where it is not to be known.
    fn cells(&self, grid: &Grid, cohort: usize) -> Vec<Option<i64>> {
        let mut units: Vec<i64> =
            (0..grid.buckets.len().max(grid.columns)).map(|column| self.get(cohort, column)).collect();
        if grid.rolling {
            for column in (1..units.len().saturating_sub(1)).rev() {
                units[column] += units[column + 1];
            }
        }
        let known = |column: usize| grid.is_known(cohort + column).then(|| units[column]);
        (0..grid.columns).map(known).collect()
    }

    /// The cohorts, empty ones too.
    pub(super) fn cohorts(&self, grid: &Grid) -> Result<Vec<RetentionCohort>, Failure> {
        let mut cohorts = Vec::with_capacity(grid.buckets.len());
        for (index, bucket) in grid.buckets.iter().enumerate() {
            let units = self.cells(grid, index);
            let starters = units.first().copied().flatten();
            let mut cells = Vec::with_capacity(units.len());
            for (column, units) in (0_i32..).zip(units) {
                let place = index + usize::try_from(column).unwrap_or(usize::MAX);
                cells.push(RetentionCell {
                    column,
                    units: units.map(|units| int("units", units)).transpose()?,
                    rate: units.zip(starters).and_then(|(units, starters)| rate(units, starters)),
                    is_partial: grid.is_cut(place),
                });
            }
            cohorts.push(RetentionCohort {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: grid.is_cut(index),
                starters: starters.map(|starters| int("starters", starters)).transpose()?,
                cells,
            });
        }
        Ok(cohorts)
    }

    /// Each column over the cohorts whose cell is known.
    pub(super) fn columns(&self, grid: &Grid) -> Result<Vec<RetentionColumn>, Failure> {
        let cohorts: Vec<Vec<Option<i64>>> =
            (0..grid.buckets.len()).map(|cohort| self.cells(grid, cohort)).collect();
        let mut columns = Vec::with_capacity(grid.columns);
        for (place, column) in (0..grid.columns).zip(0_i32..) {
            let known = |cells: &&Vec<Option<i64>>| cells[place].is_some();
            let starters = cohorts.iter().filter(known).filter_map(|cells| cells[0]).sum();
            let units = cohorts.iter().any(|cells| cells[place].is_some());
            let units = units.then(|| cohorts.iter().filter_map(|cells| cells[place]).sum::<i64>());
            columns.push(RetentionColumn {
                column,
                starters: int("starters", starters)?,
                units: units.map(|units| int("units", units)).transpose()?,
                rate: units.and_then(|units| rate(units, starters)),
                is_partial: (0..cohorts.len()).any(|cohort| grid.is_cut(cohort + place)),
            });
        }
        Ok(columns)
    }
}

impl Grid {
    /// Whether a bucket has begun.
    fn is_known(&self, bucket: usize) -> bool {
        self.buckets.get(bucket).is_some_and(|bucket| bucket.start < self.end)
    }

    /// Whether a bucket has begun and is covered in part.
    fn is_cut(&self, bucket: usize) -> bool {
        let cut = |bucket: &Bucket| bucket.start < self.range.from() || bucket.end > self.end;
        self.is_known(bucket) && self.buckets.get(bucket).is_some_and(cut)
    }
}
