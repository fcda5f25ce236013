//! How much happened in a group in a range?
//!
//! Events are those the attribution gives to the group; active users are counted once however often they were
//! active; members are the profiles whose membership is open at the end of the range. Example: of three events
//! of Ann, Bob and Ann, the last exactly at `to`, two are counted, with two active users.

use super::count::int;
use super::of_group::{EventChoice, OfGroup, one_of};
use super::scalars::DateTime;
use crate::caller::Caller;
use crate::engine::{Question, arrow};
use crate::error::Failure;
use async_graphql::{Lookahead, SimpleObject};
use std::collections::HashMap;

/// What happened in a group in a range.
#[derive(Debug, Clone, Default, SimpleObject)]
pub struct GroupMetrics {
    /// How many events happened.
    pub events: i32,
    /// How many different users were active: profiles, and with `users: ALL` devices of anonymous events too.
    pub active_users: i32,
    /// How many profiles were members at the end of the range.
    pub members: i32,
    /// When the first event in the range happened. Null when there is none.
    pub first_seen_at: Option<DateTime>,
    /// When the last event in the range happened. Null when there is none.
    pub last_seen_at: Option<DateTime>,
}

/// Asks for a group's figures: those that are wanted. The others are 0.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMetricsSpec {
    /// Which events.
    pub choice: EventChoice,
    /// Whether users are counted.
    pub wants_users: bool,
    /// Whether members are counted.
    pub wants_members: bool,
    /// Whether anything about events is wanted.
    pub wants_events: bool,
}

impl GroupMetricsSpec {
    /// Asks for the figures that a field's selection names.
    #[must_use]
    pub fn of(choice: EventChoice, selection: &Lookahead<'_>) -> Self {
        let wants = |field: &str| selection.field(field).exists();
        let wants_users = wants("activeUsers");
        let wants_events = wants_users || ["events", "firstSeenAt", "lastSeenAt"].into_iter().any(wants);
        Self { choice, wants_users, wants_members: wants("members"), wants_events }
    }

    async fn figures(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, GroupMetrics>, Failure> {
        // Who did it is most of what counting costs.
        let question = if self.wants_users {
            Question::new("group_metrics", include_str!("group_metrics.sql"))
        } else {
            Question::new("group_totals", include_str!("group_totals.sql"))
        };
        let batches = caller.run_unlimited(&self.choice.scope(caller, ids), question).await?;
        one_of(&batches, |batch, row| {
            let users = if self.wants_users { arrow::integers(batch, "active_users")?.value(row) } else { 0 };
            Ok(GroupMetrics {
                events: int("events", arrow::integers(batch, "events")?.value(row))?,
                active_users: int("activeUsers", users)?,
                members: 0,
                first_seen_at: arrow::instant(arrow::instants(batch, "first_seen_at")?, row).map(DateTime),
                last_seen_at: arrow::instant(arrow::instants(batch, "last_seen_at")?, row).map(DateTime),
            })
        })
    }

    async fn crowds(&self, caller: &Caller, ids: &[String]) -> Result<HashMap<String, i32>, Failure> {
        let question = Question::new("group_crowds", include_str!("group_crowds.sql"));
        let batches = caller.run_unlimited(&self.choice.scope(caller, ids), question).await?;
        one_of(&batches, |batch, row| int("members", arrow::integers(batch, "members")?.value(row)))
    }
}

impl OfGroup for GroupMetricsSpec {
    type Answer = GroupMetrics;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, GroupMetrics>, Failure> {
        let mut answers = if self.wants_events { self.figures(caller, ids).await? } else { HashMap::new() };
        if self.wants_members {
            for (id, members) in self.crowds(caller, ids).await? {
                answers.entry(id).or_default().members = members;
            }
        }
        Ok(answers)
    }
}
