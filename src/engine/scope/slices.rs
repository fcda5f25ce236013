//! `scoped_slices`: what each unit did in each place in each slice of time, summed from `scoped_activity`. `scoped_counts`:
//! what anybody did there in the range.
//!
//! Only what the scope splits by and reads along is grouped and compared: the engine would pay for columns that
//! are null throughout as well, up to twice the rest.

use super::Unit;
use super::render::Parts;
use chrono::{DateTime, Utc};

impl Parts<'_> {
    /// The relation; `by_steps` when the statement looks at steps.
    pub(super) fn slices(&self, by_steps: bool) -> String {
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
        format!(
            "scoped_slices as (select {}, sum(events)::bigint as events, min(first_at) as first_at
from scoped_activity where unit is not null group by {})",
            columns.join(", "),
            keys.join(", ")
        )
    }

    /// The relation of counts: every event has the properties it was sent with.
    pub(super) fn counts(&self) -> String {
        let scope = self.scope;
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let parts = scope.splits.len().saturating_sub(skipped).min(3);
        let readings = scope.readings.len().min(3);
        let mut keys = vec!["slice".to_owned()];
        keys.extend((1..=parts).map(|number| format!("part_{number}")));
        let mut columns = keys.clone();
        columns.extend((parts + 1..=3).map(|number| format!("null::uinteger as part_{number}")));
        keys.extend((1..=readings).map(|number| format!("reading_{number}")));
        columns.extend((1..=readings).map(|number| format!("reading_{number} as value_{number}")));
        columns.extend((readings + 1..=3).map(|number| format!("null::varchar as value_{number}")));
        format!(
            "scoped_counts as (select {}, sum(events)::bigint as events
from scoped_activity where in_range group by {})",
            columns.join(", "),
            keys.join(", ")
        )
    }

    /// The number of the slice of time that an instant lies in: by division where slices are equal, else nested cases,
    /// the middle edge first.
    pub(super) fn slice(&self, instant: &str) -> String {
        if let Some((origin, length)) = equal(&self.scope.slices) {
            let (first, last) = (&self.scope.slices[0], &self.scope.slices[self.scope.slices.len() - 1]);
            let (from, to) = (first.start.timestamp_micros(), last.end.timestamp_micros());
            return format!(
                "case when {instant} >= make_timestamp({from}) and {instant} < make_timestamp({to}) then ((epoch_us({instant}) - {origin}) // {length})::integer end"
            );
        }
        let mut edges: Vec<(i64, Option<usize>)> = Vec::with_capacity(self.scope.slices.len() + 1);
        for (number, slice) in self.scope.slices.iter().enumerate() {
            let (start, end) = (slice.start.timestamp_micros(), slice.end.timestamp_micros());
            if edges.last().is_some_and(|(edge, _)| *edge == start) {
                edges.pop();
            }
            edges.push((start, Some(number)));
            edges.push((end, None));
        }
        nested(instant, &edges, None)
    }
}

/// Where slices begin and how long each is, where all follow each other and are of one length. The first may begin
/// later than that, and the last end earlier.
fn equal(slices: &[std::ops::Range<DateTime<Utc>>]) -> Option<(i64, i64)> {
    let [first, inner @ .., last] = slices else { return None };
    let length = inner.first().map(|slice| slice.end - slice.start)?;
    let is_equal = inner.iter().all(|slice| slice.end - slice.start == length)
        && first.end - first.start <= length
        && last.end - last.start <= length
        && slices.windows(2).all(|pair| pair[0].end == pair[1].start);
    let micros = length.num_microseconds().filter(|micros| *micros > 0)?;
    is_equal.then(|| (first.end.timestamp_micros() - micros, micros))
}

/// An instant's value among edges in order, each with the value from it on.
fn nested(instant: &str, edges: &[(i64, Option<usize>)], before: Option<usize>) -> String {
    let Some((edge, from)) = edges.get(edges.len() / 2) else {
        return before.map_or("null::integer".to_owned(), |number| number.to_string());
    };
    let (below, above) = (&edges[..edges.len() / 2], &edges[edges.len() / 2 + 1..]);
    let (below, above) = (nested(instant, below, before), nested(instant, above, *from));
    format!("case when {instant} < make_timestamp({edge}) then {below} else {above} end")
}
