//! Masks as an answer has them: in which slices of time a unit did a step, a bit for each.

use crate::engine::scope::masks::unpack;
use crate::engine::{Error, arrow as columns};
use arrow::array::{Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use std::ops::Range;

/// The columns of one step of an answer: when it was done first, and the slices in which it was.
#[derive(Debug)]
pub struct MaskColumns<'b> {
    first_at: &'b TimestampMicrosecondArray,
    masks: Vec<&'b Int64Array>,
    events: Option<&'b Int64Array>,
}

impl<'b> MaskColumns<'b> {
    /// The columns of a step; 0 stands for whatever is counted.
    pub fn of(batch: &'b RecordBatch, step: usize, words: usize) -> Result<Self, Error> {
        let masks = (0..words).map(|word| columns::integers(batch, &format!("mask_{step}_{word}")));
        Ok(Self {
            first_at: columns::instants(batch, &format!("first_at_{step}"))?,
            masks: masks.collect::<Result<_, _>>()?,
            events: (step == 0).then(|| columns::integers(batch, "events")).transpose()?,
        })
    }

    /// Reads the slices of a row, in order.
    pub fn read(&self, row: usize, slices: &mut Vec<usize>) {
        slices.clear();
        for (place, mask) in self.masks.iter().enumerate().filter(|(_, mask)| mask.is_valid(row)) {
            unpack(place, mask.value(row), slices);
        }
    }

    /// Events of a row that are counted, whatever they are; 0 of a step.
    #[must_use]
    pub fn events(&self, row: usize) -> i64 {
        self.events.map_or(0, |events| events.value(row))
    }

    /// The slice in which it was done first; `None` when that was outside of all, or never.
    #[must_use]
    pub fn first(&self, row: usize, slices: &[Range<DateTime<Utc>>]) -> Option<usize> {
        let first = columns::instant(self.first_at, row)?;
        let next = slices.partition_point(|slice| slice.end <= first);
        slices.get(next).is_some_and(|slice| slice.start <= first).then_some(next)
    }
}
