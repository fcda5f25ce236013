//! How the project's data is kept: how much there is, how much of it is in files, how late it comes.

use super::context::ContextExt;
use crate::analytics::count::int;
use crate::analytics::scalars::DateTime;
use crate::engine::scope::Reads;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use async_graphql::{Context, Object, SimpleObject};
use chrono::TimeDelta;

/// How the project's data is kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct Storage {
    /// All events of the project.
    pub events: i32,
    /// Those of them that are in the log and not yet in a segment. They are as safe as the others.
    pub unsealed_events: i32,
    /// Segments, the files of events, in which the project has some or may have.
    pub segments: i32,
    /// The project's share of the bytes of these files, about.
    pub bytes: f64,
    /// When the last event came in; null when there is none.
    pub last_received_at: Option<DateTime>,
    /// Until when everything that came in is in a segment; null when none is.
    pub sealed_until: Option<DateTime>,
    /// When segments with events of the project were last made one, since the server started; null when none were.
    pub last_compacted_at: Option<DateTime>,
    /// The median of the seconds from when an event happened to when it came in, over what came in the last 24 hours; null when
    /// nothing did.
    pub median_lag_seconds: Option<f64>,
    /// Whether the server put damaged files aside, so that events in them are not served.
    pub is_degraded: bool,
}

/// The field that tells it.
#[derive(Debug, Clone, Copy, Default)]
pub struct StorageQuery;

#[Object]
impl StorageQuery {
    /// How the project's data is kept: how much there is, how much of it is in segments, how late it comes.
    async fn storage(&self, ctx: &Context<'_>) -> Result<Storage, Failure> {
        let caller = ctx.caller()?;
        // Sealing moves no version on.
        caller.hold_for_nobody();
        let scope = caller.scope_ever()?;
        let snapshot = &scope.snapshot;
        let sealed = Value::BigInt(i64::try_from(snapshot.sealed_seq).unwrap_or(i64::MAX));
        let since = Value::BigInt((caller.now() - TimeDelta::hours(24)).timestamp_micros());
        let question = Question::new("storage", include_str!("storage.sql"))
            .reading(Reads::Events)
            .with("sealed_seq", sealed)
            .with("since", since);
        let batches = caller.run(&scope, question).await?;
        let mut storage = Storage {
            events: 0,
            unsealed_events: 0,
            segments: 0,
            bytes: 0.0,
            last_received_at: None,
            sealed_until: None,
            last_compacted_at: None,
            median_lag_seconds: None,
            is_degraded: caller.is_degraded(),
        };
        let Some(batch) = batches.first().filter(|batch| batch.num_rows() > 0) else { return Ok(storage) };
        let events = arrow::integers(batch, "events")?.value(0);
        let unsealed = arrow::integers(batch, "unsealed")?.value(0);
        let instant =
            |name: &str| Ok::<_, Failure>(arrow::instant(arrow::instants(batch, name)?, 0).map(DateTime));
        storage.events = int("events", events)?;
        storage.unsealed_events = int("unsealedEvents", unsealed)?;
        storage.last_received_at = instant("last_received_at")?;
        storage.sealed_until = instant("sealed_until")?;
        storage.median_lag_seconds = arrow::value(arrow::floats(batch, "lag")?, 0);
        let own = caller.project().0;
        let files = snapshot
            .segments
            .iter()
            .filter(|segment| (segment.projects.0..=segment.projects.1).contains(&own));
        let files: Vec<_> = files.collect();
        if events > unsealed {
            let all = files.iter().map(|file| file.events).sum();
            let bytes = files.iter().map(|file| file.bytes).sum();
            storage.segments = int("segments", files.len())?;
            storage.last_compacted_at = files.iter().filter_map(|file| file.merged_at).max().map(DateTime);
            storage.bytes = share(events - unsealed, all, bytes);
        }
        Ok(storage)
    }
}

/// The part of bytes that belongs to so many of all events.
#[expect(clippy::cast_precision_loss, reason = "it is about so many, and far below 2^53")]
fn share(own: i64, all: u64, bytes: u64) -> f64 {
    if all == 0 { 0.0 } else { (bytes as f64 * own as f64 / all as f64).round() }
}
