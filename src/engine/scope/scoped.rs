//! `scoped_events` and `scoped_activity`: rows filtered, marked and read along, with the columns that the statement reads.
//!
//! A column that nothing reads would not be computed, but making it part of the plan takes time as well.

use super::Number;
use super::Unit;
use super::render::{Parts, words};
use super::source::Source;
use crate::engine::filter::Place;
use crate::store::Error;

impl Parts<'_> {
    /// Says that the words of a text are read.
    pub(super) fn name_words(&mut self, text: &str) {
        self.named.extend(words(text).map(str::to_owned));
    }

    /// The columns that are read, each an expression and its name.
    fn read_columns(&self, columns: &[(&str, &str)]) -> String {
        let is_read = |(_, name): &&(&str, &str)| self.named.contains(*name);
        let columns: Vec<String> =
            columns.iter().filter(is_read).map(|(column, name)| format!("{column} as {name}")).collect();
        columns.join(",\n    ")
    }

    /// `scoped_events` from rows that are single events, and `scoped_activity` from that where it is read.
    pub(super) fn events(&mut self, rows: &str, activity: bool) -> Result<(), Error> {
        let scope = self.scope;
        let groups = self.groups();
        let activity = activity.then(|| {
            let columns = self.read_columns(&[
                ("user_key", "user_key"),
                ("occurred_at", "first_at"),
                ("occurred_at", "last_at"),
                ("seq", "first_seq"),
                ("in_range", "in_range"),
                ("in_previous", "in_previous"),
                ("slice", "slice"),
                ("steps", "steps"),
                ("unit", "unit"),
                ("part_1", "part_1"),
                ("part_2", "part_2"),
                ("part_3", "part_3"),
                ("reading_1", "reading_1"),
                ("reading_2", "reading_2"),
                ("reading_3", "reading_3"),
            ]);
            let (comma, groups) = (if columns.is_empty() { "" } else { "," }, groups.replace("e.", ""));
            format!("scoped_activity as (select 1::uinteger as events{comma} {columns}{groups} from scoped_events)")
        });
        if let Some(relation) = &activity {
            self.name_words(relation);
        }
        let (rows, texts) = self.with_texts(rows);
        let mut joins = self.profile_join().to_owned();
        let mut readings = vec!["null::varchar".to_owned(); 3];
        for (index, reading) in scope.readings.iter().enumerate().take(3) {
            let (column, join) = self.reading(index + 1, reading);
            readings[index] = column;
            joins.push_str(&join);
        }
        let parts = self.parts();
        let (steps, exclusions) = (self.mask(&scope.steps)?, self.mask(&scope.exclusions)?);
        let filter = scope.filter.as_ref().map_or("true".to_owned(), |filter| self.predicate(filter));
        let (user, unit) = (self.user(), self.unit());
        let (in_range, in_previous) = self.periods("e.occurred_at");
        let (slice, number) = (self.slice("e.occurred_at"), self.number());
        let marked = if scope.only_marked {
            self.name_words("steps exclusions");
            " where steps > 0 or exclusions > 0"
        } else {
            ""
        };
        // There is always one column to count rows by.
        self.name_words("occurred_at");
        let columns = self.read_columns(&[
            ("e.seq", "seq"),
            ("e.occurred_at", "occurred_at"),
            ("e.name_key", "name_key"),
            ("e.path_key", "path_key"),
            (user, "user_key"),
            (&in_range, "in_range"),
            (&in_previous, "in_previous"),
            (&slice, "slice"),
            (&steps, "steps"),
            (&exclusions, "exclusions"),
            (unit, "unit"),
            (&number, "number"),
            (&parts[0], "part_1"),
            (&parts[1], "part_2"),
            (&parts[2], "part_3"),
            (&readings[0], "reading_1"),
            (&readings[1], "reading_2"),
            (&readings[2], "reading_3"),
        ]);
        self.relations.push(format!(
            "scoped_events as (select * from (select
    {columns}{groups}{texts}
from {rows} as e{joins}
where {filter}){marked})"
        ));
        self.relations.extend(activity);
        Ok(())
    }

    /// The columns `part_1` to `part_3`.
    fn parts(&self) -> [String; 3] {
        let scope = self.scope;
        let skipped = usize::from(scope.unit == Unit::FirstSplit && !scope.own_part);
        let mut parts = [(); 3].map(|()| "null::uinteger".to_owned());
        for (part, split) in parts.iter_mut().zip(skipped + 1..=scope.splits.len()) {
            *part = format!("e.group_{split}");
        }
        parts
    }

    /// `scoped_activity` from sums.
    pub(super) fn activity(&mut self, rows: &str) -> Result<(), Error> {
        let scope = self.scope;
        let filter = self.scope.filter.as_ref().map_or("true".to_owned(), |filter| self.predicate(filter));
        let (user, unit, groups, joins) = (self.user(), self.unit(), self.groups(), self.profile_join());
        let (in_range, in_previous) = self.periods("e.first_at");
        let slice = self.slice("e.first_at");
        let parts = self.parts();
        let (steps, marked) = if self.source == Source::Days {
            // Only conditions that every event meets are asked of daily sums.
            (((1_u64 << scope.steps.len()) - 1).to_string(), String::new())
        } else {
            let (steps, exclusions) = (self.mask(&scope.steps)?, self.mask(&scope.exclusions)?);
            let marked = format!(" and ({steps} > 0 or {exclusions} > 0)");
            (steps, if scope.only_marked { marked } else { String::new() })
        };
        let steps = format!("{steps}::uinteger");
        // There is always one column to count rows by.
        self.name_words("events");
        let columns = self.read_columns(&[
            ("e.events", "events"),
            (user, "user_key"),
            ("e.first_at", "first_at"),
            ("e.last_at", "last_at"),
            ("null::bigint", "first_seq"),
            (&in_range, "in_range"),
            (&in_previous, "in_previous"),
            (&slice, "slice"),
            (&steps, "steps"),
            (unit, "unit"),
            (&parts[0], "part_1"),
            (&parts[1], "part_2"),
            (&parts[2], "part_3"),
            ("null::varchar", "reading_1"),
            ("null::varchar", "reading_2"),
            ("null::varchar", "reading_3"),
        ]);
        self.relations.push(format!(
            "scoped_activity as (select
    {columns}{groups}
from {rows} as e{joins}
where {filter}{marked})"
        ));
        Ok(())
    }

    /// The number that is read along.
    pub(super) fn number(&mut self) -> String {
        let place = match &self.scope.number {
            None => return "null::double".to_owned(),
            Some(Number::Property(path)) => Place::property("e.properties", path, &mut self.binder),
            Some(Number::Revenue) => Place::integer("e.revenue"),
        };
        place.number().map_or("null::double".to_owned(), |number| format!("({number})"))
    }
}
