//! `scoped_hits`: the events that a walk through units has to see, with no column that has nothing in it.
//!
//! The walk reads every row one by one, so what is null throughout would be most of what it is handed.

use super::Unit;
use super::render::Parts;
use std::fmt::Write as _;

impl Parts<'_> {
    /// The relation.
    pub(super) fn hits(&self) -> String {
        let scope = self.scope;
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let mut columns = String::from("unit, occurred_at, seq::bigint as seq, steps");
        for number in 1..=scope.splits.len().saturating_sub(skipped).min(3) {
            let _ = write!(columns, ", part_{number}");
        }
        for number in 1..=scope.readings.len().min(3) {
            let _ = write!(columns, ", reading_{number}");
        }
        if !scope.exclusions.is_empty() {
            columns.push_str(", exclusions");
        }
        format!(
            "scoped_hits as (select {columns} from scoped_events where unit is not null and (in_range or in_previous))"
        )
    }
}
