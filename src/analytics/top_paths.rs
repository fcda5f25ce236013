//! Which pages or screens do a group's users look at most?
//!
//! Paths by how many `screen_view` events they have. Example: two views of `/a` and one of `/b` give (`/a`, 2),
//! (`/b`, 1); other events with a path are not counted.

use super::count::int;
use super::of_group::{EventChoice, OfGroup, lists_of};
use crate::caller::Caller;
use crate::engine::scope::Condition;
use crate::engine::{Question, arrow};
use crate::error::Failure;
use async_graphql::SimpleObject;
use std::collections::HashMap;

/// A path and how often it was viewed in a group.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TopPath {
    /// Path of the page or screen.
    pub path: String,
    /// How many `screen_view` events it has.
    pub events: i32,
}

/// Asks for a group's most viewed paths.
#[derive(Debug, Clone, PartialEq)]
pub struct TopPathsSpec {
    /// Which events.
    pub choice: EventChoice,
    /// How many paths.
    pub first: usize,
}

impl OfGroup for TopPathsSpec {
    type Answer = Vec<TopPath>;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<TopPath>>, Failure> {
        let first = i64::try_from(self.first).unwrap_or(i64::MAX);
        let question = Question::new("top_paths", include_str!("top_paths.sql")).with("first", first);
        let mut scope = self.choice.scope(caller, ids);
        scope.steps = vec![Condition::named("screen_view")];
        scope.only_marked = true;
        let batches = caller.run_unlimited(&scope, question).await?;
        lists_of(&batches, ids, |batch, row| {
            Ok(TopPath {
                path: arrow::texts(batch, "path")?.value(row).to_owned(),
                events: int("events", arrow::integers(batch, "events")?.value(row))?,
            })
        })
    }
}
