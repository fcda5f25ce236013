//! Which argument of a field makes an operation cheap enough, and to what it must be lowered.

use super::factors::{Columns, Factors, INTERVALS, Range};

/// An argument that is lowered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lowered {
    /// The argument.
    pub(super) argument: &'static str,
    /// What to do, to be followed by the field's name.
    pub(super) advice: String,
}

/// The first argument that does it alone: fewer rows, then fewer columns, then longer buckets, then a shorter range.
pub(super) fn lower(factors: &Factors, fits: impl Fn(&Factors) -> bool) -> Option<Lowered> {
    if let Some(first) = factors.first {
        let with = |first| Factors { first: Some(first), ..factors.clone() };
        if let Some(first) = most(first, |first| fits(&with(first))) {
            return Some(Lowered { argument: "first", advice: format!("give {first} or less") });
        }
    }
    if let Columns::Given(columns) = factors.columns {
        let with = |columns| Factors { columns: Columns::Given(columns), ..factors.clone() };
        if let Some(columns) = most(columns, |columns| fits(&with(columns))) {
            return Some(Lowered { argument: "columns", advice: format!("give {columns} or less") });
        }
    }
    if let Some(interval) = factors.interval {
        let longer = INTERVALS.into_iter().skip_while(|(other, _)| *other != interval).skip(1);
        let with = |interval| Factors { interval: Some(interval), ..factors.clone() };
        if let Some((_, word)) = longer.into_iter().find(|(interval, _)| fits(&with(*interval))) {
            return Some(Lowered { argument: "interval", advice: format!("give {word} or a longer one") });
        }
    }
    let with = |hours| Factors { hours, ..factors.clone() };
    let hours = most(factors.hours, |hours| fits(&with(hours)))?;
    let days = hours / 24;
    let (argument, advice) = match factors.range {
        Range::Last if days >= 1 => ("last", format!("give \"P{days}D\" or less")),
        Range::Last => ("last", format!("give \"PT{hours}H\" or less")),
        Range::Instants if days >= 1 => ("range", format!("give a range of {days} days or less")),
        Range::Instants => ("range", format!("give a range of {hours} hours or less")),
        Range::Days if days >= 1 => ("to", format!("give a day that is {days} days or less behind from")),
        Range::Days | Range::Ever => return None,
    };
    Some(Lowered { argument, advice })
}

/// The highest number below `given` that fits, if one above 0 does. Whatever fits does so with every lower number.
fn most(given: u64, fits: impl Fn(u64) -> bool) -> Option<u64> {
    if given <= 1 || !fits(1) {
        return None;
    }
    let (mut low, mut high) = (1, given);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_number_that_fits_is_found() {
        assert_eq!(most(100, |n| n <= 41), Some(41));
        assert_eq!(most(2, |n| n <= 1), Some(1));
        assert_eq!(most(100, |n| n < 1), None);
        assert_eq!(most(1, |_| true), None);
        assert_eq!(most(u64::MAX, |n| n <= 1_000_000), Some(1_000_000));
    }
}
