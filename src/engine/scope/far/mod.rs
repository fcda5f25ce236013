//! What another engine may compute of a question: the reads of sealed rows, which are all that is large.
//!
//! Such a read is written in SQL that every engine speaks: columns, conditions on numbers and instants, and for daily
//! sums one aggregation. What comes back stands in the place of the sealed rows in the very relations that DuckDB
//! otherwise reads them in (`rows.rs`), beside the rows that are not sealed; everything above is the same statement. So
//! whoever computed it, the answer is the same.
//!
//! | read | sent back |
//! |---|---|
//! | whole events | those of the tenant, the time and the names, and of their columns those that the statement names |
//! | events placed in groups | the same; of listed groups only theirs |
//! | the same where single events do not matter | what one user did in one group, by name where names matter, between two neighbouring edges of time, summed |
//! | daily sums | the same |

mod columns;
mod statement;

pub(in crate::engine) use columns::Column;

use super::render::{Parts, words};
use super::source::instants_of;
use super::{Lookback, Split};
use crate::store::{Derived, Error, Sealed, Segment, Within};
use chrono::{DateTime, Datelike, NaiveDate};
use std::collections::HashSet;
use std::sync::Arc;

/// More edges than this, and what lies between two of them is told by its day, hour or minute.
const MOST_EDGES: usize = 32;

/// A read of sealed rows.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Far {
    /// The temporary table that stands for them in the statement.
    pub(in crate::engine) relation: String,
    /// Which rows.
    pub(in crate::engine) sealed: Sealed,
    /// The segments that may have some.
    pub(in crate::engine) segments: Vec<Arc<Segment>>,
    /// What is wanted of each row.
    pub(in crate::engine) columns: Vec<Column>,
    conditions: Vec<Must>,
    sum: Sum,
}

/// What is summed of the rows: whatever lies between two neighbouring edges of time.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sum {
    /// Nothing: single rows.
    Nothing,
    /// Daily sums: the days that begin with an edge or have one inside; none where there are too many.
    Days(Vec<NaiveDate>),
    /// Events placed in groups: the edges, microseconds UTC.
    Events(Vec<i64>),
}

/// What must hold of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Must {
    /// It is this tenant's.
    Own(u32),
    /// It happened at this instant or later, microseconds UTC.
    From(i64),
    /// It happened before this instant.
    Before(i64),
    /// It was stored behind the row of this number.
    Behind(u64),
    /// It sums this day or a later one.
    FromDay(NaiveDate),
    /// It sums this day or an earlier one.
    UpToDay(NaiveDate),
    /// It sums another day.
    NotDay(NaiveDate),
    /// Its name is among these.
    Named(Vec<u32>),
    /// Its group is among these.
    In(Vec<u32>),
    /// It is in a group.
    Grouped,
    /// It is the first of its event.
    First,
}

impl Far {
    /// Stands in a relation for the names of the columns until it is known which are read.
    fn mark(relation: &str) -> String {
        format!("<all of {relation}>")
    }

    /// How many bytes of files it reads, about.
    pub(in crate::engine) fn bytes(&self) -> u64 {
        // What is derived of a segment, in hundredths of it, as it was measured on ten million events.
        let hundredths = match self.sealed {
            Sealed::Events => 100,
            Sealed::Derived(Derived::ByGroup | Derived::ByName) => 35,
            Sealed::Derived(_) => 15,
        };
        self.segments.iter().map(|segment| segment.bytes / 100 * hundredths).sum()
    }
}

