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
use async_graphql::SimpleObject;
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

/// Asks for a group's figures.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupMetricsSpec(pub EventChoice);

impl OfGroup for GroupMetricsSpec {
    type Answer = GroupMetrics;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, GroupMetrics>, Failure> {
        let question = Question::new("group_metrics", include_str!("group_metrics.sql"));
        let batches = caller.run_unlimited(&self.0.scope(caller, ids), question).await?;
        one_of(&batches, |batch, row| {
            Ok(GroupMetrics {
                events: int("events", arrow::integers(batch, "events")?.value(row))?,
                active_users: int("activeUsers", arrow::integers(batch, "active_users")?.value(row))?,
                members: int("members", arrow::integers(batch, "members")?.value(row))?,
                first_seen_at: arrow::instant(arrow::instants(batch, "first_seen_at")?, row).map(DateTime),
                last_seen_at: arrow::instant(arrow::instants(batch, "last_seen_at")?, row).map(DateTime),
            })
        })
    }
}
