//! Which hits carry a bit: one list of hits per bit, searched from where the last search ended.

use super::Hit;

/// For every bit of a mask the hits that carry it, in order.
#[derive(Debug)]
pub(super) struct Index {
    rows: Vec<Row>,
}

#[derive(Debug, Default, Clone)]
struct Row {
    hits: Vec<u32>,
    /// Where the last search ended; at most the length of `hits`.
    finger: usize,
}

impl Index {
    /// An empty index of that many bits, of which 32 are used at most.
    pub(super) fn new(bits: usize) -> Self {
        Self { rows: vec![Row::default(); bits.min(32)] }
    }

    /// Replaces the content: the mask of every hit in turn. Bits beyond the index are ignored.
    pub(super) fn fill(&mut self, masks: impl Iterator<Item = u32>) {
        for row in &mut self.rows {
            row.hits.clear();
            row.finger = 0;
        }
        for (hit, mut mask) in (0..u32::MAX).zip(masks) {
            while mask != 0 {
                if let Some(row) = self.rows.get_mut(mask.trailing_zeros() as usize) {
                    row.hits.push(hit);
                }
                mask &= mask - 1;
            }
        }
    }

    /// All hits that carry the bit.
    pub(super) fn row(&self, bit: usize) -> &[u32] {
        &self.rows[bit].hits
    }

    /// The place in the bit's row of the first hit at that instant or later.
    pub(super) fn first_from(&mut self, hits: &[Hit], bit: usize, at: i64) -> usize {
        self.rows[bit].seek(|hit| hits[hit as usize].at < at)
    }

    /// The place in the bit's row of the first hit later than that instant.
    pub(super) fn first_after(&mut self, hits: &[Hit], bit: usize, at: i64) -> usize {
        self.rows[bit].seek(|hit| hits[hit as usize].at <= at)
    }
}

impl Row {
    /// The place of the first hit that is not `passed`, in time logarithmic in its distance from the last one.
    fn seek(&mut self, passed: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high, mut stride) = (0, self.finger, 1);
        if self.hits.get(self.finger).is_some_and(|hit| passed(*hit)) {
            low = self.finger + 1;
            high = self.hits.len();
            while let Some(hit) = self.hits.get(low + stride - 1) {
                if !passed(*hit) {
                    high = low + stride - 1;
                    break;
                }
                low += stride;
                stride *= 2;
            }
        } else {
            while high >= stride {
                if passed(self.hits[high - stride]) {
                    low = high - stride + 1;
                    break;
                }
                high -= stride;
                stride *= 2;
            }
        }
        self.finger = low + self.hits[low..high].partition_point(|hit| passed(*hit));
        self.finger
    }
}
