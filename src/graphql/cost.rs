//! What a field costs, counted before it runs: what is below it, times how much of it there will be.

use crate::analytics::filter::{IntervalInput, RangeInput};
use crate::analytics::scalars::Duration;

/// A page: each of its nodes costs what is selected of a node.
#[must_use]
pub fn page(first: i32, below: usize) -> usize {
    usize::try_from(first).unwrap_or(1).max(1).saturating_mul(below).saturating_add(1)
}

/// A series: each of its buckets costs what is selected of a bucket.
#[must_use]
pub fn series(
    range: Option<RangeInput>,
    last: Option<&Duration>,
    interval: IntervalInput,
    below: usize,
) -> usize {
    let length = match (range, last) {
        (Some(range), _) => range.to.0 - range.from.0,
        (None, Some(last)) => last.parse_as("last").unwrap_or_default(),
        (None, None) => chrono::Duration::zero(),
    };
    let unit_hours = match interval {
        IntervalInput::Hour => 1,
        IntervalInput::Day => 24,
        IntervalInput::Week => 24 * 7,
        IntervalInput::Month => 24 * 30,
        IntervalInput::Quarter => 24 * 91,
        IntervalInput::Year => 24 * 365,
    };
    let buckets = usize::try_from(length.num_hours() / unit_hours).unwrap_or(0) + 2;
    buckets.saturating_mul(below).saturating_add(1)
}
