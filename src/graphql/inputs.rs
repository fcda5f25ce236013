//! Checks that mutations share.

use super::context::ContextExt;
use crate::analytics::scalars::{DateTime, Json};
use crate::domain::Invalid;
use crate::domain::event::Properties;
use crate::domain::limits::Limits;
use crate::error::{Failure, Kind};
use async_graphql::Context;
use chrono::{Duration, Utc};

/// How far ahead of the server's clock a time may lie.
fn most_ahead() -> Duration {
    Duration::hours(24)
}

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
    match time {
        Some(time) if time.0 - now > most_ahead() => Err(Invalid::new(
            field,
            "lies more than 24 hours ahead of the server's clock; send the time it happened",
        )),
        time => Ok(time.map(|time| time.0)),
    }
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

/// Checks a text that was sent: no longer than properties may be, no control characters.
pub(super) fn check_text(
    field: &str,
    text: Option<String>,
    limits: &Limits,
) -> Result<Option<String>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    if text.len() > limits.properties_bytes {
        let reason = format!("has {} bytes; {} at most are allowed", text.len(), limits.properties_bytes);
        return Err(Invalid::new(field, reason));
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::new(field, "contains a line break or control character; remove it"));
    }
    Ok(Some(text))
}

/// Checks an e-mail address, lightly: something, an @, something, no spaces, 320 bytes at most.
pub(super) fn check_email(
    field: &str,
    email: Option<String>,
    limits: &Limits,
) -> Result<Option<String>, Invalid> {
    let email = check_text(field, email, limits)?;
    let is_wrong = |email: &String| {
        let parts = email.rsplit_once('@');
        let is_whole = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        !is_whole || email.len() > 320 || email.chars().any(char::is_whitespace)
    };
    if email.as_ref().is_some_and(is_wrong) {
        return Err(Invalid::new(field, "is no e-mail address; write one such as jane@example.com"));
    }
    Ok(email)
}

/// The failure when the writer answers what was not asked, which it never does.
pub(super) fn unexpected_answer() -> Failure {
    Failure::new(Kind::Internal, "something went wrong on the server; the write was stored")
}
