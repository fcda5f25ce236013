//! What the units did that an event happened in, picked out of everything while it is read.
//!
//! Which units they are is asked before, where events stand together by name; units are keys, so that a bit tells one.
//! To have the engine find them among all units, it would keep all events to read them twice.

use super::tree::Done;
use crate::engine::{Error, arrow as columns};
use arrow::array::RecordBatch;

/// What was picked so far.
#[derive(Debug, Default)]
pub(super) struct Theirs {
    /// A bit for each key of a unit: whether the event happened in it.
    units: Vec<u64>,
    /// The key of the event's name.
    event: Option<u32>,
    /// For each event of such a unit: the unit's key.
    pub(super) places: Vec<u32>,
    pub(super) events: Vec<Done>,
    failed: Option<Error>,
}

impl Theirs {
    /// Adds rows of `units.sql`.
    pub(super) fn add_units(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (units, names) = (columns::masks(batch, "unit")?, columns::masks(batch, "name_key")?);
        for (unit, name) in units.values().iter().zip(names.values()) {
            let word = *unit as usize / 64;
            if self.units.len() <= word {
                self.units.resize(word + 1, 0);
            }
            self.units[word] |= 1 << (unit % 64);
            self.event = Some(*name);
        }
        Ok(())
    }

    /// Whether the event happened in no unit.
    pub(super) fn is_empty(&self) -> bool {
        self.event.is_none()
    }

    /// Adds rows of `events.sql`.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        if self.failed.is_none() {
            self.failed = self.added(batch).err();
        }
    }

    fn added(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let units = columns::masks(batch, "unit")?.values();
        let (at, seq) = (columns::instants(batch, "occurred_at")?, columns::integers(batch, "seq")?);
        let names = columns::masks(batch, "name_key")?;
        for (row, unit) in units.iter().enumerate() {
            let word = self.units.get(*unit as usize / 64);
            if word.is_some_and(|word| word >> (unit % 64) & 1 > 0) {
                let (when, name) = ((at.value(row), seq.value(row)), names.value(row));
                self.places.push(*unit);
                self.events.push(Done { when, name, is_event: self.event == Some(name) });
            }
        }
        Ok(())
    }

    /// All of it, or why it could not be read.
    pub(super) fn done(self) -> Result<Self, Error> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}
