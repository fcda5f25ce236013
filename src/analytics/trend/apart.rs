//! Events by the groups of one type, and those without such a group, out of daily sums.
//!
//! What happened in each group is summed already, and so is what happened at all. Events without a group of the type are
//! those that are in no group of it: to know how many are, each event that is in one is counted once by its number. To
//! find the others one by one costs several times as much.

use super::series::{Figures, float};
use crate::analytics::bits::Bits;
use crate::analytics::breakdown::Breakdown;
use crate::analytics::counting::Counting;
use crate::analytics::keys::{KeyValue, RowKey};
use crate::analytics::slices::Slices;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Reads, Scope, Split};
use crate::engine::{Error, Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use arrow::array::RecordBatch;
use async_graphql::Context;
use std::collections::HashMap;

/// The events that have a group of the type, each once.
#[derive(Debug)]
struct Carried {
    bits: Bits,
    slices: Slices,
    /// By slice.
    events: Vec<i64>,
    failed: Option<Error>,
}

impl Carried {
    fn of(rows: u64, slices: Slices) -> Self {
        Self { bits: Bits::of(rows), events: vec![0; slices.len()], slices, failed: None }
    }

    /// Adds rows of `carried.sql`.
    fn add(&mut self, batch: &RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.added(batch).err();
        }
    }

    fn added(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (seqs, instants) =
            (columns::integers(batch, "seq")?.values(), columns::instants(batch, "occurred_at")?.values());
        for (seq, instant) in seqs.iter().zip(instants) {
            if self.bits.set(*seq)
                && let Some(slice) = self.slices.at(*instant)
            {
                self.events[slice] += 1;
            }
        }
        Ok(())
    }
}

/// The rows, where daily sums can tell them; `question` counts events in rows and slices, `add` reads its answer.
pub(super) async fn events(
    ctx: &Context<'_>,
    counting: &Counting,
    question: impl Fn() -> Question,
    add: impl Fn(&mut Figures, &RecordBatch, usize) -> Result<(), Failure>,
) -> Result<Option<HashMap<RowKey, Figures>>, Failure> {
    let [Breakdown::Group(group_type)] = counting.breakdown.as_slice() else { return Ok(None) };
    let whole = counting.scope_of(false);
    let typed = Scope { splits: vec![Split::Type(group_type.clone())], ..whole.clone() };
    let is_summed = |scope: &Scope| scope.source(Reads::Keys, true) == Source::Days;
    let room = whole.rows_as_bits().filter(|_| {
        whole.splits.is_empty() && whole.readings.is_empty() && is_summed(&whole) && is_summed(&typed)
    });
    let Some(room) = room else { return Ok(None) };
    let mut all = counting.ask_in(ctx, &whole, question(), false, &add).await?;
    let mut rows = counting.ask_in(ctx, &typed, question(), true, &add).await?;
    let carried = Carried::of(room, Slices::of(&typed.slices));
    let listed = Question::new("trend.carried", include_str!("carried.sql"));
    let step = |carried: &mut Carried, batch: RecordBatch| carried.add(&batch);
    let carried = ctx.caller()?.fold(&typed, listed, carried, step).await?;
    if let Some(error) = carried.failed {
        return Err(error.into());
    }
    let mut rest = all.remove(&RowKey::new()).unwrap_or_default();
    rest.events -= carried.bits.count()?;
    rest.slices.retain(|slice, events| {
        let carried = carried.events.get(*slice).copied().unwrap_or_default();
        *events = events.map(|events| events - float(carried));
        events.is_some_and(|events| events > 0.0)
    });
    if rest.events > 0 {
        rows.insert(vec![KeyValue::Missing], rest);
    }
    Ok(Some(rows))
}
