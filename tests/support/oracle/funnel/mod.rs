//! `funnel` by definition: how many units get how far, how fast, split and over time.

pub(crate) mod ask;
mod rows;
mod seen;
mod walk;
mod worked;
mod worked_cases;
mod worked_rows;

use super::breakdown::Breakdown;
use super::data::Dataset;
use super::filter::{Deed, Filter};
use super::numbers::{mean, quantile, rate};
use super::scope::{Reading, Span};
use super::units::UnitKind;
use chrono::{DateTime, Duration, Utc};
use muster::domain::time::{Calendar, Range};
use rows::{FunnelRow, rows};
use seen::walked_events;
use walk::{Attempt, Chain, Effort, TooLong, attempts, best};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct FunnelSpec {
    /// The steps, 2 to 32.
    pub(crate) steps: Vec<Deed>,
    /// How long after an attempt's first event its last may be, inclusive.
    pub(crate) window: Duration,
    /// Which events are read.
    pub(crate) span: Span,
    /// What order the steps are done in.
    pub(crate) order: Order,
    /// What is counted.
    pub(crate) unit: UnitKind,
    /// What the rows are split by, at most three.
    pub(crate) breakdown: Vec<Breakdown>,
    /// Which events are looked at in the first place.
    pub(crate) filter: Option<Filter>,
    /// What voids an attempt.
    pub(crate) exclusions: Vec<Exclusion>,
    /// How events are read.
    pub(crate) reading: Reading,
    /// Ask for the previous period, too.
    pub(crate) compare_previous: bool,
    /// Ask for a series over time, too.
    pub(crate) calendar: Option<Calendar>,
    /// How many rows at most; 100 when not said.
    pub(crate) first: Option<usize>,
}

/// An event that must not happen between two steps, which are numbered from 1.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    pub(crate) deed: Deed,
    pub(crate) from_step: usize,
    pub(crate) to_step: usize,
}

/// What order the steps are done in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As given, with anything in between.
    Ordered,
    /// As given, with nothing in between.
    Strict,
    /// Any.
    Any,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Funnel {
    /// Every unit walked once over all its events.
    pub(crate) steps: Vec<StepResult>,
    /// The same over the previous period: units per step.
    pub(crate) previous: Option<Vec<usize>>,
    /// One per bucket, when a calendar was given.
    pub(crate) periods: Option<Vec<Period>>,
    /// One per combination of breakdown values, in order; none without a breakdown.
    pub(crate) rows: Vec<FunnelRow>,
}

/// One step. Seconds are counted since the step before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepResult {
    pub(crate) units: usize,
    pub(crate) rate_from_start: Option<f64>,
    pub(crate) rate_from_previous: Option<f64>,
    pub(crate) average_seconds: Option<f64>,
    pub(crate) median_seconds: Option<f64>,
    pub(crate) p90_seconds: Option<f64>,
}

/// Attempts opened in one calendar unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Period {
    pub(crate) start: DateTime<Utc>,
    pub(crate) is_partial: bool,
    /// Units per step.
    pub(crate) units: Vec<usize>,
}

/// Answers the question, or gives up when there are too many chains to try.
pub(crate) fn funnel(data: &Dataset, spec: &FunnelSpec) -> Result<Funnel, TooLong> {
    let mut effort = Effort::default();
    let range = spec.span.range(data.now);
    let units = all_attempts(data, spec, range, &mut effort)?;
    let chains: Vec<&Chain> = units.iter().filter_map(|attempts| best(attempts)).collect();
    let previous = if spec.compare_previous {
        let before = all_attempts(data, spec, range.previous().expect("a previous period"), &mut effort)?;
        let chains: Vec<&Chain> = before.iter().filter_map(|attempts| best(attempts)).collect();
        Some(units_per_step(spec, &chains))
    } else {
        None
    };
    Ok(Funnel {
        steps: step_results(spec, &chains),
        previous,
        periods: spec.calendar.map(|calendar| periods(spec, calendar, range, &units)),
        rows: rows(data, spec, range, &mut effort)?,
    })
}

/// The attempts of each unit over all its events in the range.
fn all_attempts(
    data: &Dataset,
    spec: &FunnelSpec,
    range: Range,
    effort: &mut Effort,
) -> Result<Vec<Vec<Attempt>>, TooLong> {
    walked_events(data, spec, range, &[]).values().map(|events| attempts(spec, events, effort)).collect()
}

/// Each period counts a unit once with its best attempt opened in it.
fn periods(spec: &FunnelSpec, calendar: Calendar, range: Range, units: &[Vec<Attempt>]) -> Vec<Period> {
    let mut periods = Vec::new();
    for bucket in calendar.buckets(range, 10_000).expect("few buckets") {
        let opened_inside = |attempts: &Vec<Attempt>| -> Vec<Attempt> {
            let inside = |attempt: &&Attempt| (bucket.start..bucket.end).contains(&attempt.chain.opened_at());
            attempts.iter().filter(inside).cloned().collect()
        };
        let units: Vec<Vec<Attempt>> = units.iter().map(opened_inside).collect();
        let chains: Vec<&Chain> = units.iter().filter_map(|attempts| best(attempts)).collect();
        let units = units_per_step(spec, &chains);
        periods.push(Period { start: bucket.start, is_partial: bucket.is_partial, units });
    }
    periods
}

/// How many chains reach each step.
pub(crate) fn units_per_step(spec: &FunnelSpec, chains: &[&Chain]) -> Vec<usize> {
    (1..=spec.steps.len()).map(|step| chains.iter().filter(|chain| chain.len() >= step).count()).collect()
}

fn step_results(spec: &FunnelSpec, chains: &[&Chain]) -> Vec<StepResult> {
    let units = units_per_step(spec, chains);
    let mut results = Vec::new();
    for step in 0..spec.steps.len() {
        let mut seconds: Vec<f64> = Vec::new();
        if step > 0 {
            let reached = chains.iter().filter(|chain| chain.len() > step);
            seconds.extend(reached.map(|chain| in_seconds(chain.times[step] - chain.times[step - 1])));
        }
        results.push(StepResult {
            units: units[step],
            rate_from_start: rate(units[step], units[0]),
            rate_from_previous: rate(units[step], units[step.saturating_sub(1)]),
            average_seconds: mean(&seconds),
            median_seconds: quantile(&seconds, 0.5),
            p90_seconds: quantile(&seconds, 0.9),
        });
    }
    results
}

fn in_seconds(duration: Duration) -> f64 {
    duration.as_seconds_f64()
}
