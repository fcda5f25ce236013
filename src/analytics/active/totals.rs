//! The totals of active users: all groups of the type together.

use crate::analytics::bits::Bits;
use crate::analytics::count::int;
use crate::analytics::scalars::DateTime;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Reads, Scope};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use arrow::array::RecordBatch;
use async_graphql::{Context, SimpleObject};

/// All groups of the type together; a user or an event in two of them counts once.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ActiveTotals {
    /// Groups with at least one event in the range.
    pub groups: i32,
    /// Distinct users of these groups.
    pub active_users: i32,
    /// Events of these groups.
    pub events: i32,
    /// The first of these events; null when there is none.
    pub first_at: Option<DateTime>,
    /// The last of these events; null when there is none.
    pub last_at: Option<DateTime>,
}

/// Asks for the totals, with the number of events or without.
///
/// To count each event once, single ones must be read. Where sums tell everything else, nothing but their numbers is.
pub(super) async fn totals(
    ctx: &Context<'_>,
    scope: &Scope,
    counts_events: bool,
) -> Result<ActiveTotals, Failure> {
    let caller = ctx.caller()?;
    let users = || Question::new("active.totals_users", include_str!("totals_users.sql"));
    if !counts_events {
        return read(&caller.run(scope, users()).await?, false);
    }
    match scope.rows_as_bits() {
        Some(rows) if scope.source(Reads::Keys, true) == Source::Days => {
            let totals = read(&caller.run(scope, users()).await?, false)?;
            let question = Question::new("active.events", include_str!("events.sql"));
            let events =
                caller.fold(scope, question, Bits::of(rows), |events, batch| events.add(&batch)).await?;
            Ok(ActiveTotals { events: int("events", events.count()?)?, ..totals })
        }
        Some(rows) => {
            let question = Question::new("active.totals", include_str!("totals_bits.sql"));
            read(&caller.run(scope, question.with("rows", rows)).await?, true)
        }
        None => {
            let question = Question::new("active.totals", include_str!("totals.sql"));
            read(&caller.run(scope, question).await?, true)
        }
    }
}

fn read(batches: &[RecordBatch], counts_events: bool) -> Result<ActiveTotals, Failure> {
    let mut totals = ActiveTotals { groups: 0, active_users: 0, events: 0, first_at: None, last_at: None };
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        let events = if counts_events { columns::integers(batch, "events")?.value(0) } else { 0 };
        totals = ActiveTotals {
            groups: int("groups", columns::integers(batch, "groups_active")?.value(0))?,
            active_users: int("activeUsers", columns::integers(batch, "active_users")?.value(0))?,
            events: int("events", events)?,
            first_at: columns::instant(columns::instants(batch, "first_at")?, 0).map(DateTime),
            last_at: columns::instant(columns::instants(batch, "last_at")?, 0).map(DateTime),
        };
    }
    Ok(totals)
}
