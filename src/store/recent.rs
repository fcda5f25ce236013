//! What a start must know of the last minutes: the sessions of all tenants that may still be live.

use super::relations::Within;
use super::{Error, Segment, Snapshot, Store};
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A device's latest session, as one profile or nobody used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentSession {
    /// The tenant.
    pub project: ProjectKey,
    /// The device.
    pub device_id: String,
    /// Its session.
    pub session_id: String,
    /// Who used it; nobody when anonymous.
    pub profile_id: Option<String>,
    /// When its last event happened.
    pub last_at: DateTime<Utc>,
}

impl Store {
    /// The sessions with events from an instant on, of all tenants; the latest last. One statement however many
    /// tenants there are.
    pub fn recent_sessions(&self, from: DateTime<Utc>) -> Result<Vec<RecentSession>, Error> {
        let (snapshot, connection) = (self.snapshot(), self.connection()?);
        let from = from.timestamp_micros();
        let mut files = Vec::new();
        let mut events = recent(&snapshot, from, &mut files);
        let held = self.hold(&files);
        if let Err(error @ (Error::Objects { .. } | Error::BadObject { .. })) = &held {
            // Rather new sessions than no start.
            tracing::warn!(%error, "sessions of sealed events cannot be recalled");
            events = snapshot.hot_events();
        }
        let _held = held.or_else(|error| match error {
            Error::Objects { .. } | Error::BadObject { .. } => self.hold(&[]),
            error => Err(error),
        })?;
        let sql = include_str!("recent_sessions.sql")
            .replace("{events}", &events)
            .replace("{from}", &from.to_string());
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            let micros: i64 = row.get(4)?;
            Ok(RecentSession {
                project: ProjectKey(row.get(0)?),
                device_id: row.get(1)?,
                session_id: row.get(2)?,
                profile_id: row.get(3)?,
                last_at: DateTime::from_timestamp_micros(micros).unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn recent(snapshot: &Snapshot, from: i64, files: &mut Vec<Arc<Segment>>) -> String {
    snapshot.events(Some(Within { project: None, from, to: i64::MAX, after_seq: 0 }), files)
}
