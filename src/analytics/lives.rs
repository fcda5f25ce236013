//! The lives of units: in which slices of time each was active. Lifecycle, stickiness and active groups are made
//! from them.

use super::counting::Counting;
use super::keys::RowKey;
use super::masks::MaskColumns;
use crate::engine::{Error, Question, arrow as columns};
use crate::error::Failure;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int32Type;
use async_graphql::Context;
use std::collections::HashMap;

/// One unit in one place.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    /// The slice that holds its first event that is read; `None` when it lies outside of all.
    pub born: Option<usize>,
    /// The slices in which it was active, ascending, at least one.
    pub slices: &'a [usize],
    /// Its events in slices of the range.
    pub events: i64,
}

/// Reads the lives of a counting's units into something for each row; `ahead` slices lie before the range.
pub async fn lives<T: Default>(
    ctx: &Context<'_>,
    counting: &Counting,
    is_split: bool,
    ahead: usize,
    mut add: impl FnMut(&mut T, Life<'_>),
) -> Result<HashMap<RowKey, T>, Failure> {
    if let Some(words) = counting.mask_words(is_split) {
        let question = Question::new("lives", include_str!("lives_masks.sql"));
        let (cut, mut active) = (&counting.scope.slices, Vec::new());
        let read = |row: &mut T, steps: &[MaskColumns<'_>], index| {
            let [life] = steps else { return };
            life.read(index, &mut active);
            add(row, Life { born: life.first(index, cut), slices: &active, events: life.events(index) });
        };
        return counting.ask_masks(ctx, question, is_split, (0..1, words), read).await;
    }
    let ahead = i32::try_from(ahead).unwrap_or(i32::MAX);
    let question = Question::new("lives", include_str!("lives.sql")).with("ahead", ahead);
    let mut slices = Vec::new();
    let read = |row: &mut T, batch: &RecordBatch, index| {
        let list = columns::lists(batch, "slices")?.value(index);
        let list = list.as_primitive_opt::<Int32Type>().ok_or_else(|| Error::Column {
            name: "slices".to_owned(),
            expected: "list of integers",
            found: format!("list of {}", list.data_type()),
        })?;
        slices.clear();
        slices.extend(list.values().iter().filter_map(|slice| usize::try_from(*slice).ok()));
        slices.sort_unstable();
        let born = usize::try_from(columns::small_integers(batch, "born")?.value(index)).ok();
        let events = columns::integers(batch, "events")?.value(index);
        add(row, Life { born, slices: &slices, events });
        Ok(())
    };
    counting.ask(ctx, question, is_split, read).await
}
