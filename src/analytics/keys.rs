//! The keys of rows that are split: read from an answer, spelled out, ordered, paged.

use super::breakdown::{Breakdown, BreakdownKey};
use super::filter::parse_first;
use super::unit::Counted;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::engine::scope::Scope;
use crate::engine::{Error, Question, Value, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use arrow::array::{RecordBatch, StringArray, UInt32Array};
use async_graphql::Context;
use std::collections::HashMap;
use std::hash::BuildHasher;

/// One value of a row's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyValue {
    /// A group, by its key.
    Group(u32),
    /// A property, as text.
    Text(String),
    /// Nothing.
    Missing,
}

/// The key of a row, in the order of the breakdown; empty for the whole.
pub type RowKey = Vec<KeyValue>;

/// The columns of an answer that make up keys: `part_1..3` (keys of groups) and `value_1..3` (texts).
#[derive(Debug)]
pub struct KeyColumns<'b> {
    parts: [&'b UInt32Array; 3],
    values: [&'b StringArray; 3],
}

impl<'b> KeyColumns<'b> {
    /// Finds the columns.
    pub fn of(batch: &'b RecordBatch) -> Result<Self, Error> {
        let part = |name| columns::masks(batch, name);
        let value = |name| columns::texts(batch, name);
        Ok(Self {
            parts: [part("part_1")?, part("part_2")?, part("part_3")?],
            values: [value("value_1")?, value("value_2")?, value("value_3")?],
        })
    }

    /// The key of a row. Parts are the groups split by, the unit's own first ([`Scope::own_part`]).
    #[must_use]
    pub fn key(&self, row: usize, unit: &Counted, breakdown: &[Breakdown]) -> RowKey {
        let has_own = breakdown.iter().any(|one| unit.is_split_by(one));
        let (mut part, mut value) = (usize::from(has_own), 0);
        let group =
            |index: usize| columns::value(self.parts[index], row).map_or(KeyValue::Missing, KeyValue::Group);
        let one = |one: &Breakdown| match one {
            _ if unit.is_split_by(one) => group(0),
            Breakdown::Group(_) => {
                part += 1;
                group(part - 1)
            }
            Breakdown::Property { .. } => {
                value += 1;
                columns::text(self.values[value - 1], row).map_or(KeyValue::Missing, KeyValue::Text)
            }
        };
        breakdown.iter().map(one).collect()
    }
}

/// Rows with their keys spelled out, in no order.
pub async fn spell_out<T, State: BuildHasher>(
    ctx: &Context<'_>,
    scope: &Scope,
    breakdown: &[Breakdown],
    rows: HashMap<RowKey, T, State>,
) -> Result<Vec<(Vec<BreakdownKey>, T)>, Failure> {
    let group = |value: &KeyValue| if let KeyValue::Group(key) = value { Some(*key) } else { None };
    let mut groups: Vec<u32> = rows.keys().flatten().filter_map(group).collect();
    groups.sort_unstable();
    groups.dedup();
    let ids = group_ids(ctx, scope, &groups).await?;
    let text = |value: KeyValue| match value {
        KeyValue::Group(key) => ids.get(&key).cloned(),
        KeyValue::Text(text) => Some(text),
        KeyValue::Missing => None,
    };
    let named = |key: RowKey| {
        let names = breakdown.iter().map(|breakdown| breakdown.name().to_owned());
        names.zip(key).map(|(name, value)| BreakdownKey { name, value: text(value) }).collect()
    };
    Ok(rows.into_iter().map(|(key, row)| (named(key), row)).collect())
}

/// The ids of groups, by their keys.
pub async fn group_ids(
    ctx: &Context<'_>,
    scope: &Scope,
    keys: &[u32],
) -> Result<HashMap<u32, String>, Failure> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = Value::List(keys.iter().map(|key| Value::UInt(*key)).collect());
    let question = Question::new("group_names", include_str!("group_names.sql")).with("keys", keys);
    let batches = ctx.caller()?.run_unlimited(scope, question).await?;
    let mut ids = HashMap::new();
    for batch in &batches {
        let (keys, texts) = (columns::masks(batch, "key")?, columns::texts(batch, "id")?);
        ids.extend((0..batch.num_rows()).map(|row| (keys.value(row), texts.value(row).to_owned())));
    }
    Ok(ids)
}

/// The event names that keys stand for.
pub async fn event_names(
    ctx: &Context<'_>,
    scope: &Scope,
    keys: &[u32],
) -> Result<HashMap<u32, String>, Failure> {
    let keys = Value::List(keys.iter().map(|key| Value::UInt(*key)).collect());
    let question = Question::new("event_names", include_str!("event_names.sql")).with("keys", keys);
    let mut names = HashMap::new();
    for batch in &ctx.caller()?.run_unlimited(scope, question).await? {
        let (keys, texts) = (columns::masks(batch, "key")?, columns::texts(batch, "name")?);
        names.extend((0..batch.num_rows()).map(|row| (keys.value(row), texts.value(row).to_owned())));
    }
    Ok(names)
}

/// A key to order by: values by code point, missing ones last.
#[must_use]
pub fn missing_last(keys: &[BreakdownKey]) -> Vec<(bool, Option<String>)> {
    keys.iter().map(|key| (key.value.is_none(), key.value.clone())).collect()
}

/// The group of the first breakdown by group.
#[must_use]
pub fn group_of(keys: &[BreakdownKey], breakdown: &[Breakdown]) -> Option<Group> {
    let place = breakdown.iter().position(|one| matches!(one, Breakdown::Group(_)))?;
    keys.get(place)?.value.clone().map(Group::later)
}

/// The value of the n-th key, for columns of flat forms.
#[must_use]
pub fn flat_key(keys: &[BreakdownKey], index: usize) -> Option<String> {
    keys.get(index).and_then(|key| key.value.clone())
}

/// Which of the ordered rows are asked for. A cursor is the number of rows before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    first: usize,
    skip: usize,
}

impl Page {
    /// Checks `first` (100 unless given) and `after`.
    pub fn parse(first: Option<i32>, after: Option<&str>, limits: &Limits) -> Result<Self, Invalid> {
        let first = parse_first(first, 100, limits)?;
        let skip = after.map_or(Ok(0), str::parse);
        let skip = skip
            .map_err(|_| Invalid::new("after", "is no cursor of this question; give the cursor of a row"))?;
        Ok(Self { first, skip })
    }

    /// The rows of the page, each with its cursor.
    pub fn of<T>(self, rows: impl IntoIterator<Item = T>) -> impl Iterator<Item = (T, String)> {
        let page = rows.into_iter().enumerate().skip(self.skip).take(self.first);
        page.map(|(place, row)| (row, (place + 1).to_string()))
    }
}
