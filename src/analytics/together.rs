//! Rows of units in no order, put together unit by unit: by counting, as keys are dense.
//!
//! To have the engine order all rows costs several times as much.

use crate::engine::{Error, arrow as columns};
use arrow::array::RecordBatch;
use std::collections::HashMap;

/// What names units, by their place.
#[derive(Debug)]
pub enum Units<'b> {
    /// The place is the unit's key.
    Keys,
    /// Ids of sessions.
    Sessions(Vec<&'b str>),
}

/// What names the units, and each row's unit as a place among them, out of the column `unit`.
pub fn places(all: &[RecordBatch]) -> Result<(Units<'_>, Vec<u32>), Error> {
    let mut places = Vec::with_capacity(all.iter().map(RecordBatch::num_rows).sum());
    let (mut numbers, mut sessions) = (HashMap::new(), Vec::new());
    for batch in all {
        if let Ok(keys) = columns::masks(batch, "unit") {
            places.extend_from_slice(keys.values());
            continue;
        }
        for session in columns::texts(batch, "unit")?.iter().flatten() {
            let number = *numbers.entry(session).or_insert_with(|| {
                sessions.push(session);
                u32::try_from(sessions.len() - 1).unwrap_or(u32::MAX)
            });
            places.push(number);
        }
    }
    let units = if sessions.is_empty() { Units::Keys } else { Units::Sessions(sessions) };
    Ok((units, places))
}

/// Rows by the place of their unit.
#[derive(Debug)]
pub struct Together<T> {
    /// Where the rows of each unit begin; one more than there are places.
    pub bounds: Vec<usize>,
    /// The rows, those of a unit in the order they came.
    pub rows: Vec<T>,
}

impl<T: Clone + Default> Together<T> {
    /// Room for rows of these places.
    #[must_use]
    pub fn of(places: &[u32]) -> (Self, Next) {
        let mut bounds = vec![0; places.iter().max().map_or(0, |last| *last as usize + 1) + 1];
        for place in places {
            bounds[*place as usize + 1] += 1;
        }
        for unit in 1..bounds.len() {
            bounds[unit] += bounds[unit - 1];
        }
        let next = Next(bounds.clone());
        (Self { bounds, rows: vec![T::default(); places.len()] }, next)
    }

    /// Puts a row of a unit behind those that it has.
    pub fn put(&mut self, next: &mut Next, place: u32, row: T) {
        let at = &mut next.0[place as usize];
        self.rows[*at] = row;
        *at += 1;
    }
}

/// Where the next row of each unit goes.
#[derive(Debug)]
pub struct Next(Vec<usize>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_unit_stand_together_in_the_order_they_came() {
        let places = [3, 0, 3, 1, 0];
        let (mut together, mut next) = Together::of(&places);
        for (place, row) in places.into_iter().zip(["a", "b", "c", "d", "e"]) {
            together.put(&mut next, place, row);
        }
        assert_eq!(together.bounds, [0, 2, 3, 3, 5]);
        assert_eq!(together.rows, ["b", "e", "d", "a", "c"]);
        let (none, _) = Together::<u8>::of(&[]);
        assert_eq!((none.bounds, none.rows), (vec![0], vec![]));
    }
}
