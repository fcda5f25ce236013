//! Events by name, group type and day, each counted once: a bit for each row says whether it was. And all events by name and
//! day.
//!
//! The engine would compare the numbers of all rows of each name, type and day, which costs several times as much as to
//! read them.

use super::cells::Cells;
use crate::analytics::slices::Slices;
use crate::engine::{Error, arrow as columns};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use std::ops::Range;

/// Bytes of bits, at most.
const MOST_BYTES: usize = 32 << 20;

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
    slices: Slices,
    /// Counts by type and slice.
    cells: Cells,
    failed: Option<Error>,
}

impl Tally {
    /// Counts events of rows up to a number in slices; `None` where that is too much.
    pub(super) fn of(rows: u64, types: Types, slices: &[Range<DateTime<Utc>>]) -> Option<Self> {
        let words = usize::try_from(rows / 64 + 1).ok()?;
        let kinds = types.names.len() + 1;
        let bits = words.saturating_mul(8).saturating_mul(kinds);
        if bits.saturating_add(types.bytes()) > MOST_BYTES || kinds > usize::from(u16::MAX) {
            return None;
        }
        let (seen, cells) = (vec![vec![0; words]; kinds], Cells::of(kinds * slices.len()));
        Some(Self { types, seen, slices: Slices::of(slices), cells, failed: None })
    }

    /// Adds rows of `carried_rows.sql`.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.added(batch).err();
        }
    }

    fn added(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (names, seqs) = (columns::masks(batch, "name_key")?, columns::integers(batch, "seq")?);
        let instants = columns::instants(batch, "occurred_at")?;
        let groups = columns::masks(batch, "group_key")?;
        let none = self.seen.len() - 1;
        for row in 0..batch.num_rows() {
            let of = self.types.of(groups.value(row)).unwrap_or(none);
            let seq = usize::try_from(seqs.value(row)).unwrap_or(usize::MAX);
            let Some(word) = self.seen.get_mut(of).and_then(|seen| seen.get_mut(seq / 64)) else { continue };
            let bit = 1 << (seq % 64);
            if *word & bit > 0 {
                continue;
            }
            let Some(slice) = self.slices.at(instants.value(row)) else { continue };
            *word |= bit;
            self.cells.add(names.value(row), of * self.slices.len() + slice);
        }
        Ok(())
    }

    /// The counts that are not 0.
    pub(super) fn counted(self) -> Result<Vec<Told>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let (known, slices) = (&self.types.names, self.slices.len());
        let told = self.cells.counted();
        let told =
            told.map(|(name, cell, events)| (name, known.get(cell / slices).cloned(), cell % slices, events));
        Ok(told.collect())
    }
}

/// All events that were counted so far.
#[derive(Debug)]
pub(super) struct Events {
    slices: Slices,
    /// Counts by slice.
    cells: Cells,
    failed: Option<Error>,
}

impl Events {
    /// Counts events in slices.
    pub(super) fn of(slices: &[Range<DateTime<Utc>>]) -> Self {
        Self { slices: Slices::of(slices), cells: Cells::of(slices.len()), failed: None }
    }

    /// Adds rows of `events.sql`.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.added(batch).err();
        }
    }

    fn added(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let names = columns::masks(batch, "name_key")?;
        let instants = columns::instants(batch, "occurred_at")?;
        for (name, instant) in names.values().iter().zip(instants.values()) {
            if let Some(slice) = self.slices.at(*instant) {
                self.cells.add(*name, slice);
            }
        }
        Ok(())
    }

    /// The counts that are not 0: a name's key, a slice, events.
    pub(super) fn counted(self) -> Result<Vec<(u32, usize, i64)>, Error> {
        self.failed.map_or_else(|| Ok(self.cells.counted().collect()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray, UInt32Array};
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    /// Name, group, instant and number.
    type Carried = (u32, u32, i64, i64);

    fn batch(rows: &[Carried]) -> RecordBatch {
        let keys = |key: fn(&Carried) -> u32| UInt32Array::from_iter_values(rows.iter().map(key));
        let instants = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.2));
        let columns: [(&str, ArrayRef); 4] = [
            ("name_key", Arc::new(keys(|row| row.0))),
            ("group_key", Arc::new(keys(|row| row.1))),
            ("occurred_at", Arc::new(instants)),
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

    /// Four times ten microseconds.
    fn slices() -> Vec<Range<DateTime<Utc>>> {
        let at = |micros| DateTime::from_timestamp_micros(micros).expect("an instant");
        (0..4).map(|place| at(10 * place)..at(10 * place + 10)).collect()
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
                (name, group, 10 * (seq % 5) + 3, seq)
            })
            .collect();
        let mut expected: HashMap<(u32, Option<&str>, usize), HashSet<i64>> = HashMap::new();
        // The fifth ten microseconds are no slice.
        for (name, group, instant, seq) in rows.iter().filter(|row| row.2 < 40) {
            let of = match group {
                10 | 30 => Some("company"),
                20 => Some("team"),
                _ => None,
            };
            let slice = usize::try_from(instant / 10).expect("a place");
            expected.entry((*name, of, slice)).or_default().insert(*seq);
        }
        let mut tally = Tally::of(700, types(), &slices()).expect("room");
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
        assert!(Tally::of((1 << 26) - 1024, types(), &slices()).is_some());
        assert!(Tally::of(1 << 27, types(), &slices()).is_none());
    }
}
