//! Cohorts and returns of units whose starts and returns are told as masks: of both at once, or each from where it is
//! read most cheaply.

use super::RetentionMode;
use super::grid::Counts;
use super::result::Asked;
use crate::analytics::counting::Counting;
use crate::analytics::keys::RowKey;
use crate::analytics::masks::MaskColumns;
use crate::engine::Question;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Lookback, Reads};
use crate::error::Failure;
use async_graphql::Context;
use std::collections::HashMap;

impl Asked {
    /// The counted units, by row, from masks of so many words.
    pub(super) async fn counts_of_masks(
        &self,
        ctx: &Context<'_>,
        is_split: bool,
        words: usize,
    ) -> Result<HashMap<RowKey, Counts>, Failure> {
        if self.is_cheaper_apart(is_split) {
            return self.counts_apart(ctx, is_split, words).await;
        }
        let question = Question::new("retention", include_str!("retention_masks.sql"));
        let (cut, is_recurring) = (&self.counting.scope.slices, self.mode == RetentionMode::Recurring);
        let (mut starts, mut returns) = (Vec::new(), Vec::new());
        let read = |counts: &mut Counts, steps: &[MaskColumns<'_>], row| {
            let [start, back] = steps else { return };
            if is_recurring {
                start.read(row, &mut starts);
            } else {
                starts.clear();
                starts.extend(start.first(row, cut));
            }
            back.read(row, &mut returns);
            for cohort in &starts {
                counts.add(*cohort, 0, 1);
                add(counts, *cohort, &returns, self.grid.rolling);
            }
        };
        self.counting.ask_masks(ctx, question, is_split, (1..3, words), read).await
    }

    /// The question about one of the steps alone.
    fn alone(&self, step: usize, lookback: Lookback) -> Counting {
        let mut alone = self.counting.clone();
        alone.scope.steps = alone.scope.steps.into_iter().skip(step).take(1).collect();
        alone.scope.lookback = lookback;
        alone
    }

    /// Whether each step is in sums or among events of its name, and both together are not: to read every event costs
    /// many times as much.
    fn is_cheaper_apart(&self, is_split: bool) -> bool {
        let is_cheap =
            |counting: &Counting| counting.scope_of(is_split).source(Reads::Keys, true) <= Source::ByName;
        let lookback = self.counting.scope.lookback;
        !is_cheap(&self.counting) && (0..2).all(|step| is_cheap(&self.alone(step, lookback)))
    }

    async fn counts_apart(
        &self,
        ctx: &Context<'_>,
        is_split: bool,
        words: usize,
    ) -> Result<HashMap<RowKey, Counts>, Failure> {
        let (cut, is_recurring) = (&self.counting.scope.slices, self.mode == RetentionMode::Recurring);
        let (mut rows, mut starters) = (HashMap::<RowKey, Counts>::new(), HashMap::new());
        let mut slices = Vec::new();
        let read = |unit: (RowKey, u32), start: &MaskColumns<'_>, row| {
            if is_recurring {
                start.read(row, &mut slices);
            } else {
                slices.clear();
                slices.extend(start.first(row, cut));
            }
            if slices.is_empty() {
                return;
            }
            let counts = rows.entry(unit.0.clone()).or_default();
            for cohort in &slices {
                counts.add(*cohort, 0, 1);
            }
            starters.insert(unit, slices.clone());
        };
        let question = Question::new("retention.starts", include_str!("starts.sql"));
        let starts = self.alone(0, self.counting.scope.lookback);
        starts.ask_units(ctx, question, is_split, words, read).await?;
        let mut slices = Vec::new();
        let read = |unit: (RowKey, u32), back: &MaskColumns<'_>, row| {
            let Some(cohorts) = starters.get(&unit) else { return };
            back.read(row, &mut slices);
            let counts = rows.entry(unit.0).or_default();
            for cohort in cohorts {
                add(counts, *cohort, &slices, self.grid.rolling);
            }
        };
        let question = Question::new("retention.returns", include_str!("returns.sql"));
        self.alone(1, Lookback::None).ask_units(ctx, question, is_split, words, read).await?;
        Ok(rows)
    }
}

/// Adds a unit of a cohort that came back in these slices, in order; where it is rolling, the last alone tells.
fn add(counts: &mut Counts, cohort: usize, returns: &[usize], is_rolling: bool) {
    let later = &returns[returns.partition_point(|slice| *slice <= cohort)..];
    let told = if is_rolling { later.last().map_or(&[][..], std::slice::from_ref) } else { later };
    for slice in told {
        counts.add(cohort, slice - cohort, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(cohort: usize, returns: &[usize], is_rolling: bool) -> Counts {
        let mut counts = Counts::default();
        add(&mut counts, cohort, returns, is_rolling);
        counts
    }

    fn cells(cells: &[(usize, usize)]) -> Counts {
        let mut counts = Counts::default();
        for (cohort, later) in cells {
            counts.add(*cohort, *later, 1);
        }
        counts
    }

    #[test]
    fn only_slices_behind_the_cohort_are_returns() {
        assert_eq!(counted(3, &[0, 3, 4, 9], false), cells(&[(3, 1), (3, 6)]));
        assert_eq!(counted(3, &[0, 3, 4, 9], true), cells(&[(3, 6)]));
        assert_eq!(counted(3, &[0, 3], true), cells(&[]));
        assert_eq!(counted(9, &[], false), cells(&[]));
    }
}
