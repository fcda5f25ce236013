//! `scoped_slices`: what each unit did in each place in each slice of time, summed from `scoped_activity`.
//!
//! Only what the scope splits by and reads along is grouped and compared: the engine would pay for columns that
//! are null throughout as well, up to twice the rest.

use super::Unit;
use super::render::Parts;

impl Parts<'_> {
    /// Adds the relation; `by_steps` when the statement looks at steps.
    pub(super) fn slices(&mut self, by_steps: bool) {
        let scope = self.scope;
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let parts = scope.splits.len().saturating_sub(skipped);
        let readings = scope.readings.len();
        let mut keys = vec!["unit".to_owned(), "slice".to_owned()];
        keys.extend((1..=parts.min(3)).map(|number| format!("part_{number}")));
        let mut columns = keys.clone();
        columns.extend((parts + 1..=3).map(|number| format!("null::uinteger as part_{number}")));
        if by_steps {
            keys.push("steps".to_owned());
            columns.push("steps".to_owned());
        }
        let order = "(first_at, first_seq)";
        columns.push(match readings {
            0 => "null::bigint as first_seq".to_owned(),
            _ => format!("arg_min(first_seq, {order}) as first_seq"),
        });
        for number in 1..=3 {
            columns.push(if number > readings {
                format!("null::varchar as value_{number}")
            } else if scope.first_event_decides {
                // Packed, so that an event without the value decides as well.
                format!("arg_min(struct_pack(v := reading_{number}), {order}).v as value_{number}")
            } else {
                format!(
                    "arg_min(reading_{number}, {order}) filter (where reading_{number} is not null) as value_{number}"
                )
            });
        }
        self.relations.push(format!(
            "scoped_slices as (select {}, sum(events)::bigint as events, min(first_at) as first_at
from scoped_activity where unit is not null group by {})",
            columns.join(", "),
            keys.join(", ")
        ));
    }
}
