//! The factors of one field's price, as its arguments say them. Arguments mean the same on every field, so they are
//! told apart by their names.

use super::super::node::{Node, Values};
use super::super::types::Field as Known;
use crate::analytics::scalars::{parse_day, parse_instant};
use crate::domain::limits::Limits;
use crate::domain::time::{Interval, parse_duration};
use async_graphql::parser::types::Field;

/// Fields that cut time into days without an argument that says so.
const BY_DAY: [&str; 2] = ["coverage", "coverageTable"];

/// Fields that take a breakdown, and have rows without one too: the groups.
const ROWS_OF_GROUPS: [&str; 1] = ["activeUsers"];

/// Intervals from short to long, each with the word for it.
pub(super) const INTERVALS: [(Interval, &str); 6] = [
    (Interval::Hour, "HOUR"),
    (Interval::Day, "DAY"),
    (Interval::Week, "WEEK"),
    (Interval::Month, "MONTH"),
    (Interval::Quarter, "QUARTER"),
    (Interval::Year, "YEAR"),
];

/// What one field's arguments say of the size of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Factors {
    /// How many rows or nodes are asked for, where the field answers a list.
    pub(super) first: Option<u64>,
    /// By how many things rows are split; `None` where the field takes no breakdown.
    pub(super) breakdowns: Option<u64>,
    /// Whether there are rows without a breakdown too.
    pub(super) has_groups: bool,
    /// Into what time is cut.
    pub(super) interval: Option<Interval>,
    /// How long the range is, in hours.
    pub(super) hours: u64,
    /// How the range is given.
    pub(super) range: Range,
    /// The columns of each bucket.
    pub(super) columns: Columns,
    /// Steps, or series and formulas.
    pub(super) steps: u64,
    /// 2 where the period before is asked for as well.
    pub(super) periods: u64,
    /// How many children each node of a tree keeps, and how deep it goes.
    pub(super) tree: Option<(u64, u64)>,
    /// The most rows, buckets and breakdowns that any field answers.
    pub(super) most: (u64, u64, u64),
}

/// How a range is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// As the time before now.
    Last,
    /// By two instants.
    Instants,
    /// By two days.
    Days,
    /// Not at all.
    Ever,
}

/// The columns of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// The bucket is one cell.
    One,
    /// So many.
    Given(u64),
    /// One for each bucket that is not before it.
    Later,
}

impl Factors {
    /// Reads a field; `None` when it takes no arguments.
    pub(super) fn read(field: &Field, known: &Known, values: &Values<'_>, limits: &Limits) -> Option<Self> {
        if known.slots.is_empty() {
            return None;
        }
        let slot = |name: &str| known.slots.iter().find(|slot| slot.name == name);
        let node = |name: &str| {
            let slot = slot(name)?;
            let given = field.arguments.iter().find(|(given, _)| given.node == name);
            let given = given.and_then(|(_, value)| values.of(Node::Written(&value.node)));
            given.or_else(|| slot.default.as_ref().map(Node::Given)).filter(|node| !node.is_null())
        };
        let number = |name: &str| node(name)?.number()?.as_u64();
        let count = |name: &str| node(name).map_or(0, |node| items(node));
        let is_flat = slot("from").is_some();
        let word = node("interval").and_then(Node::word);
        let known_interval = INTERVALS.into_iter().find(|(_, known)| Some(*known) == word);
        let interval = match known_interval.map(|(interval, _)| interval) {
            None if BY_DAY.contains(&field.name.node.as_str()) => Some(Interval::Day),
            // A flat form is cut into days unless it says otherwise.
            None if is_flat && slot("interval").is_some() => Some(Interval::Day),
            read => read,
        };
        let (range, hours) = span(&node, values);
        let columns = match (slot("columns"), number("columns")) {
            (None, _) => Columns::One,
            (Some(_), Some(columns)) => Columns::Given(columns),
            (Some(_), None) => Columns::Later,
        };
        let is_compared = node("comparePrevious").is_some_and(Node::is_true);
        Some(Self {
            first: slot("first").map(|_| number("first").unwrap_or(1)),
            breakdowns: slot("breakdown").map(|_| count("breakdown")),
            has_groups: ROWS_OF_GROUPS.contains(&field.name.node.as_str()),
            interval,
            hours,
            range,
            columns,
            steps: (count("steps") + count("series") + count("formulas")).max(1),
            periods: if is_compared { 2 } else { 1 },
            tree: number("top").zip(number("length")),
            most: (whole(limits.rows), whole(limits.buckets), whole(limits.breakdowns)),
        })
    }

