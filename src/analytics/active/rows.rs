//! The rows of active users: one page of groups, or of groups split by what the customer asks.

use super::ActiveUsers;
use crate::analytics::breakdown::{Breakdown, BreakdownKey};
use crate::analytics::count::int;
use crate::analytics::numbers::change;
use crate::analytics::scalars::DateTime;
use crate::domain::Invalid;
use crate::engine::scope::Unit;
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use crate::graphql::known_group::{KnownGroup, decode_known};
use arrow::array::RecordBatch;
use async_graphql::{Context, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::cmp::Reverse;

/// One active group.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveRow {
    /// The group.
    pub group: Group,
    /// What the row is split by, one key for each breakdown; empty without one.
    pub keys: Vec<BreakdownKey>,
    /// Distinct users with at least one of the group's events in the range.
    pub active_users: i32,
    /// The group's events in the range.
    pub events: i32,
    /// The group's last event in the range.
    pub last_active_at: DateTime,
    /// Change of the number of users against the period before, 0.5 for half as many again; null if it had none.
    pub change: Option<f64>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// The row behind which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    users: i64,
    events: i64,
    group_id: String,
}

impl Cursor {
    /// Before every row.
    pub(super) fn start() -> Self {
        Self { users: i64::MAX, events: i64::MAX, group_id: String::new() }
    }

    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {} {}", self.users, self.events, self.group_id))
    }

    pub(super) fn parse(text: Option<&str>) -> Result<Self, Invalid> {
        let Some(text) = text else { return Ok(Self::start()) };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = bytes.as_deref().map(|text| text.splitn(3, ' ').collect::<Vec<_>>());
        match parts.as_deref() {
            Some([users, events, group_id]) => users
                .parse()
                .ok()
                .zip(events.parse().ok())
                .map(|(users, events)| Self { users, events, group_id: (*group_id).to_owned() }),
            _ => None,
        }
        .ok_or_else(|| Invalid::new("after", "is no cursor of this answer; give the cursor of a row"))
    }
}

/// What is counted of one row.
struct Counts {
    users: i64,
    events: i64,
    previous: i64,
    last: Option<chrono::DateTime<chrono::Utc>>,
}

impl Counts {
    fn decode(batch: &RecordBatch, row: usize) -> Result<Self, Failure> {
        Ok(Self {
            users: columns::integers(batch, "active_users")?.value(row),
            events: columns::integers(batch, "events")?.value(row),
            previous: columns::integers(batch, "previous_users")?.value(row),
            last: columns::instant(columns::instants(batch, "last_active_at")?, row),
        })
    }
}

impl ActiveUsers {
    /// The page of rows that is asked for, each with what is known of its group.
    pub(super) async fn page(
        &self,
        ctx: &Context<'_>,
        wants_change: bool,
    ) -> Result<Vec<(ActiveRow, KnownGroup)>, Failure> {
        let mut scope = self.scope.clone();
        if wants_change {
            scope.previous = Some(scope.range.previous()?);
        }
        if !self.breakdown.is_empty() {
            return self.split(ctx, scope).await;
        }
        let question = Question::new("active", include_str!("rows.sql"))
            .with("users", self.after.users)
            .with("events", self.after.events)
            .with("group_id", self.after.group_id.clone())
            .with("limit", i64::try_from(self.first).unwrap_or(i64::MAX));
        let batches = ctx.caller()?.run(&scope, question).await?;
        let mut rows = Vec::new();
        for batch in &batches {
            let ids = columns::texts(batch, "group_id")?;
            for row in 0..batch.num_rows() {
                let counts = Counts::decode(batch, row)?;
                let (users, events) = (counts.users, counts.events);
                let cursor = Cursor { users, events, group_id: ids.value(row).to_owned() };
                let known = decode_known(batch, row)?;
                let group = Group::known(cursor.group_id.clone(), Some(known.clone()));
                rows.push((active_row(group, Vec::new(), &counts, cursor.encode())?, known));
            }
        }
        Ok(rows)
    }

