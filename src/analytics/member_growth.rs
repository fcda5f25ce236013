//! How does a group's membership grow?
//!
//! For each calendar unit: how many profiles joined, how many left, and how many were members at its end.
//! Members of a bucket are those of the bucket before, plus joined, minus left. Example: Ann joins on Monday and
//! leaves on Wednesday; Tuesday has 0 joined, 0 left and 1 member, Wednesday has 1 left and 0 members.

use super::count::int;
use super::of_group::{OfGroup, lists_of, with_buckets};
use super::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::time::{Calendar, Range};
use crate::engine::{Question, arrow};
use crate::error::Failure;
use async_graphql::SimpleObject;
use std::collections::HashMap;

/// A group's membership in one bucket of time.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct MemberGrowthBucket {
    /// The first instant of the calendar unit. It lies before the range where the first unit is cut.
    pub bucket: DateTime,
    /// The calendar day of that instant in the time zone.
    pub local_date: Date,
    /// How many profiles joined in the part of the unit that the range covers.
    pub joined: i32,
    /// How many profiles left in the part of the unit that the range covers.
    pub left: i32,
    /// How many profiles were members at the end of that part. Null when the unit has not begun yet.
    pub members: Option<i32>,
    /// Whether the range covers the unit only in part.
    pub is_partial: bool,
}

/// Asks for the growth of a group's membership.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemberGrowthSpec {
    /// When.
    pub range: Range,
    /// How time is cut.
    pub calendar: Calendar,
}

impl OfGroup for MemberGrowthSpec {
    type Answer = Vec<MemberGrowthBucket>;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Self::Answer>, Failure> {
        let buckets = self.calendar.buckets(self.range, caller.limits().buckets)?;
        let question = Question::new("member_growth", include_str!("member_growth.sql"));
        let question = with_buckets(question, &buckets, self.range);
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        let rows = lists_of(&batches, ids, |batch, row| {
            let figure = |field: &str, column: &str| int(field, arrow::integers(batch, column)?.value(row));
            let figures =
                [figure("joined", "joined")?, figure("left", "gone")?, figure("members", "members")?];
            Ok((arrow::integers(batch, "bucket")?.value(row), figures))
        })?;
        let answer = |rows: Vec<(i64, [i32; 3])>| {
            let rows: HashMap<i64, [i32; 3]> = rows.into_iter().collect();
            let bucket = |(place, bucket): (i64, &crate::domain::time::Bucket)| {
                let [joined, left, members] = rows.get(&place).copied().unwrap_or_default();
                MemberGrowthBucket {
                    bucket: DateTime(bucket.start),
                    local_date: Date(bucket.local_date),
                    joined,
                    left,
                    members: caller.has_begun(bucket.start).then_some(members),
                    is_partial: bucket.is_partial,
                }
            };
            (1_i64..).zip(&buckets).map(bucket).collect()
        };
        Ok(rows.into_iter().map(|(id, rows)| (id, answer(rows))).collect())
    }
}
