//! The scope as SQL: relations before a statement.
//!
//! ```text
//! the tenant's own rows -> what is known of groups, profiles, memberships (known.rs, known.sql)
//! rows from the source, split by groups (rows.rs) -> scoped_events or scoped_activity: filtered, marked, read along
//! ```

use super::far::{self, Far};
use super::source::Source;
use super::{Number, Reads, Scope, Unit, Users};
use crate::domain::time::Range;
use crate::engine::Value;
use crate::engine::filter::{Binder, Field, Key, Place, Subject};
use crate::store::{Error, KeyKind, Segment, Store};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// Who computes the sealed rows that a statement reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum By {
    /// The engine that runs the statement.
    Itself,
    /// Another one, before: see [`Far`].
    Another,
}

/// Columns that only whole events have.
const WHOLE: [&str; 11] = [
    "id",
    "name",
    "profile_id",
    "device_id",
    "session_id",
    "path",
    "properties",
    "revenue",
    "received_at",
    "groups",
    "group_keys",
];

/// A statement that is ready to run.
#[derive(Debug)]
pub(in crate::engine) struct Rendered {
    /// The statement with the relations it reads before it.
    pub(in crate::engine) sql: String,
    /// The scope's parameters.
    pub(in crate::engine) params: Vec<(String, Value)>,
    /// Where its events come from; `None` when it reads none.
    pub(in crate::engine) source: Option<Source>,
    /// What another engine computes before.
    pub(in crate::engine) far: Vec<Far>,
    /// The segments whose files it reads itself.
    pub(in crate::engine) files: Vec<Arc<Segment>>,
}

impl Scope {
    /// The statement with the relations it reads before it, and the scope's parameters.
    pub(in crate::engine) fn render(
        &self,
        statement: &str,
        reads: Reads,
        store: &Store,
        by: By,
    ) -> Result<Rendered, Error> {
        let rest = strip_header(statement);
        let read: HashSet<&str> = words(rest).collect();
        let slices = read.contains("scoped_slices");
        let (events, activity) = (read.contains("scoped_events"), slices || read.contains("scoped_activity"));
        let source = self.source(reads, activity && !events);
        let tells_users =
            read.contains("user_key") || (read.contains("unit") || slices) && self.unit == Unit::User;
        let by_user = tells_users || self.looks_at_profiles();
        let binder = Binder::default();
        let far = (by == By::Another).then(Vec::new);
        let named = read.iter().map(|word| (*word).to_owned()).collect();
        let (relations, files) = (Vec::new(), Vec::new());
        let mut parts =
            Parts { scope: self, store, source, reads, named, by_user, binder, far, files, relations };
        parts.known();
        parts.asked()?;
        if read.contains("chosen_units") {
            parts.chosen();
        }
        if events || activity {
            let sums = if events { None } else { parts.placed_sums()? };
            let is_summed = source == Source::Days || sums.is_some();
            let rows = sums.map_or_else(|| parts.rows(), Ok)?;
            if is_summed {
                parts.activity(&rows)?;
            } else {
                parts.events(&rows)?;
            }
            if slices {
                parts.slices(read.contains("steps"));
            }
        }
        let Parts { binder, relations, far, files, .. } = parts;
        let rest = rest.strip_prefix("with").unwrap_or(rest).trim_start();
        let (with, rest) = match rest.strip_prefix("recursive") {
            Some(rest) => ("with recursive", rest),
            None => ("with", rest),
        };
        let mut needed = needed(&relations, rest);
        let far = far::settled(&mut needed, rest, far.unwrap_or_default());
        let comma = if needed.is_empty() { "" } else { "," };
        let sql = format!("{with}\n{}{comma}\n{rest}", needed.join(",\n"));
        let source = (events || activity).then_some(source);
        Ok(Rendered { sql, params: binder.params, source, far, files })
    }
}

/// The statement without the comment that opens it.
pub(super) fn strip_header(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, below)| below).trim_start();
    }
    rest
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The relations that a statement reads, itself or through others; each reads only those before it.
///
/// The engine would plan the others as well, and open every segment to do so.
fn needed(relations: &[String], statement: &str) -> Vec<String> {
    let mut read: HashSet<&str> = words(statement).collect();
    let mut needed = Vec::new();
    for relation in relations.iter().rev() {
        let name = relation.split_once(" as ").map_or("", |(name, _)| name);
        if read.contains(name) {
            read.extend(words(relation));
            needed.push(relation.clone());
        }
    }
    needed.reverse();
    needed
}

