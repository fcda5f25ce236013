//! `scoped_masks`, `scoped_unit_masks`, `scoped_step_masks`: in which slices of time each unit was active in each place, as bits.
//!
//! A unit that was active in a hundred slices is one row and not a hundred: grouping is most of what such questions
//! cost. Values that are read along belong to slices, so there are masks only where nothing is.

use super::render::Parts;
use super::{Scope, Unit};
use std::fmt::Write as _;

/// Slices that one mask holds. Its bits make a number that is never negative.
const SLICES: usize = 60;

/// Masks that one row has, at most.
const MOST: usize = 8;

/// Which relation of masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Masks {
    /// `scoped_masks`: of whatever is counted.
    Counted,
    /// `scoped_unit_masks`: the same, and which unit it is.
    OfUnits,
    /// `scoped_step_masks`: of each step.
    BySteps,
}

/// How many masks hold so many slices; `None` where they are too many for masks.
#[must_use]
pub fn words(slices: usize) -> Option<usize> {
    let words = slices.div_ceil(SLICES).max(1);
    (words <= MOST).then_some(words)
}

/// Adds the slices of the mask of this place to those that are set, in order.
pub fn unpack(place: usize, mask: i64, slices: &mut Vec<usize>) {
    let mut left = mask;
    while left > 0 {
        let bit = left.trailing_zeros();
        slices.extend(usize::try_from(bit).ok().map(|bit| place * SLICES + bit));
        left &= left - 1;
    }
}

impl Scope {
    /// How many masks hold its slices; `None` where there are no masks.
    fn mask_words(&self) -> Option<usize> {
        words(self.slices.len()).filter(|_| self.readings.is_empty())
    }
}

impl Parts<'_> {
    /// The relation; `None` where there are no masks.
    pub(super) fn masks(&self, of: Masks) -> Option<String> {
        let (scope, words) = (self.scope, self.scope.mask_words()?);
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let parts = scope.splits.len().saturating_sub(skipped).min(3);
        let mut keys = String::from("unit");
        let mut columns = String::new();
        for number in 1..=3 {
            if number <= parts {
                let _ = write!(keys, ", part_{number}");
                let _ = write!(columns, "part_{number}, ");
            } else {
                let _ = write!(columns, "null::uinteger as part_{number}, ");
            }
            let _ = write!(columns, "null::varchar as value_{number}, ");
        }
        if of != Masks::BySteps {
            let (name, unit) = match of {
                Masks::OfUnits => ("scoped_unit_masks", "unit, "),
                _ => ("scoped_masks", ""),
            };
            let masks = masks(0, words, "");
            let active: Vec<String> = (0..words).map(|word| format!("mask_0_{word} is not null")).collect();
            return Some(format!(
                "{name} as (select {unit}{columns}min(first_at) as first_at_0,
    coalesce(sum(events) filter (where in_range), 0)::bigint as events{masks}
from scoped_activity where unit is not null group by {keys} having {})",
                active.join(" or ")
            ));
        }
        let mut steps = Vec::with_capacity(scope.steps.len());
        for (step, bit) in (1..=scope.steps.len()).map(|step| (step, 1_u64 << (step - 1))) {
            let is_step = format!("(steps & {bit}) > 0");
            let masks = masks(step, words, &is_step);
            steps.push(format!("min(first_at) filter (where {is_step}) as first_at_{step}{masks}"));
        }
        Some(format!(
            "scoped_step_masks as (select {columns}{}
from scoped_activity where unit is not null and (slice is not null or (steps & 1) > 0)
group by {keys} having first_at_1 is not null)",
            steps.join(",\n    ")
        ))
    }
}

/// The columns `mask_STEP_0` and so on, of rows that meet a condition.
fn masks(step: usize, words: usize, condition: &str) -> String {
    let mut masks = String::new();
    for word in 0..words {
        let mut conditions = Vec::new();
        if !condition.is_empty() {
            conditions.push(condition.to_owned());
        }
        if words > 1 {
            conditions.push(format!("slice // {SLICES} = {word}"));
        }
        let filter = if conditions.is_empty() {
            String::new()
        } else {
            format!(" filter (where {})", conditions.join(" and "))
        };
        let _ = write!(masks, ",\n    bit_or(1::bigint << (slice % {SLICES})){filter} as mask_{step}_{word}");
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_come_out_as_they_went_in() {
        let set = [0, 7, 59, 60, 61, 119, 120, 479];
        let mut masks = [0_i64; MOST];
        for slice in set {
            masks[slice / SLICES] |= 1 << (slice % SLICES);
        }
        let mut slices = Vec::new();
        masks.iter().enumerate().for_each(|(place, mask)| unpack(place, *mask, &mut slices));
        assert_eq!(slices, set);
        assert_eq!(
            [words(0), words(60), words(61), words(480), words(481)],
            [Some(1), Some(1), Some(2), Some(8), None]
        );
    }
}
