//! Counts by event name and cell.

use std::collections::HashMap;

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

#[cfg(test)]
mod tests {
    use super::*;

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