    /// The page of rows that are split by the breakdown.
    async fn split(
        &self,
        ctx: &Context<'_>,
        mut scope: crate::engine::scope::Scope,
    ) -> Result<Vec<(ActiveRow, KnownGroup)>, Failure> {
        scope.unit = Unit::FirstSplit;
        let others = self.breakdown.iter().filter(|breakdown| !self.is_own(breakdown));
        scope.splits.extend(others.filter_map(Breakdown::split));
        scope.readings = self.breakdown.iter().filter_map(Breakdown::reading).collect();
        let question = Question::new("active.split", include_str!("split.sql"));
        let batches = ctx.caller()?.run(&scope, question).await?;
        let mut found = Vec::new();
        for batch in &batches {
            let ids = columns::texts(batch, "group_id")?;
            for row in 0..batch.num_rows() {
                let id = ids.value(row).to_owned();
                let keys = self.keys(batch, row, &id)?;
                found.push((Counts::decode(batch, row)?, id, keys, decode_known(batch, row)?));
            }
        }
        found.sort_by_cached_key(|(counts, id, keys, _)| {
            let missing_last: Vec<(bool, Option<String>)> =
                keys.iter().map(|key| (key.value.is_none(), key.value.clone())).collect();
            (Reverse(counts.users), Reverse(counts.events), id.clone(), missing_last)
        });
        // A cursor into split rows is the number of rows before it.
        let skip = usize::try_from(self.after.events).unwrap_or(usize::MAX);
        let skip = if self.after == Cursor::start() { 0 } else { skip };
        let page = found.into_iter().enumerate().skip(skip).take(self.first);
        page.map(|(place, (counts, id, keys, known))| {
            let before = i64::try_from(place + 1).unwrap_or(i64::MAX);
            let cursor = Cursor { users: 0, events: before, group_id: String::new() };
            let group = Group::known(id, Some(known.clone()));
            Ok((active_row(group, keys, &counts, cursor.encode())?, known))
        })
        .collect()
    }

    /// The keys of a row, in the order of the breakdown.
    fn keys(&self, batch: &RecordBatch, row: usize, group_id: &str) -> Result<Vec<BreakdownKey>, Failure> {
        let texts = |names: [&str; 3]| -> Result<Vec<Option<String>>, crate::engine::Error> {
            names.iter().map(|name| Ok(columns::text(columns::texts(batch, name)?, row))).collect()
        };
        let mut parts = texts(["part_1", "part_2", "part_3"])?.into_iter();
        let mut values = texts(["value_1", "value_2", "value_3"])?.into_iter();
        let key = |breakdown: &Breakdown| BreakdownKey {
            name: breakdown.name().to_owned(),
            value: match breakdown {
                _ if self.is_own(breakdown) => Some(group_id.to_owned()),
                Breakdown::Group(_) => parts.next().flatten(),
                Breakdown::Property { .. } => values.next().flatten(),
            },
        };
        Ok(self.breakdown.iter().map(key).collect())
    }

    /// Whether a breakdown is by the very groups that are the rows.
    fn is_own(&self, breakdown: &Breakdown) -> bool {
        matches!(breakdown, Breakdown::Group(group_type) if *group_type == self.group_type)
    }
}

fn active_row(
    group: Group,
    keys: Vec<BreakdownKey>,
    counts: &Counts,
    cursor: String,
) -> Result<ActiveRow, Failure> {
    Ok(ActiveRow {
        group,
        keys,
        active_users: int("activeUsers", counts.users)?,
        events: int("events", counts.events)?,
        last_active_at: DateTime(counts.last.unwrap_or_default()),
        change: change(counts.users, counts.previous),
        cursor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_way_out_and_in() {
        let cursor = Cursor { users: 3, events: 7, group_id: "a b c".to_owned() };
        assert_eq!(Cursor::parse(Some(&cursor.encode())), Ok(cursor));
        assert!(Cursor::parse(Some("nonsense")).is_err());
    }
}
