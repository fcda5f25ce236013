//! Rows counted once each, however often they are told: a bit for each says whether it was.
//!
//! The engine would compare the numbers of rows, or set such bits one call at a time, which costs several times as much.

use crate::engine::{Error, arrow as columns};
use arrow::array::RecordBatch;

/// The rows that were told so far.
#[derive(Debug)]
pub struct Bits {
    seen: Vec<u64>,
    count: i64,
    failed: Option<Error>,
}

impl Bits {
    /// Nothing yet of rows up to a number.
    #[must_use]
    pub fn of(rows: u64) -> Self {
        let words = usize::try_from(rows / 64 + 1).unwrap_or_default();
        Self { seen: vec![0; words], count: 0, failed: None }
    }

    /// Adds the rows of the column `seq`.
    pub fn add(&mut self, batch: &RecordBatch) {
        match columns::integers(batch, "seq") {
            Ok(seqs) => seqs.values().iter().for_each(|seq| _ = self.set(*seq)),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Adds a row; tells whether it is new.
    pub fn set(&mut self, seq: i64) -> bool {
        let place = usize::try_from(seq).unwrap_or(usize::MAX);
        let Some(word) = self.seen.get_mut(place / 64) else { return false };
        let bit = 1 << (place % 64);
        let is_new = *word & bit == 0;
        self.count += i64::from(is_new);
        *word |= bit;
        is_new
    }

    /// How many there are.
    pub fn count(self) -> Result<i64, Error> {
        self.failed.map_or(Ok(self.count), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    fn batch(name: &str, seqs: Vec<i64>) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(seqs));
        RecordBatch::try_from_iter([(name, column)]).expect("a batch")
    }

    #[test]
    fn each_row_counts_once() {
        let mut bits = Bits::of(130);
        bits.add(&batch("seq", vec![1, 64, 1, 130]));
        bits.add(&batch("seq", vec![130, 63, 64]));
        assert_eq!(bits.count().expect("counted"), 4);
    }

    #[test]
    fn without_the_column_nothing_is_told() {
        let mut bits = Bits::of(10);
        bits.add(&batch("row", vec![1]));
        assert!(bits.count().is_err());
    }
}
