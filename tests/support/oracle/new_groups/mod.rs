//! `newGroups` by definition: the groups whose first event ever lies in the range.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::units::{Counted, distinct_events, lives_of_groups, users_of, within};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct NewGroupsSpec {
    /// The type of the groups.
    pub(crate) group_type: String,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// The rest, without a breakdown.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewGroups {
    /// Over all new groups, each once.
    pub(crate) active_users: usize,
    /// Over all new groups, each once.
    pub(crate) events: usize,
    /// All new groups in order.
    pub(crate) rows: Vec<NewGroup>,
}

/// A group whose first event ever lies in the range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewGroup {
    pub(crate) group_id: String,
    pub(crate) first_active_at: DateTime<Utc>,
    pub(crate) last_active_at: DateTime<Utc>,
    pub(crate) active_users: usize,
    pub(crate) events: usize,
    pub(crate) members: usize,
}

/// Answers the question.
pub(crate) fn new_groups(data: &Dataset, spec: &NewGroupsSpec) -> NewGroups {
    let range = spec.common.range(data);
    let users = spec.common.reading.users;
    let mut all_events: Vec<Counted<'_>> = Vec::new();
    let mut rows = Vec::new();
    for (group_id, life) in lives_of_groups(data, &spec.common, &spec.group_type, spec.event.as_ref()) {
        let first_active_at = life[0].time();
        if range.contains(first_active_at) {
            let events = within(&life, range);
            rows.push(NewGroup {
                first_active_at,
                last_active_at: events[events.len() - 1].time(),
                active_users: users_of(&events, users).len(),
                events: events.len(),
                members: data.members_at(&group_id, range.to()).len(),
                group_id,
            });
            all_events.extend(events);
        }
    }
    rows.sort_by_key(|row| (Reverse(row.active_users), Reverse(row.events), row.group_id.clone()));
    NewGroups { active_users: users_of(&all_events, users).len(), events: distinct_events(&all_events), rows }
}