    /// For how many rows that which lies below is asked.
    pub(super) fn rows(&self) -> u64 {
        let first = self.first.filter(|_| !self.is_refused()).unwrap_or(1);
        match self.breakdowns {
            None => first,
            Some(0) if !self.has_groups => 1,
            // The rows, and the whole.
            Some(_) => first + 1,
        }
    }

    /// How many cells the field answers, at most.
    pub(super) fn cells(&self) -> u64 {
        if self.is_refused() {
            return 1;
        }
        let buckets = self.buckets();
        let times = match self.columns {
            Columns::One => buckets,
            Columns::Given(columns) => buckets.saturating_mul(columns),
            Columns::Later => buckets.saturating_mul(buckets + 1) / 2,
        };
        let tree = self.tree.map_or(1, |(top, length)| {
            let nodes = (top + 1).saturating_pow(u32::try_from(length).unwrap_or(u32::MAX));
            nodes.min(self.most.0)
        });
        let row = times.saturating_mul(self.steps).saturating_mul(tree);
        let row = row.saturating_add(self.breakdowns.unwrap_or(0));
        self.rows().saturating_mul(row).saturating_mul(self.periods).max(1)
    }

    /// Whether the field refuses its arguments, so that nothing is answered.
    fn is_refused(&self) -> bool {
        let (rows, buckets, breakdowns) = self.most;
        self.first.is_some_and(|first| first == 0 || first > rows)
            || self.buckets() > buckets
            || self.breakdowns.is_some_and(|given| given > breakdowns)
    }

    /// The buckets that the range touches, about.
    fn buckets(&self) -> u64 {
        let Some(interval) = self.interval else { return 1 };
        let hours = match interval {
            Interval::Hour => 1,
            Interval::Day => 24,
            Interval::Week => 24 * 7,
            Interval::Month => 24 * 30,
            Interval::Quarter => 24 * 91,
            Interval::Year => 24 * 365,
        };
        self.hours.div_ceil(hours).max(1)
    }
}

/// How the range is given and how many hours it has; none where it is not given.
fn span<'a>(node: &impl Fn(&str) -> Option<Node<'a>>, values: &Values<'a>) -> (Range, u64) {
    let hours = |seconds: i64| u64::try_from(seconds).unwrap_or(0).div_ceil(3600);
    // Where both are given, the days hold.
    let day = |name: &str| parse_day(node(name)?.text()?).ok();
    if let Some((from, to)) = day("from").zip(day("to")) {
        return (Range::Days, hours((to - from).num_seconds()));
    }
    if let Some(last) = node("last").and_then(Node::text) {
        let last = parse_duration("last", last).map_or(0, |last| last.num_seconds());
        return (Range::Last, hours(last));
    }
    if let Some(range) = node("range") {
        let end = |name: &str| parse_instant(values.of(range.named(name)?)?.text()?).ok();
        let span = end("from").zip(end("to")).map_or(0, |(from, to)| (to - from).num_seconds());
        return (Range::Instants, hours(span));
    }
    (Range::Ever, 0)
}

/// How many things are in a list: written as one, as one value that stands for it, or as a text with commas between.
fn items(node: Node<'_>) -> u64 {
    match (node.items(), node.text()) {
        (Some(items), _) => whole(items.count()),
        (None, Some(text)) if text.trim().is_empty() => 0,
        (None, Some(text)) => whole(text.split(',').count()),
        (None, None) => 1,
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
