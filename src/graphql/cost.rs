//! What a document may cost: one budget of rows (nodes, buckets, top-list rows) for everything it answers.
//!
//! Fields are charged when they are resolved, by the most they could answer with their arguments, before anything
//! is read. So nested lists multiply, aliases add up, and variables and defaults count as what they are. (The
//! complexity of async-graphql refuses variables that are left out, and counts operations that do not run.)

use crate::domain::time::{Calendar, Interval, Range};
use crate::error::{Failure, Kind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The rows that a request may still answer.
#[derive(Debug)]
pub struct Budget {
    rows: usize,
    left: AtomicUsize,
}

impl Budget {
    /// A budget of so many rows.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { rows, left: AtomicUsize::new(rows) }
    }

    /// Takes rows from the budget for a field. Fails when it has not so many left, and names the field's argument that
    /// makes them fewer.
    pub fn charge(&self, field: &str, argument: &str, rows: usize) -> Result<(), Failure> {
        let take = |left: usize| left.checked_sub(rows);
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
            return Ok(());
        }
        let fix = match argument {
            "interval" => "choose a longer one or a shorter range",
            _ => "give a lower one",
        };
        let message = format!(
            "{argument}: with {field} the answer could have more than {} rows in all; {fix}, here or in the lists above",
            self.rows
        );
        Err(Failure { argument: Some(argument.to_owned()), ..Failure::new(Kind::Limited, message) })
    }
}

/// About how many buckets a range has; never fewer than it touches, but for a few.
#[must_use]
pub fn buckets(range: Range, calendar: Calendar) -> usize {
    let hours = match calendar.interval {
        Interval::Hour => 1,
        Interval::Day => 24,
        Interval::Week => 24 * 7,
        Interval::Month => 24 * 30,
        Interval::Quarter => 24 * 91,
        Interval::Year => 24 * 365,
    };
    usize::try_from((range.to() - range.from()).num_hours() / hours).unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_once() {
        let budget = Budget::new(10);
        assert!(budget.charge("groups", "first", 6).is_ok());
        assert!(budget.charge("members", "first", 5).is_err_and(|failure| failure.kind == Kind::Limited));
        assert!(budget.charge("members", "first", 4).is_ok());
    }
}
