//! How much happened in a group over time?
//!
//! The range is cut into calendar units of a time zone. Every unit the range touches is there, empty ones too;
//! a first or last one that the range covers only in part is marked. Users are counted once in each bucket and
//! must not be summed over buckets. Example: Ann at 23:30 and 00:30 local time is one user on each of two days.

use super::count::int;
use super::of_group::{EventChoice, OfGroup, lists_of};
use super::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::time::{Bucket, Calendar};
use crate::engine::{Question, arrow};
use crate::error::Failure;
use async_graphql::SimpleObject;
use std::collections::HashMap;

/// What happened in a group in one bucket of time.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ActivityBucket {
    /// The first instant of the calendar unit. It lies before the range where the first unit is cut.
    pub bucket: DateTime,
    /// The calendar day of that instant in the time zone.
    pub local_date: Date,
    /// How many events happened.
    pub events: i32,
    /// How many different users were active. Do not sum them over buckets.
    pub active_users: i32,
    /// Whether the range covers the unit only in part.
    pub is_partial: bool,
}

/// Asks for a group's activity over time.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivitySpec {
    /// Which events.
    pub choice: EventChoice,
    /// How time is cut.
    pub calendar: Calendar,
    /// Whether users are counted: who did it is most of what counting costs. Otherwise they are 0.
    pub wants_users: bool,
}

impl OfGroup for ActivitySpec {
    type Answer = Vec<ActivityBucket>;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Self::Answer>, Failure> {
        let range = self.choice.range;
        let buckets = self.calendar.buckets(range, caller.limits().buckets)?;
        let question = if self.wants_users {
            Question::new("activity", include_str!("activity.sql"))
        } else {
            Question::new("activity_totals", include_str!("activity_totals.sql"))
        };
        let mut scope = self.choice.scope(caller, ids);
        scope.slices =
            buckets.iter().map(|bucket| bucket.start.max(range.from())..bucket.end.min(range.to())).collect();
        let batches = caller.run_unlimited(&scope, question).await?;
        let rows = lists_of(&batches, ids, |batch, row| {
            let events = int("events", arrow::integers(batch, "events")?.value(row))?;
            let users = if self.wants_users { arrow::integers(batch, "active_users")?.value(row) } else { 0 };
            let active_users = int("activeUsers", users)?;
            Ok((arrow::integers(batch, "bucket")?.value(row), events, active_users))
        })?;
        Ok(rows.into_iter().map(|(id, rows)| (id, filled(&buckets, &rows))).collect())
    }
}

/// Every bucket, those without a row with zeros. A row is the bucket's place from 0, events and users.
fn filled(buckets: &[Bucket], rows: &[(i64, i32, i32)]) -> Vec<ActivityBucket> {
    let rows: HashMap<i64, (i32, i32)> =
        rows.iter().map(|(place, events, users)| (*place, (*events, *users))).collect();
    let places = (0_i64..).zip(buckets);
    let bucket = |(place, bucket): (i64, &Bucket)| {
        let (events, active_users) = rows.get(&place).copied().unwrap_or_default();
        ActivityBucket {
            bucket: DateTime(bucket.start),
            local_date: Date(bucket.local_date),
            events,
            active_users,
            is_partial: bucket.is_partial,
        }
    };
    places.map(bucket).collect()
}
