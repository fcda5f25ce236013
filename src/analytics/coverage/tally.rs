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

/// A name's key, a type (none for ids without an entity), a slice, and how many events it is.
pub(super) type Told = (u32, Option<String>, usize, i64);

/// The type of each group that there is.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// The types.
    pub(super) names: Vec<String>,
    /// By the group's key: one more than the place of its type; 0 for keys of no group.
    of: Vec<u16>,
}

impl Types {
    /// Adds rows of `types.sql`.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (keys, types) = (columns::masks(batch, "group_key")?, columns::texts(batch, "group_type")?);
        for row in 0..batch.num_rows() {
            let (key, name) = (keys.value(row) as usize, types.value(row));
            if self.names.last().is_none_or(|last| last != name) {
                self.names.push(name.to_owned());
            }
            if self.of.len() <= key {
                self.of.resize(key + 1, 0);
            }
            self.of[key] = u16::try_from(self.names.len()).unwrap_or(0);
        }
        Ok(())
    }

    fn of(&self, key: u32) -> Option<usize> {
        usize::from(*self.of.get(key as usize)?).checked_sub(1)
    }

    /// Bytes that it takes, about.
    fn bytes(&self) -> usize {
        2 * self.of.len()
    }
}

/// What was counted so far.
#[derive(Debug)]
pub(super) struct Tally {
    types: Types,
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
    /// Counts events of rows up to a number in so many slices; `None` where that is too much.
    pub(super) fn of(rows: u64, types: Types, slices: usize) -> Option<Self> {
        let words = usize::try_from(rows / 64 + 1).ok()?;
        let kinds = types.names.len() + 1;
        let bits = words.saturating_mul(8).saturating_mul(kinds);
        if bits.saturating_add(types.bytes()) > MOST_BYTES || kinds > usize::from(u16::MAX) {
            return None;
        }
        let seen = vec![vec![0; words]; kinds];
        let (names, near, counts) = (HashMap::new(), vec![(0, usize::MAX); NEAR], Vec::new());
        Some(Self { types, seen, slices, names, near, counts, failed: None })
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
        let groups = columns::masks(batch, "group_key")?;
        let cells = self.seen.len() * self.slices;
        for row in 0..batch.num_rows() {
            let none = self.seen.len() - 1;
            let of = self.types.of(groups.value(row)).unwrap_or(none);
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

    /// The counts that are not 0.
    pub(super) fn counted(mut self) -> Result<Vec<Told>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let (types, slices) = (self.seen.len(), self.slices);
        let known = std::mem::take(&mut self.types.names);
        let mut counted = Vec::new();
        for (name, place) in &self.names {
            let cells = self.counts.iter().skip(place * types * slices).take(types * slices);
            let told = cells.enumerate().filter(|(_, events)| **events > 0);
            let of = |cell: usize| known.get(cell / slices).cloned();
            counted.extend(told.map(|(cell, events)| (*name, of(cell), cell % slices, *events)));
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int32Array, Int64Array, StringArray, UInt32Array};
    use std::collections::HashSet;
    use std::sync::Arc;

    type Carried = (u32, u32, i32, i64);

    fn batch(rows: &[Carried]) -> RecordBatch {
        let keys = |key: fn(&Carried) -> u32| UInt32Array::from_iter_values(rows.iter().map(key));
        let columns: [(&str, ArrayRef); 4] = [
            ("name_key", Arc::new(keys(|row| row.0))),
            ("group_key", Arc::new(keys(|row| row.1))),
            ("slice", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Int32Array>())),
            ("seq", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<Int64Array>())),
        ];
        RecordBatch::try_from_iter(columns).expect("a batch")
    }

    /// Groups 10 and 30 are companies, 20 is a team.
    fn types() -> Types {
        let columns: [(&str, ArrayRef); 2] = [
            ("group_key", Arc::new(UInt32Array::from(vec![30, 10, 20]))),
            ("group_type", Arc::new(StringArray::from(vec!["company", "company", "team"]))),
        ];
        let mut types = Types::default();
        types.add(&RecordBatch::try_from_iter(columns).expect("a batch")).expect("read");
        types
    }

    #[test]
    fn each_event_counts_once_for_each_name_type_and_day() {
        // Names that share a place in `near`, events that carry several groups of a type, and ids of no group: one whose
        // key lies among those of groups and one whose key lies behind.
        let rows: Vec<Carried> = (0..5_000_i64)
            .map(|number| {
                let seq = number % 700;
                let name = if seq % 3 == 0 { 7 } else { 7 + 256 * u32::try_from(seq % 5).expect("small") };
                let group = [10, 20, 30, 15, 40][usize::try_from(number % 5).expect("small")];
                (name, group, i32::try_from(seq % 4).expect("small"), seq)
            })
            .collect();
        let mut expected: HashMap<(u32, Option<&str>, usize), HashSet<i64>> = HashMap::new();
        for (name, group, slice, seq) in &rows {
            let of = match group {
                10 | 30 => Some("company"),
                20 => Some("team"),
                _ => None,
            };
            let slice = usize::try_from(*slice).expect("a place");
            expected.entry((*name, of, slice)).or_default().insert(*seq);
        }
        let mut tally = Tally::of(700, types(), 4).expect("room");
        rows.chunks(999).for_each(|rows| tally.add(&batch(rows)));
        let counted = tally.counted().expect("counted");
        let found: HashMap<_, _> = counted
            .iter()
            .map(|(name, of, slice, events)| ((*name, of.as_deref(), *slice), *events))
            .collect();
        let expected: HashMap<_, _> = expected
            .into_iter()
            .map(|(cell, seqs)| (cell, i64::try_from(seqs.len()).expect("few")))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn where_bits_are_too_many_there_is_no_tally() {
        assert!(Tally::of((1 << 26) - 1024, types(), 4).is_some());
        assert!(Tally::of(1 << 27, types(), 4).is_none());
    }
}
