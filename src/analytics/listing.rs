//! Lists of the groups of a type, the most telling first: what slipping away, new groups and adoption share.
//!
//! A list holds groups that are of the type now and not deleted. Its statement gives one row for each group on the
//! page: what [`decode_known`] and its analysis read, `group_id`, and the numbers `order_1` and `order_2` that the list
//! is ordered by, ascending, then by the id. Every row also tells the numbers of the whole list, and an empty page is
//! one row without a group. So one statement answers totals and rows.
//!
//! A cursor holds the list and the group type it belongs to, the two numbers and the id. A page begins behind them,
//! whether the row is still there or not.

use super::count::int;
use super::filter::{Common, only_named, parse_first, parse_group_type};
use super::hint::hint;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::scope::{Lookback, Scope, Split};
use crate::engine::{Question, Value, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use crate::graphql::known_group::{KnownGroup, decode_known};
use crate::graphql::page::{decode_cursor, encode_cursor};
use arrow::array::{Array, RecordBatch};
use async_graphql::Context;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use tokio::sync::OnceCell;

/// The arguments, as they are typed.
#[derive(Debug)]
pub struct ListingInput {
    /// Range, filter, attribution, users, group properties.
    pub common: Common,
    /// The type of the groups.
    pub group_type: String,
    /// Only events of this name.
    pub event: Option<String>,
    /// How many rows.
    pub first: Option<i32>,
    /// The row behind which the page begins.
    pub after: Option<String>,
}

/// A checked question for a list, and its answer once it was asked.
#[derive(Debug)]
pub struct Listing {
    /// The name of the root field.
    field: &'static str,
    /// The type of the groups.
    pub group_type: String,
    /// The scope, split by the groups of the type.
    pub scope: Scope,
    first: usize,
    after: Place,
    answer: OnceCell<Vec<RecordBatch>>,
}

/// Where a row stands in the order of its list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    numbers: [i64; 2],
    group_id: String,
}

/// Reads the columns of one row of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Row<'b> {
    batch: &'b RecordBatch,
    row: usize,
}

/// What every row of a list has.
#[derive(Debug)]
pub struct Listed {
    /// The group's id.
    pub group_id: String,
    /// Its entity.
    pub known: KnownGroup,
    /// The row's cursor.
    pub cursor: String,
}

impl Listed {
    /// The group as a node.
    #[must_use]
    pub fn group(&self) -> Group {
        Group::known(self.group_id.clone(), Some(self.known.clone()))
    }
}

impl Listing {
    /// Checks the arguments of a root field.
    pub fn parse(field: &'static str, input: ListingInput, caller: &Caller) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let group_type = parse_group_type("groupType", &input.group_type, limits)?;
        let mut scope = input.common.scope(caller)?;
        only_named(&mut scope, input.event, limits)?;
        scope.splits = vec![Split::Type(group_type.clone())];
        let first = parse_first(input.first, 100, limits)?;
        let after = match input.after {
            Some(cursor) => Place::parse(&cursor, field, &group_type)?,
            None => Place { numbers: [i64::MIN; 2], group_id: String::new() },
        };
        Ok(Self { field, group_type, scope, first, after, answer: OnceCell::new() })
    }

    /// Asks the list's statement, once.
    pub async fn ask(&self, ctx: &Context<'_>, question: Question) -> Result<&[RecordBatch], Failure> {
        self.answer.get_or_try_init(|| self.ask_in(ctx, &self.scope, question)).await.map(Vec::as_slice)
    }

    /// Asks the list's statement, once, about the groups that begin in the range: the parameter `$new`. What they did is
    /// all in the range, so nothing before it is read but when each group began.
    pub async fn ask_born(&self, ctx: &Context<'_>, question: Question) -> Result<&[RecordBatch], Failure> {
        let ask = async || {
            let born = Question::new("groups_born", include_str!("groups_born.sql"));
            let mut keys = Vec::new();
            for batch in ctx.caller()?.run_unlimited(&self.scope, born).await? {
                keys.extend(
                    columns::masks(&batch, "group_key")?.values().iter().map(|key| Value::UInt(*key)),
                );
            }
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let scope = Scope { lookback: Lookback::None, ..self.scope.clone() };
            self.ask_in(ctx, &scope, question.with("new", Value::List(keys))).await
        };
        self.answer.get_or_try_init(ask).await.map(Vec::as_slice)
    }

