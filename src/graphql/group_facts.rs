//! The two facts of a group that lists show most: how many members it has, and when it was last active.

use crate::analytics::count::int;
use crate::analytics::of_group::{OfGroup, one_of};
use crate::caller::Caller;
use crate::engine::{Question, arrow};
use crate::error::Failure;
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Asks how many profiles are members now. A group without members has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemberCount;

impl OfGroup for MemberCount {
    type Answer = i32;

    async fn answer(&self, caller: &Caller, ids: &[String]) -> Result<HashMap<String, i32>, Failure> {
        let question = Question::new("group_member_counts", include_str!("group_member_counts.sql"));
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        one_of(&batches, |batch, row| int("memberCount", arrow::integers(batch, "members")?.value(row)))
    }
}

/// Asks when the last event that carries the group's id happened. A group without events has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastActive;

impl OfGroup for LastActive {
    type Answer = DateTime<Utc>;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Self::Answer>, Failure> {
        let question = Question::new("group_last_active", include_str!("group_last_active.sql"));
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        one_of(&batches, |batch, row| {
            Ok(arrow::instant(arrow::instants(batch, "last_active_at")?, row).unwrap_or_default())
        })
    }
}
