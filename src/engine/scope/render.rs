//! The scope as SQL: relations before a statement.
//!
//! ```text
//! the tenant's own rows -> what is known of groups, profiles, memberships (known.rs, known.sql)
//! rows from the source, split by groups (rows.rs) -> scoped_events or scoped_activity: filtered, marked, read along
//! ```

use super::far::{self, Far};
use super::masks::Masks;
use super::source::Source;
use super::{Reads, Scope, Unit, Users};
use crate::domain::time::Range;
use crate::engine::Value;
use crate::engine::filter::{Binder, Field, Key, Subject};
use crate::store::{Error, KeyKind, Segment, Store};
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
        let summed = ["scoped_slices", "scoped_masks", "scoped_unit_masks", "scoped_step_masks"]
            .iter()
            .any(|name| read.contains(name));
        let (hits, counts) = (read.contains("scoped_hits"), read.contains("scoped_counts"));
        let (events, activity) =
            (hits || read.contains("scoped_events"), summed || counts || read.contains("scoped_activity"));
        let source = self.source(reads, activity && !events);
        let tells_users =
            read.contains("user_key") || (read.contains("unit") || summed || hits) && self.unit == Unit::User;
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
            // What is summed says what it reads, so that the rows before it have nothing else.
            let summed: Vec<String> = [
                hits.then(|| parts.hits()),
                counts.then(|| parts.counts()),
                read.contains("scoped_slices").then(|| parts.slices(read.contains("steps"))),
                read.contains("scoped_masks").then(|| parts.masks(Masks::Counted)).flatten(),
                read.contains("scoped_unit_masks").then(|| parts.masks(Masks::OfUnits)).flatten(),
                read.contains("scoped_step_masks").then(|| parts.masks(Masks::BySteps)).flatten(),
            ]
            .into_iter()
            .flatten()
            .collect();
            for relation in &summed {
                parts.name_words(relation);
            }
            let sums = if events { None } else { parts.placed_sums()? };
            let is_summed = source == Source::Days || sums.is_some();
            let rows = sums.map_or_else(|| parts.rows(), Ok)?;
            if is_summed {
                parts.activity(&rows)?;
            } else {
                parts.events(&rows, activity)?;
            }
            parts.relations.extend(summed);
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
    /// The words of the statement and of what is summed: a column that is none of them is not made.
    pub(super) named: HashSet<String>,
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

    /// What is counted.
    pub(super) fn unit(&self) -> &'static str {
        match self.scope.unit {
            Unit::User => self.user(),
            Unit::Session => "e.session_id",
            Unit::FirstSplit => "e.group_1",
        }
    }

    /// The rows with the texts that are read of them, and the columns of those.
    pub(super) fn with_texts(&mut self, rows: &str) -> (String, String) {
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

    /// Who did it, if that counts as a user.
    pub(super) fn user(&self) -> &'static str {
        match self.scope.users {
            Users::Identified => "case when e.is_identified then e.user_key end",
            Users::All => "e.user_key",
        }
    }

    pub(super) fn groups(&self) -> String {
        let mut groups = String::new();
        for index in 1..=self.scope.splits.len() {
            let _ = write!(groups, ", e.group_{index}");
        }
        groups
    }

    pub(super) fn profile_join(&self) -> &'static str {
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
    pub(super) fn periods(&self, instant: &str) -> (String, String) {
        let within = |range: Range| {
            let (from, to) = (range.from().timestamp_micros(), range.to().timestamp_micros());
            format!("({instant} >= make_timestamp({from}) and {instant} < make_timestamp({to}))")
        };
        (within(self.scope.range), self.scope.previous.map_or("false".to_owned(), within))
    }
}
