//! A far read as a statement in the dialect of another engine.

use super::{Column, Far, MOST_EDGES, Must, Sum};
use crate::engine::dialect::Dialect;
use crate::engine::scope::rows::list;
use chrono::NaiveDate;
use std::fmt::Write as _;

impl Far {
    /// The statement, where each of its segments is a table.
    pub(in crate::engine) fn statement(&self, dialect: Dialect, tables: &[String]) -> String {
        let conditions: Vec<String> =
            self.conditions.iter().map(|condition| condition.holds(dialect)).collect();
        let conditions = conditions.join(" and ");
        let keys = || self.columns.iter().filter(|column| column.is_key()).map(|column| column.name);
        let columns: Vec<String> = match &self.sum {
            Sum::Nothing => self.columns.iter().map(Column::read).collect(),
            Sum::Days(edges) => {
                let columns = self.columns.iter().map(Column::read);
                columns.chain([format!("{} as part", day_part(dialect, edges))]).collect()
            }
            Sum::Events(edges) => {
                let part = format!("{} as part", instant_part(dialect, edges));
                keys().map(str::to_owned).chain(["occurred_at".to_owned(), part]).collect()
            }
        };
        let columns = columns.join(", ");
        // Each part has its own conditions, so that no engine need push them down.
        let parts: Vec<String> =
            tables.iter().map(|table| format!("select {columns} from {table} where {conditions}")).collect();
        let rows = parts.join("\nunion all\n");
        let sums = match &self.sum {
            Sum::Nothing => return rows,
            Sum::Days(_) => ["sum(events) as events", "min(first_at) as first_at", "max(last_at) as last_at"],
            Sum::Events(_) => {
                ["count(*) as events", "min(occurred_at) as first_at", "max(occurred_at) as last_at"]
            }
        };
        let (keys, sums): (Vec<&str>, Vec<&str>) = (keys().collect(), keys().chain(sums).collect());
        let by: Vec<&str> = keys.into_iter().chain(["part"]).collect();
        format!("select {} from (\n{rows}\n) as sealed group by {}", sums.join(", "), by.join(", "))
    }
}

impl Column {
    fn read(&self) -> String {
        self.from.map_or(self.name.to_owned(), |from| format!("{from} as {}", self.name))
    }
}

impl Must {
    fn holds(&self, dialect: Dialect) -> String {
        match self {
            Self::Own(project) => format!("project = {project}"),
            Self::From(micros) => format!("occurred_at >= {}", dialect.instant(*micros)),
            Self::Before(micros) => format!("occurred_at < {}", dialect.instant(*micros)),
            Self::Behind(seq) => format!("seq > {seq}"),
            Self::FromDay(day) => format!("day >= {}", dialect.day(*day)),
            Self::UpToDay(day) => format!("day <= {}", dialect.day(*day)),
            Self::NotDay(day) => format!("day <> {}", dialect.day(*day)),
            Self::Named(keys) => format!("name_key in ({})", list(keys)),
            Self::In(keys) => format!("group_key in ({})", list(keys)),
            Self::Grouped => "group_key is not null".to_owned(),
            Self::First => "place = 0".to_owned(),
        }
    }
}

/// The part of time between edges that a day lies in; where no edges are told, each day is a part of its own.
///
/// A day with an edge inside is not among the rows: its single events are read.
fn day_part(dialect: Dialect, edges: &[NaiveDate]) -> String {
    if edges.is_empty() {
        return "day".to_owned();
    }
    part("day", edges.iter().map(|edge| dialect.day(*edge)))
}

/// The part of time between edges that an instant lies in. Where there are many, the longest unit of time that has an edge
/// at no other place than its ends.
fn instant_part(dialect: Dialect, edges: &[i64]) -> String {
    if edges.len() <= MOST_EDGES {
        return part("occurred_at", edges.iter().map(|edge| dialect.instant(*edge)));
    }
    let units =
        [("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000)];
    let fits = |length: i64| edges.iter().all(|edge| edge.rem_euclid(length) == 0);
    let unit = units.into_iter().find(|(_, length)| fits(*length));
    unit.map_or("occurred_at".to_owned(), |(unit, _)| dialect.beginning(unit, "occurred_at"))
}

fn part(column: &str, edges: impl Iterator<Item = String>) -> String {
    let (mut cases, mut last) = (String::from("case"), 0);
    for (number, edge) in edges.enumerate() {
        let _ = write!(cases, " when {column} < {edge} then {number}");
        last = number + 1;
    }
    // Without an edge everything is one part.
    if last == 0 { "0".to_owned() } else { format!("{cases} else {last} end") }
}