impl Parts<'_> {
    /// The relation `read_events` of whole events or of those placed in groups, sealed ones computed elsewhere; `None`
    /// where there are no sealed ones, or nobody else is to compute them. `hot` are the others.
    pub(super) fn far_events(
        &mut self,
        sealed: Sealed,
        within: Within,
        hot: &str,
    ) -> Result<Option<String>, Error> {
        let conditions = self.far_conditions(sealed, within)?;
        let relation = self.far(sealed, within, conditions, Sum::Nothing);
        Ok(relation.map(|relation| {
            let columns = Far::mark(&relation);
            format!("read_events as (select {columns} from temp.main.{relation} union all select {columns} from {hot})")
        }))
    }

    /// The temporary table with the sums of events placed in groups, and its columns but `events first_at last_at`.
    pub(super) fn far_sums(
        &mut self,
        order: Derived,
        within: Within,
    ) -> Result<Option<(String, Vec<&'static str>)>, Error> {
        let sealed = Sealed::Derived(order);
        let conditions = self.far_conditions(sealed, within)?;
        let day = |edge: &i64| DateTime::from_timestamp_micros(*edge).map(|instant| instant.date_naive());
        let is_told = |edge: &i64| day(edge).is_some_and(|day| is_known(&day));
        let edges = self.scope.edge_instants().into_iter().filter(is_told).collect();
        let Some(relation) = self.far(sealed, within, conditions, Sum::Events(edges)) else {
            return Ok(None);
        };
        let steps = self.scope.steps.iter().chain(&self.scope.exclusions);
        let by_name = steps.into_iter().any(|condition| condition.event.is_some());
        let (by_group, by_user) = (!self.scope.splits.is_empty(), self.by_user);
        let mut keys = Vec::new();
        if let Some(far) = self.far.as_mut().and_then(|far| far.last_mut()) {
            far.columns.retain(|column| match column.name {
                "group_key" => by_group,
                "user_key" | "is_identified" => by_user,
                "name_key" => by_name,
                _ => true,
            });
            keys.extend(far.columns.iter().filter(|column| column.is_key()).map(|column| column.name));
        }
        Ok(Some((relation, keys)))
    }

    fn far_conditions(&self, sealed: Sealed, within: Within) -> Result<Vec<Must>, Error> {
        let mut conditions = self.far_own(within);
        if let Some(names) = self.name_keys()? {
            conditions.push(Must::Named(names));
        }
        if sealed != Sealed::Events {
            match self.scope.splits.first() {
                None => conditions.push(Must::First),
                Some(Split::TypeOrNone(_)) => {}
                Some(_) => conditions.push(Must::Grouped),
            }
            conditions.extend(self.far_groups()?);
        }
        Ok(conditions)
    }

    /// The temporary table with the daily sums of whole days.
    pub(super) fn far_days(&mut self, days: Derived, within: Within) -> Result<Option<String>, Error> {
        let Within { from, to, .. } = within;
        let date = |micros| DateTime::from_timestamp_micros(micros).map(|instant| instant.date_naive());
        let mut conditions = vec![Must::Own(self.scope.project.0)];
        let first = date(from).filter(|_| self.scope.lookback != Lookback::Ever);
        conditions.extend(first.filter(is_known).map(Must::FromDay));
        conditions.extend(date(to - 1).filter(is_known).map(Must::UpToDay));
        conditions.extend(self.scope.cut_days().into_iter().filter(is_known).map(Must::NotDay));
        conditions.extend(self.far_groups()?);
        let edges: Vec<NaiveDate> = self.scope.edge_days().into_iter().filter(is_known).collect();
        let edges = Some(edges).filter(|edges| edges.len() <= MOST_EDGES);
        let relation =
            self.far(Sealed::Derived(days), within, conditions, Sum::Days(edges.unwrap_or_default()));
        let is_nobodys = relation.is_some() && !self.by_user;
        if let (true, Some(far)) = (is_nobodys, self.far.as_mut().and_then(|far| far.last_mut())) {
            far.columns.retain(|column| !matches!(column.name, "user_key" | "is_identified"));
        }
        Ok(relation)
    }

    /// The temporary table with the single events of a day, placed in groups.
    pub(super) fn far_day(&mut self, day: NaiveDate, within: Within) -> Result<Option<String>, Error> {
        let (start, end) = instants_of(day);
        let within = Within { from: start.max(within.from), to: end.min(within.to), ..within };
        let mut conditions = self.far_own(within);
        conditions.push(if self.scope.splits.is_empty() { Must::First } else { Must::Grouped });
        conditions.extend(self.far_groups()?);
        let relation = self.far(Sealed::Derived(Derived::ByGroup), within, conditions, Sum::Nothing);
        if let (Some(_), Some(far)) = (&relation, self.far.as_mut().and_then(|far| far.last_mut())) {
            let read = ["group_key", "user_key", "is_identified", "occurred_at"];
            far.columns.retain(|column| read.contains(&column.name));
        }
        Ok(relation)
    }

    fn far(&mut self, sealed: Sealed, within: Within, conditions: Vec<Must>, sum: Sum) -> Option<String> {
        let far = self.far.as_mut()?;
        let segments = self.scope.snapshot.sealed_within(within);
        if segments.is_empty() {
            return None;
        }
        let relation = format!("far_{}", far.len());
        let columns = columns::columns(sealed, matches!(sum, Sum::Events(_)));
        far.push(Far { relation: relation.clone(), sealed, segments, columns, conditions, sum });
        Some(relation)
    }

    fn far_own(&self, within: Within) -> Vec<Must> {
        let mut conditions = vec![Must::Own(self.scope.project.0)];
        if within.from > i64::MIN / 2 {
            conditions.push(Must::From(within.from));
        }
        conditions.push(Must::Before(within.to));
        if within.after_seq > 0 {
            conditions.push(Must::Behind(within.after_seq));
        }
        conditions
    }

    /// The groups that the first split lists, if it lists them.
    fn far_groups(&self) -> Result<Option<Must>, Error> {
        let ids = match self.scope.splits.first() {
            Some(Split::Ids(ids)) => ids.as_slice(),
            Some(Split::One { id, .. }) => std::slice::from_ref(id),
            _ => return Ok(None),
        };
        self.group_keys(ids).map(Must::In).map(Some)
    }
}

/// Whether every engine knows a day. There are no events before the first year or behind the year 9999.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "filters hand on a reference")]
fn is_known(day: &NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

/// Says in the relations which columns they read of each far read; gives the reads that are needed, each with those
/// columns.
///
/// A column is read if some relation or the statement names it: what is handed on as `*` is named where it is used. One
/// that was wrongly left out would be an error and no wrong answer, as the temporary table has it not.
pub(super) fn settled(relations: &mut [String], statement: &str, far: Vec<Far>) -> Vec<Far> {
    let mut settled = Vec::with_capacity(far.len());
    for mut read in far {
        let mark = Far::mark(&read.relation);
        let is_read = |relation: &String| words(relation).any(|word| word == read.relation);
        let Some(place) = relations.iter().position(is_read) else { continue };
        if relations[place].contains(&mark) {
            let others = relations.iter().enumerate().filter(|(other, _)| *other != place);
            let named: HashSet<&str> =
                others.flat_map(|(_, relation)| words(relation)).chain(words(statement)).collect();
            // There is always one column to count rows by.
            read.columns.retain(|column| named.contains(column.name) || column.name == "occurred_at");
            let columns: Vec<&str> = read.columns.iter().map(|column| column.name).collect();
            relations[place] = relations[place].replace(&mark, &columns.join(", "));
        }
        settled.push(read);
    }
    settled
}