    async fn ask_in(
        &self,
        ctx: &Context<'_>,
        scope: &Scope,
        question: Question,
    ) -> Result<Vec<RecordBatch>, Failure> {
        let [first, second] = self.after.numbers;
        let question = question
            .with("after_1", first)
            .with("after_2", second)
            .with("after_id", self.after.group_id.clone())
            .with("limit", i64::try_from(self.first).unwrap_or(i64::MAX));
        ctx.caller()?.run_unlimited(scope, question).await
    }

    /// Reads the rows of the page.
    pub fn page<T>(
        &self,
        ctx: &Context<'_>,
        answer: &[RecordBatch],
        read: impl Fn(Row<'_>, Listed) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        for batch in answer {
            let ids = columns::texts(batch, "group_id")?;
            for row in (0..batch.num_rows()).filter(|row| ids.is_valid(*row)) {
                let group_id = ids.value(row).to_owned();
                let row = Row { batch, row };
                let numbers = [row.number("order_1")?, row.number("order_2")?];
                let place = Place { numbers, group_id: group_id.clone() };
                let cursor = place.encode(self.field, &self.group_type);
                rows.push(read(row, Listed { group_id, known: decode_known(batch, row.row)?, cursor })?);
            }
        }
        ctx.loaders()?.budget().charge("rows", "first", rows.len())?;
        Ok(rows)
    }

    /// The events of the groups in the range, each once. Where everything before the range is read, only those of
    /// groups without an event before it.
    pub async fn events_once(&self, ctx: &Context<'_>, scope: &Scope) -> Result<i32, Failure> {
        let question = match scope.rows_as_bits() {
            None => Question::new("listing_events", include_str!("listing_events.sql")),
            Some(rows) => {
                Question::new("listing_events", include_str!("listing_events_bits.sql")).with("rows", rows)
            }
        };
        let batches = ctx.caller()?.run(scope, question).await?;
        whole(&batches).map_or(Ok(0), |row| row.count("events", "events"))
    }

    /// Why the answer may be empty: see [`super::hint`].
    pub async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        hint(ctx, &self.scope, &[], Some(&self.group_type)).await
    }
}

/// The row that tells the numbers of the whole list: any.
#[must_use]
pub fn whole(answer: &[RecordBatch]) -> Option<Row<'_>> {
    let batch = answer.iter().find(|batch| batch.num_rows() > 0)?;
    Some(Row { batch, row: 0 })
}

impl Row<'_> {
    /// A whole number.
    pub fn number(&self, column: &str) -> Result<i64, Failure> {
        Ok(columns::integers(self.batch, column)?.value(self.row))
    }

    /// A count, for a field of the answer.
    pub fn count(&self, field: &str, column: &str) -> Result<i32, Failure> {
        int(field, self.number(column)?)
    }

    /// A number with fractions, if there is one.
    pub fn fraction(&self, column: &str) -> Result<Option<f64>, Failure> {
        Ok(columns::value(columns::floats(self.batch, column)?, self.row))
    }

    /// A truth value.
    pub fn truth(&self, column: &str) -> Result<bool, Failure> {
        Ok(columns::booleans(self.batch, column)?.value(self.row))
    }

    /// An instant, if there is one.
    pub fn instant(&self, column: &str) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(columns::instant(columns::instants(self.batch, column)?, self.row))
    }
}

impl Place {
    fn encode(&self, field: &str, group_type: &str) -> String {
        let [first, second] = self.numbers;
        let text = |text: &str| Json::from(text);
        encode_cursor(&[text(field), text(group_type), first.into(), second.into(), text(&self.group_id)])
    }

    fn parse(cursor: &str, field: &str, group_type: &str) -> Result<Self, Invalid> {
        let parts = decode_cursor(cursor, 5).ok();
        let place = match parts.as_deref() {
            Some([of, in_type, first, second, Json::String(group_id)])
                if of == field && in_type == group_type =>
            {
                let numbers = first.as_i64().zip(second.as_i64());
                numbers.map(|(first, second)| Self { numbers: [first, second], group_id: group_id.clone() })
            }
            _ => None,
        };
        let reason = "is no cursor of this question; give the cursor of a row of it";
        place.ok_or_else(|| Invalid::new("after", reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_list_and_type() {
        let place = Place { numbers: [-3, i64::MAX], group_id: "a \"b\"".to_owned() };
        let cursor = place.encode("newGroups", "company");
        assert_eq!(Place::parse(&cursor, "newGroups", "company"), Ok(place));
        assert!(Place::parse(&cursor, "adoption", "company").is_err());
        assert!(Place::parse(&cursor, "newGroups", "team").is_err());
        assert!(Place::parse("nonsense", "newGroups", "company").is_err());
    }
}
