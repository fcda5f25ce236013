//! From the engine's rows to counts: every unit is walked, its result is added to the tallies it belongs to.

use super::arranged::{Arranged, Parts, Row};
use super::spec::FunnelSpec;
use super::walk::{Attempt, Hit, Order, Unit, Walker};
use crate::analytics::breakdown::{Breakdown, BreakdownKey};
use crate::analytics::keys::{KeyValue, RowKey, missing_last, spell_out};
use crate::domain::time::{Bucket, Range};
use crate::engine::Error;
use crate::engine::scope::Scope;
use crate::error::Failure;
use arrow::array::RecordBatch;
use async_graphql::Context;
use std::cmp::Reverse;
use std::collections::HashMap;

/// How many units reached each step, and how long it took them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Units that reached step n, from the first on.
    pub(super) units: Vec<i64>,
    /// For step n: seconds since the step before, one for each unit that reached it.
    pub(super) seconds: Vec<Vec<f64>>,
    /// Events in the results' chains.
    pub(super) events: i64,
}

impl Tally {
    fn new(steps: usize) -> Self {
        Self { units: vec![0; steps], seconds: vec![Vec::new(); steps], events: 0 }
    }

    fn add(&mut self, attempt: &Attempt, hits: &[Hit]) {
        self.events += i64::try_from(attempt.hits.len()).unwrap_or(i64::MAX);
        for (step, hit) in attempt.hits.iter().enumerate() {
            self.units[step] += 1;
            if step > 0 {
                let micros = hits[*hit].at - hits[attempt.hits[step - 1]].at;
                self.seconds[step].push(micros_to_seconds(micros));
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time between two events is far below 2^53 microseconds")]
fn micros_to_seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// What names a unit: the key of a user or a group, or the id of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnitName {
    /// A user's or a group's key.
    Key(u32),
    /// A session's id.
    Session(String),
}

/// A unit's result: how far it got, and when.
#[derive(Debug, Clone)]
pub(super) struct UnitResult {
    pub(super) unit: UnitName,
    /// Steps reached, at least 1.
    pub(super) steps: usize,
    /// When its attempt opened and when it last got a step further, microseconds UTC.
    pub(super) instants: (i64, i64),
}

/// What one pass over the units gives.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Over the range.
    pub(super) total: Tally,
    /// Over the previous period, where it was asked for.
    pub(super) previous: Tally,
    /// Over attempts opened in each bucket.
    pub(super) periods: Vec<Tally>,
    /// By breakdown, in no order.
    pub(super) rows: HashMap<RowKey, Tally>,
    /// Each unit's result, where units are wanted.
    pub(super) results: Vec<UnitResult>,
}

/// What a pass is to tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) spec: &'a FunnelSpec,
    pub(super) range: Range,
    pub(super) previous: Option<Range>,
    pub(super) buckets: &'a [Bucket],
    pub(super) units: bool,
}

/// Walks every unit.
pub(super) fn tally(batches: &[RecordBatch], wanted: Wanted<'_>) -> Result<Pass, Error> {
    let arranged = Arranged::of(batches)?;
    let mut walk = Walk::new(wanted);
    for (name, parts, rows) in arranged.units() {
        walk.unit(&name, &parts, rows, &arranged);
    }
    Ok(walk.pass)
}

/// The tallies as units are added.
struct Walk<'a> {
    wanted: Wanted<'a>,
    walker: Walker,
    first_value_decides: Vec<bool>,
    /// The events of the present unit; kept for their memory.
    hits: Vec<Hit>,
    pass: Pass,
}

impl<'a> Walk<'a> {
    fn new(wanted: Wanted<'a>) -> Self {
        let steps = wanted.spec.steps.len();
        let pass = Pass {
            total: Tally::new(steps),
            previous: Tally::new(steps),
            periods: vec![Tally::new(steps); wanted.buckets.len()],
            ..Pass::default()
        };
        Self {
            wanted,
            walker: Walker::new(wanted.spec.rules.clone()),
            first_value_decides: wanted.spec.first_value_decides(),
            hits: Vec::new(),
            pass,
        }
    }

    /// Adds one unit in one place.
    fn unit(&mut self, name: &UnitName, parts: &Parts, rows: &[Row], arranged: &Arranged<'_>) {
        let from = self.wanted.range.from().timestamp_micros();
        let in_previous = rows.partition_point(|row| row.at < from);
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        hits.extend(rows.iter().map(|row| Hit { at: row.at, steps: row.steps, exclusions: row.exclusions }));
        let (before, after) = hits.split_at(in_previous);
        self.walk(name, parts, before, after, &|hit| arranged.readings(&rows[in_previous + hit]));
        self.hits = hits;
    }

