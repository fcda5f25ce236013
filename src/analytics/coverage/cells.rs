//! Counts by event name and cell, and the slice of time that an instant lies in.
//!
//! Both are done here and not by the engine: for each row it would cost more than to read it.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::ops::Range;

/// Names that are found without being looked up.
const NEAR: usize = 256;

/// Counts, so many for each name.
#[derive(Debug)]
pub(super) struct Cells {
    width: usize,
    names: HashMap<u32, usize>,
    near: Vec<(u32, usize)>,
    counts: Vec<i64>,
}

impl Cells {
    /// No counts yet, so many cells for each name.
    pub(super) fn of(width: usize) -> Self {
        let (names, near) = (HashMap::new(), vec![(0, usize::MAX); NEAR]);
        Self { width, names, near, counts: Vec::new() }
    }

    /// Adds an event of a name in a cell.
    pub(super) fn add(&mut self, name: u32, cell: usize) {
        let near = &mut self.near[name as usize % NEAR];
        if near.0 != name || near.1 == usize::MAX {
            let next = self.names.len();
            *near = (name, *self.names.entry(name).or_insert(next));
            self.counts.resize(self.names.len() * self.width, 0);
        }
        if let Some(events) = self.counts.get_mut(near.1 * self.width + cell) {
            *events += 1;
        }
    }

    /// The counts that are not 0: name, cell, events. Those of a name stand together.
    pub(super) fn counted(&self) -> impl Iterator<Item = (u32, usize, i64)> {
        self.names.iter().flat_map(|(name, place)| {
            let cells = self.counts.iter().skip(place * self.width).take(self.width).enumerate();
            cells.filter(|(_, events)| **events > 0).map(|(cell, events)| (*name, cell, *events))
        })
    }
}

/// Slices of time.
#[derive(Debug)]
pub(super) struct Slices {
    /// Microseconds UTC, half-open, in order.
    slices: Vec<Range<i64>>,
    /// The one that the last instant lay in: the next one mostly lies in it as well.
    last: usize,
}

impl Slices {
    /// Slices in order, none over another.
    pub(super) fn of(slices: &[Range<DateTime<Utc>>]) -> Self {
        let micros =
            |slice: &Range<DateTime<Utc>>| slice.start.timestamp_micros()..slice.end.timestamp_micros();
        Self { slices: slices.iter().map(micros).collect(), last: 0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.slices.len()
    }

    /// The number of the slice that an instant lies in, if any.
    pub(super) fn at(&mut self, instant: i64) -> Option<usize> {
        let holds = |place: usize| self.slices.get(place).is_some_and(|slice| slice.contains(&instant));
        if !holds(self.last) {
            let place = self.slices.partition_point(|slice| slice.end <= instant);
            if !holds(place) {
                return None;
            }
            self.last = place;
        }
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_lies_in_the_slice_that_begins_with_it_and_in_none_that_ends_with_it() {
        let at = |micros| DateTime::from_timestamp_micros(micros).expect("an instant");
        let mut slices = Slices::of(&[at(10)..at(20), at(20)..at(25), at(30)..at(40)]);
        let found = [10, 19, 20, 24, 25, 29, 30, 39, 40, 9, 22].map(|instant| slices.at(instant));
        let expected =
            [Some(0), Some(0), Some(1), Some(1), None, None, Some(2), Some(2), None, None, Some(1)];
        assert_eq!(found, expected);
    }

    #[test]
    fn names_that_share_a_place_are_told_apart() {
        let mut cells = Cells::of(2);
        for (name, cell) in [(7, 0), (263, 1), (7, 0), (263, 0), (0, 1), (7, 1)] {
            cells.add(name, cell);
        }
        let mut counted: Vec<_> = cells.counted().collect();
        counted.sort_unstable();
        assert_eq!(counted, [(0, 1, 1), (7, 0, 2), (7, 1, 1), (263, 0, 1), (263, 1, 1)]);
    }
}
