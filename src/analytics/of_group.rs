//! Questions asked of one group and answered for many groups by one statement.
//!
//! A question holds its checked arguments. Fields of a group ask it through the loaders of the request, which
//! gathers the groups of a page that are asked the same and calls [`OfGroup::answer`] once.

use super::filter::{AttributionInput, FilterInput, RangeInput, UsersInput, parse_filter, parse_range};
use super::scalars::Duration;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Range};
use crate::engine::filter::Filter;
use crate::engine::scope::{Attribution, Scope, Split, Users};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use ::arrow::array::RecordBatch;
use std::collections::HashMap;

/// A question with its arguments.
pub trait OfGroup: Clone + PartialEq + Send + Sync + 'static {
    /// What one group's answer is.
    type Answer: Clone + Send + Sync + 'static;

    /// Answers for all the groups, by one statement. Groups that have no answer are left out.
    fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> impl Future<Output = Result<HashMap<String, Self::Answer>, Failure>> + Send;
}

/// Which events of a group a question looks at, and who counts as a user.
#[derive(Debug, Clone, PartialEq)]
pub struct EventChoice {
    /// When they happened.
    pub range: Range,
    /// Which events belong to the group.
    pub attribution: Attribution,
    /// Who counts as a user.
    pub users: Users,
    /// What must hold of them.
    pub filter: Option<Filter>,
}

/// The arguments of [`EventChoice`] as they are typed.
#[derive(Debug, Clone)]
pub struct EventArguments {
    /// The range, or `last`.
    pub range: Option<RangeInput>,
    /// The length of the range that ends now.
    pub last: Option<Duration>,
    /// Which events belong to the group; those sent with its id unless given.
    pub attribution: Option<AttributionInput>,
    /// Who counts as a user; identified profiles unless given.
    pub users: Option<UsersInput>,
    /// What must hold of the events.
    pub filter: Option<FilterInput>,
}

impl EventChoice {
    /// Checks the arguments.
    pub fn parse(arguments: &EventArguments, caller: &Caller) -> Result<Self, Invalid> {
        Ok(Self {
            range: parse_range(arguments.range, arguments.last.as_ref(), caller)?,
            attribution: arguments.attribution.map(Attribution::from).unwrap_or_default(),
            users: arguments.users.map(Users::from).unwrap_or_default(),
            filter: parse_filter("filter", arguments.filter.as_ref(), caller)?,
        })
    }

    /// The scope: the groups' events, one row for each group an event belongs to, the group in `group_1`.
    #[must_use]
    pub fn scope(&self, caller: &Caller, ids: &[String]) -> Scope {
        let mut scope = caller.scope(self.range);
        scope.attribution = self.attribution;
        scope.users = self.users;
        scope.filter.clone_from(&self.filter);
        scope.splits = vec![Split::Ids(ids.to_vec())];
        scope
    }
}

/// Adds the buckets to a question, cut to the range: lists `$starts` and `$ends` of microseconds UTC.
#[must_use]
pub fn with_buckets(question: Question, buckets: &[Bucket], range: Range) -> Question {
    let micros = |instant: chrono::DateTime<chrono::Utc>| Value::BigInt(instant.timestamp_micros());
    let starts = buckets.iter().map(|bucket| micros(bucket.start.max(range.from()))).collect();
    let ends = buckets.iter().map(|bucket| micros(bucket.end.min(range.to()))).collect();
    question.with("starts", Value::List(starts)).with("ends", Value::List(ends))
}

/// Reads rows into one list for each group; every group asked about has one.
pub fn lists_of<T>(
    batches: &[RecordBatch],
    ids: &[String],
    row: impl Fn(&RecordBatch, usize) -> Result<T, Failure>,
) -> Result<HashMap<String, Vec<T>>, Failure> {
    let mut lists: HashMap<String, Vec<T>> = ids.iter().map(|id| (id.clone(), Vec::new())).collect();
    for batch in batches {
        let groups = arrow::texts(batch, "group_id")?;
        for index in 0..batch.num_rows() {
            lists.entry(groups.value(index).to_owned()).or_default().push(row(batch, index)?);
        }
    }
    Ok(lists)
}

/// Reads rows of which each group has one at most.
pub fn one_of<T>(
    batches: &[RecordBatch],
    row: impl Fn(&RecordBatch, usize) -> Result<T, Failure>,
) -> Result<HashMap<String, T>, Failure> {
    let mut answers = HashMap::new();
    for batch in batches {
        let groups = arrow::texts(batch, "group_id")?;
        for index in 0..batch.num_rows() {
            answers.insert(groups.value(index).to_owned(), row(batch, index)?);
        }
    }
    Ok(answers)
}