    /// Walks one unit's events, those of the previous period and those of the range. Gives what was read along with
    /// one of the latter when it is asked for.
    fn walk(
        &mut self,
        name: &UnitName,
        parts: &Parts,
        before: &[Hit],
        hits: &[Hit],
        read: &dyn Fn(usize) -> [KeyValue; 3],
    ) {
        if let Some(previous) = self.wanted.previous
            && let Some(attempt) = self.walker.over(before).best(micros(previous))
        {
            self.pass.previous.add(attempt, before);
        }
        let mut unit = self.walker.over(hits);
        Self::periods(&mut unit, hits, self.wanted.buckets, &mut self.pass.periods);
        let Some(attempt) = unit.best(micros(self.wanted.range)) else { return };
        self.pass.total.add(attempt, hits);
        if self.wanted.units {
            let instants = (hits[attempt.hits[0]].at, hits[attempt.hits[attempt.hits.len() - 1]].at);
            let result = UnitResult { unit: name.clone(), steps: attempt.hits.len(), instants };
            self.pass.results.push(result);
        }
        if !self.wanted.spec.breakdown.is_empty() {
            let readings = readings(attempt, read, &self.first_value_decides);
            let key = row_key(self.wanted.spec, name, parts, readings);
            let steps = self.wanted.spec.steps.len();
            self.pass.rows.entry(key).or_insert_with(|| Tally::new(steps)).add(attempt, hits);
        }
    }

    /// Counts the unit once in each bucket in which it opened an attempt, with the best of them.
    fn periods(unit: &mut Unit<'_>, hits: &[Hit], buckets: &[Bucket], periods: &mut [Tally]) {
        let (Some(first), Some(last)) = (hits.first(), hits.last()) else { return };
        let begin = buckets.partition_point(|bucket| bucket.end.timestamp_micros() <= first.at);
        for (bucket, tally) in buckets.iter().zip(periods).skip(begin) {
            let (start, end) = (bucket.start.timestamp_micros(), bucket.end.timestamp_micros());
            if start > last.at {
                break;
            }
            if let Some(attempt) = unit.best(start..end) {
                tally.add(attempt, hits);
            }
        }
    }
}

impl Pass {
    /// The rows with their keys spelled out, in order: units of step 1 descending, events descending, then keys with
    /// missing ones last.
    pub(super) async fn spell_out(
        &mut self,
        ctx: &Context<'_>,
        scope: &Scope,
        breakdown: &[Breakdown],
    ) -> Result<Vec<(Vec<BreakdownKey>, Tally)>, Failure> {
        let mut rows = spell_out(ctx, scope, breakdown, std::mem::take(&mut self.rows)).await?;
        rows.sort_by_cached_key(|(keys, tally)| {
            (Reverse(tally.units[0]), Reverse(tally.events), missing_last(keys))
        });
        Ok(rows)
    }
}

/// A row's key in the order of the breakdown: the unit itself, the groups split by, or the properties read.
fn row_key(spec: &FunnelSpec, unit: &UnitName, parts: &Parts, readings: Vec<KeyValue>) -> Vec<KeyValue> {
    let group = |key: Option<u32>| key.map_or(KeyValue::Missing, KeyValue::Group);
    let (mut parts, mut readings) = (parts.iter(), readings.into_iter());
    let value = |breakdown: &Breakdown| match (breakdown, unit) {
        (_, UnitName::Key(key)) if spec.is_unit(breakdown) => KeyValue::Group(*key),
        (Breakdown::Group(_), _) => group(parts.next().copied().flatten()),
        (Breakdown::Property { .. }, _) => readings.next().unwrap_or(KeyValue::Missing),
    };
    spec.breakdown.iter().map(value).collect()
}

/// The values that decide a unit's row.
fn readings(
    attempt: &Attempt,
    read: &dyn Fn(usize) -> [KeyValue; 3],
    first_value_decides: &[bool],
) -> Vec<KeyValue> {
    if first_value_decides.is_empty() {
        return Vec::new();
    }
    let mut values = read(attempt.hits[0])[..first_value_decides.len()].to_vec();
    for hit in &attempt.hits[1..] {
        let is_open = |index: usize| first_value_decides[index] && values[index] == KeyValue::Missing;
        let open: Vec<usize> = (0..values.len()).filter(|index| is_open(*index)).collect();
        if open.is_empty() {
            break;
        }
        let later = read(*hit);
        for index in open {
            values[index].clone_from(&later[index]);
        }
    }
    values
}

fn micros(range: Range) -> std::ops::Range<i64> {
    range.from().timestamp_micros()..range.to().timestamp_micros()
}

/// Whether the order numbers steps by when they were done.
pub(super) fn is_any(spec: &FunnelSpec) -> bool {
    spec.rules.order == Order::Any
}
