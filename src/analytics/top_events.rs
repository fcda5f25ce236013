//! What do a group's users do most?
//!
//! Event names by how often they happened. `screen_view`, `session_start` and `session_end` are left out.
//! Example: three `report_exported` of two users and one `login` give (`report_exported`, 3, 2), (`login`, 1, 1).

use super::count::int;
use super::of_group::{EventChoice, OfGroup, lists_of};
use crate::caller::Caller;
use crate::engine::scope::Condition;
use crate::engine::{Question, arrow};
use crate::error::Failure;
use async_graphql::SimpleObject;
use std::collections::HashMap;

/// An event name and how often it happened in a group.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TopEvent {
    /// The event's name.
    pub name: String,
    /// How many of these events happened.
    pub events: i32,
    /// How many different users did it.
    pub active_users: i32,
}

/// Asks for a group's most frequent events.
#[derive(Debug, Clone, PartialEq)]
pub struct TopEventsSpec {
    /// Which events.
    pub choice: EventChoice,
    /// How many names.
    pub first: usize,
    /// Whether users are counted: who did it is most of what counting costs. Otherwise they are 0.
    pub wants_users: bool,
}

/// What happens without anybody doing it on purpose.
const NO_DEEDS: [&str; 3] = ["screen_view", "session_start", "session_end"];

impl OfGroup for TopEventsSpec {
    type Answer = Vec<TopEvent>;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Vec<TopEvent>>, Failure> {
        let first = i64::try_from(self.first).unwrap_or(i64::MAX);
        let question = if self.wants_users {
            Question::new("top_events", include_str!("top_events.sql"))
        } else {
            Question::new("top_events_totals", include_str!("top_events_totals.sql"))
        };
        let question = question.with("first", first);
        let mut scope = self.choice.scope(caller, ids);
        scope.exclusions = NO_DEEDS.map(Condition::named).to_vec();
        let batches = caller.run_unlimited(&scope, question).await?;
        lists_of(&batches, ids, |batch, row| {
            let users = if self.wants_users { arrow::integers(batch, "active_users")?.value(row) } else { 0 };
            Ok(TopEvent {
                name: arrow::texts(batch, "name")?.value(row).to_owned(),
                events: int("events", arrow::integers(batch, "events")?.value(row))?,
                active_users: int("activeUsers", users)?,
            })
        })
    }
}