/// The relations as they are made.
pub(super) struct Parts<'s> {
    pub(super) scope: &'s Scope,
    store: &'s Store,
    pub(super) source: Source,
    reads: Reads,
    /// The words of the statement.
    named: HashSet<String>,
    /// Whether it matters who did it.
    pub(super) by_user: bool,
    pub(super) binder: Binder,
    /// What another engine computes, if one is to.
    pub(super) far: Option<Vec<Far>>,
    /// The segments whose files are read.
    pub(super) files: Vec<Arc<Segment>>,
    pub(super) relations: Vec<String>,
}

impl Parts<'_> {
    /// The key of a text of the tenant, 0 when it has none: no row has that key.
    pub(super) fn key(&self, kind: KeyKind, text: &str) -> Result<u32, Error> {
        Ok(self.store.key(self.scope.project, kind, text)?.unwrap_or(0))
    }

    /// `scoped_events` from rows that are single events, and `scoped_activity` from that.
    fn events(&mut self, rows: &str) -> Result<(), Error> {
        let scope = self.scope;
        let (rows, texts) = self.with_texts(rows);
        let mut joins = self.profile_join().to_owned();
        let mut readings = vec!["null::varchar".to_owned(); 3];
        for (index, reading) in scope.readings.iter().enumerate().take(3) {
            let (column, join) = self.reading(index + 1, reading);
            readings[index] = column;
            joins.push_str(&join);
        }
        let columns = self.keys(&readings);
        let groups = self.groups();
        let (steps, exclusions) = (self.mask(&scope.steps)?, self.mask(&scope.exclusions)?);
        let filter = scope.filter.as_ref().map_or("true".to_owned(), |filter| self.predicate(filter));
        let (user, unit) = (self.user(), self.unit());
        let (in_range, in_previous) = self.periods("e.occurred_at");
        let (slice, number) = (self.slice("e.occurred_at"), self.number());
        let marked = if scope.only_marked { " where steps > 0 or exclusions > 0" } else { "" };
        self.relations.push(format!(
            "scoped_events as (select * from (select
    e.seq, e.occurred_at, e.name_key, e.path_key, {user} as user_key,
    {in_range} as in_range, {in_previous} as in_previous, {slice} as slice,
    {steps} as steps, {exclusions} as exclusions, {unit} as unit, {number} as number{columns}{groups}{texts}
from {rows} as e{joins}
where {filter}){marked})"
        ));
        let groups = groups.replace("e.", "");
        self.relations.push(format!(
            "scoped_activity as (select user_key, 1::uinteger as events, occurred_at as first_at, occurred_at as last_at,
    seq as first_seq, in_range, in_previous, slice, steps, unit, part_1, part_2, part_3, reading_1, reading_2, reading_3{groups}
from scoped_events)"
        ));
        Ok(())
    }

    /// The columns `part_1` to `reading_3`.
    fn keys(&self, readings: &[String]) -> String {
        let scope = self.scope;
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let mut parts = vec!["null::uinteger".to_owned(); 3];
        for (part, split) in parts.iter_mut().zip(skipped + 1..=scope.splits.len()) {
            *part = format!("e.group_{split}");
        }
        let mut columns = String::new();
        for (index, (part, reading)) in parts.iter().zip(readings).enumerate() {
            let number = index + 1;
            let _ = write!(columns, ",\n    {part} as part_{number}, {reading} as reading_{number}");
        }
        columns
    }

    /// The number that is read along.
    fn number(&mut self) -> String {
        let place = match &self.scope.number {
            None => return "null::double".to_owned(),
            Some(Number::Property(path)) => Place::property("e.properties", path, &mut self.binder),
            Some(Number::Revenue) => Place::integer("e.revenue"),
        };
        place.number().map_or("null::double".to_owned(), |number| format!("({number})"))
    }

    /// What is counted.
    fn unit(&self) -> &'static str {
        match self.scope.unit {
            Unit::User => self.user(),
            Unit::Session => "e.session_id",
            Unit::FirstSplit => "e.group_1",
        }
    }

    /// The number of the slice of time that an instant lies in: by division where slices are equal, else nested cases,
    /// the middle edge first.
    fn slice(&self, instant: &str) -> String {
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

    /// The rows with the texts that are read of them, and the columns of those.
    fn with_texts(&mut self, rows: &str) -> (String, String) {
        if self.source == Source::Events {
            // Only those that the statement names: what it does not is not fetched either.
            let mut columns = String::new();
            for column in WHOLE.iter().filter(|column| self.named.contains(**column)) {
                let _ = write!(columns, ", e.{column}");
            }
            return (rows.to_owned(), columns);
        }
        let (columns, joins, read) = match self.reads {
            Reads::Paths => (
                "n.name, u.path",
                "join event_names as n on n.name_key = e.name_key
                 left join event_paths as u on u.path_key = e.path_key",
                ", e.name, e.path",
            ),
            _ if self.reads == Reads::Names || self.tests_name() => {
                ("n.name", "join event_names as n on n.name_key = e.name_key", ", e.name")
            }
            _ => return (rows.to_owned(), String::new()),
        };
        self.relations.push(format!("texts as (select e.*, {columns} from {rows} as e {joins})"));
        ("texts".to_owned(), read.to_owned())
    }

    /// `scoped_activity` from sums.
    fn activity(&mut self, rows: &str) -> Result<(), Error> {
        let scope = self.scope;
        let filter = self.scope.filter.as_ref().map_or("true".to_owned(), |filter| self.predicate(filter));
        let (user, unit, groups, joins) = (self.user(), self.unit(), self.groups(), self.profile_join());
        let (in_range, in_previous) = self.periods("e.first_at");
        let slice = self.slice("e.first_at");
        let keys = self.keys(&vec!["null::varchar".to_owned(); 3]);
        let (steps, marked) = if self.source == Source::Days {
            // Only conditions that every event meets are asked of daily sums.
            (((1_u64 << scope.steps.len()) - 1).to_string(), String::new())
        } else {
            let (steps, exclusions) = (self.mask(&scope.steps)?, self.mask(&scope.exclusions)?);
            let marked = format!(" and ({steps} > 0 or {exclusions} > 0)");
            (steps, if scope.only_marked { marked } else { String::new() })
        };
        self.relations.push(format!(
            "scoped_activity as (select {user} as user_key, e.events, e.first_at, e.last_at, null::bigint as first_seq,
    {in_range} as in_range, {in_previous} as in_previous, {slice} as slice,
    {steps}::uinteger as steps, {unit} as unit{keys}{groups}
from {rows} as e{joins}
where {filter}{marked})"
        ));
        Ok(())
    }

    /// Who did it, if that counts as a user.
    fn user(&self) -> &'static str {
        match self.scope.users {
            Users::Identified => "case when e.is_identified then e.user_key end",
            Users::All => "e.user_key",
        }
    }

    fn groups(&self) -> String {
        let mut groups = String::new();
        for index in 1..=self.scope.splits.len() {
            let _ = write!(groups, ", e.group_{index}");
        }
        groups
    }

    fn profile_join(&self) -> &'static str {
        if self.scope.reads(&Subject::Profile) {
            "\nleft join known_profiles as p on p.user_key = e.user_key"
        } else {
            ""
        }
    }

    fn tests_name(&self) -> bool {
        let mut tests = Vec::new();
        self.scope.filters().for_each(|filter| filter.tests(&mut tests));
        tests.iter().any(|test| test.of == Subject::Event && test.key == Key::Field(Field::Name))
    }

    /// Whether an instant is in the range, and whether it is in the previous period.
    fn periods(&self, instant: &str) -> (String, String) {
        let within = |range: Range| {
            let (from, to) = (range.from().timestamp_micros(), range.to().timestamp_micros());
            format!("({instant} >= make_timestamp({from}) and {instant} < make_timestamp({to}))")
        };
        (within(self.scope.range), self.scope.previous.map_or("false".to_owned(), within))
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
