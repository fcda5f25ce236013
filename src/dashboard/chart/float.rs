//! Counts as coordinates.

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
#[must_use]
pub fn float(count: i64) -> f64 {
    count as f64
}

/// A place in a list as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^53")]
pub(super) fn at(place: usize) -> f64 {
    place as f64
}
