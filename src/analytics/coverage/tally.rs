//! Events by name, group type and day, each counted once: a bit for each row says whether it was.
//!
//! The engine would compare the numbers of all rows of each name, type and day, which costs several times as much as to
//! read them.

use crate::engine::{Error, arrow as columns};
use arrow::array::{Array, RecordBatch};
use std::collections::HashMap;

/// Bytes of bits, at most.
const MOST_BYTES: usize = 32 << 20;

/// Names that are found without being looked up.
const NEAR: usize = 256;

/// What was counted so far.
#[derive(Debug)]
pub(super) struct Tally {
    /// For each type, and last for ids without an entity: a bit for each row.
    seen: Vec<Vec<u64>>,
    slices: usize,
    names: HashMap<u32, usize>,
    near: Vec<(u32, usize)>,
    /// Counts by name, type and slice.
    counts: Vec<i64>,
    failed: Option<Error>,
}

impl Tally {
    /// Counts events of rows up to a number, of so many types in so many slices; `None` where that is too much.
    pub(super) fn of(rows: u64, types: usize, slices: usize) -> Option<Self> {
        let words = usize::try_from(rows / 64 + 1).ok()?;
        if words.saturating_mul(8).saturating_mul(types + 1) > MOST_BYTES {
            return None;
        }
        let seen = vec![vec![0; words]; types + 1];
        let (names, near, counts) = (HashMap::new(), vec![(0, usize::MAX); NEAR], Vec::new());
        Some(Self { seen, slices, names, near, counts, failed: None })
    }

    /// Adds rows of `carried_rows.sql`.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.added(batch).err();
        }
    }

    fn added(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (names, seqs) = (columns::masks(batch, "name_key")?, columns::integers(batch, "seq")?);
        let slices = columns::small_integers(batch, "slice")?;
        let types = columns::small_integers(batch, "type_number")?;
        let cells = self.seen.len() * self.slices;
        for row in 0..batch.num_rows() {
            let none = self.seen.len() - 1;
            let of =
                columns::value(types, row).and_then(|number| usize::try_from(number).ok()).unwrap_or(none);
            let seq = usize::try_from(seqs.value(row)).unwrap_or(usize::MAX);
            let Some(word) = self.seen.get_mut(of).and_then(|seen| seen.get_mut(seq / 64)) else { continue };
            let bit = 1 << (seq % 64);
            if *word & bit > 0 || !slices.is_valid(row) {
                continue;
            }
            *word |= bit;
            let name = self.place(names.value(row), cells);
            let slice = usize::try_from(slices.value(row)).unwrap_or(usize::MAX);
            let cell = name * cells + of * self.slices + slice;
            self.counts.get_mut(cell).into_iter().for_each(|events| *events += 1);
        }
        Ok(())
    }

    /// The place of a name, which has so many cells.
    fn place(&mut self, name: u32, cells: usize) -> usize {
        let near = &mut self.near[name as usize % NEAR];
        if near.0 != name || near.1 == usize::MAX {
            let next = self.names.len();
            *near = (name, *self.names.entry(name).or_insert(next));
            self.counts.resize(self.names.len() * cells, 0);
        }
        near.1
    }

    /// The counts that are not 0: name, type (the last stands for ids without an entity), slice, events.
    pub(super) fn counted(self) -> Result<Vec<(u32, usize, usize, i64)>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let (types, slices) = (self.seen.len(), self.slices);
        let mut counted = Vec::new();
        for (name, place) in &self.names {
            let cells = self.counts.iter().skip(place * types * slices).take(types * slices);
            let told = cells.enumerate().filter(|(_, events)| **events > 0);
            counted.extend(told.map(|(cell, events)| (*name, cell / slices, cell % slices, *events)));
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int32Array, Int64Array, UInt32Array};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::collections::HashSet;
    use std::sync::Arc;

    type Carried = (u32, Option<i32>, i32, i64);

    fn batch(rows: &[Carried]) -> RecordBatch {
        let field = |name, kind| Field::new(name, kind, true);
        let schema = Schema::new(vec![
            field("name_key", DataType::UInt32),
            field("type_number", DataType::Int32),
            field("slice", DataType::Int32),
            field("seq", DataType::Int64),
        ]);
        RecordBatch::try_new(
            Arc::new(schema),
            vec![
                Arc::new(rows.iter().map(|row| Some(row.0)).collect::<UInt32Array>()),
                Arc::new(rows.iter().map(|row| row.1).collect::<Int32Array>()),
                Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Int32Array>()),
                Arc::new(rows.iter().map(|row| Some(row.3)).collect::<Int64Array>()),
            ],
        )
        .expect("a batch")
    }

    #[test]
    fn each_event_counts_once_for_each_name_type_and_day() {
        // Names that share a place in `near`, and events that carry several groups of a type.
        let rows: Vec<Carried> = (0..5_000_i64)
            .map(|number| {
                let seq = number % 700;
                let name = if seq % 3 == 0 { 7 } else { 7 + 256 * u32::try_from(seq % 5).expect("small") };
                let of = i32::try_from(number % 3).expect("small");
                (name, Some(of).filter(|of| *of < 2), i32::try_from(seq % 4).expect("small"), seq)
            })
            .collect();
        let mut expected: HashMap<(u32, usize, usize), HashSet<i64>> = HashMap::new();
        for (name, of, slice, seq) in &rows {
            let of = of.map_or(2, |of| usize::try_from(of).expect("a place"));
            let slice = usize::try_from(*slice).expect("a place");
            expected.entry((*name, of, slice)).or_default().insert(*seq);
        }
        let mut tally = Tally::of(700, 2, 4).expect("room");
        rows.chunks(999).for_each(|rows| tally.add(&batch(rows)));
        let found = tally.counted().expect("counted").into_iter();
        let found: HashMap<_, _> =
            found.map(|(name, of, slice, events)| ((name, of, slice), events)).collect();
        let expected: HashMap<_, _> = expected
            .into_iter()
            .map(|(cell, seqs)| (cell, i64::try_from(seqs.len()).expect("few")))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn where_bits_are_too_many_there_is_no_tally() {
        assert!(Tally::of((1 << 26) - 1, 3, 4).is_some());
        assert!(Tally::of(1 << 26, 3, 4).is_none());
    }
}
