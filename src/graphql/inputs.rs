//! Checks that mutations share.

use super::context::ContextExt;
use crate::analytics::scalars::{DateTime, Json};
use crate::domain::Invalid;
use crate::domain::accept::check_instant;
use crate::domain::event::Properties;
use crate::domain::limits::Limits;
use crate::error::{Failure, Kind};
use async_graphql::Context;
use chrono::Utc;

/// Fails when a client that may not read asks a mutation for more of `field` than what it sent itself.
///
/// It is asked before anything is written, so that a refused mutation has changed nothing.
pub(super) fn refuse_unreadable(ctx: &Context<'_>, field: &str, sent: &[&str]) -> Result<(), Failure> {
    let Err(refusal) = ctx.caller()?.may_read() else { return Ok(()) };
    let mut selected = Vec::new();
    for payload in ctx.field().selection_set().filter(|selected| selected.name() == field) {
        selected.extend(payload.selection_set());
    }
    for part in selected {
        let below = part.selection_set().all(|below| ["id", "__typename"].contains(&below.name()));
        if !(below && (sent.contains(&part.name()) || ["id", "__typename"].contains(&part.name()))) {
            let message = format!(
                "{}; it cannot select {field}.{}, and nothing was written",
                refusal.message,
                part.name()
            );
            return Err(Failure { message, ..refusal });
        }
    }
    Ok(())
}

/// Checks a time that was sent: no more than 24 hours ahead of now.
pub(super) fn check_time(
    field: &str,
    time: Option<DateTime>,
    now: chrono::DateTime<Utc>,
) -> Result<Option<chrono::DateTime<Utc>>, Invalid> {
    let time = time.map(|time| time.0);
    time.map_or(Ok(()), |time| check_instant(field, time, now))?;
    Ok(time)
}

/// Checks properties that were sent: a JSON object, not too large, not too deep. None are an empty object.
pub(super) fn check_properties(
    field: &str,
    given: Option<Json>,
    limits: &Limits,
) -> Result<Properties, Invalid> {
    match given.map(|given| given.0) {
        None | Some(serde_json::Value::Null) => Ok(Properties::new()),
        Some(serde_json::Value::Object(properties)) => {
            limits.check_properties(field, &properties)?;
            Ok(properties)
        }
        Some(_) => Err(Invalid::new(field, "is no JSON object; send an object such as {\"plan\": \"pro\"}")),
    }
}

/// The failure when the writer answers what was not asked, which it never does.
pub(super) fn unexpected_answer() -> Failure {
    Failure::new(Kind::Internal, "something went wrong on the server; the write was stored")
}
