//! The slice of time that an instant lies in, where rows are looked at one by one: for the engine to compute it for each row
//! would cost more than to read the row.

use chrono::{DateTime, Utc};
use std::ops::Range;

/// Slices of time.
#[derive(Debug)]
pub struct Slices {
    /// Microseconds UTC, half-open, in order.
    all: Vec<Range<i64>>,
    /// Where the first begins, and how long it is; both 0 without any.
    from: i64,
    length: i64,
    /// The one that the last instant lay in: the next one mostly lies in it as well.
    last: usize,
}

impl Slices {
    /// Slices in order, none over another.
    #[must_use]
    pub fn of(slices: &[Range<DateTime<Utc>>]) -> Self {
        let micros =
            |slice: &Range<DateTime<Utc>>| slice.start.timestamp_micros()..slice.end.timestamp_micros();
        let all: Vec<Range<i64>> = slices.iter().map(micros).collect();
        let (from, length) = all.first().map_or((0, 0), |first| (first.start, first.end - first.start));
        Self { all, from, length, last: 0 }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The number of the slice that an instant lies in, if any.
    pub fn at(&mut self, instant: i64) -> Option<usize> {
        let holds = |place: usize| self.all.get(place).is_some_and(|slice| slice.contains(&instant));
        if !holds(self.last) {
            // Slices are mostly as long as the first, one behind the other.
            let guess =
                (instant - self.from).checked_div(self.length).and_then(|place| usize::try_from(place).ok());
            let place = guess.filter(|place| holds(*place));
            let place = place.unwrap_or_else(|| self.all.partition_point(|slice| slice.end <= instant));
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
}
