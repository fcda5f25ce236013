//! The queries folder of a running server: a new or changed file is live within a second, a broken one changes
//! nothing.
//!
//! The folder is read again when somebody asks for a saved query and the last reading is a second old. Files that
//! have not changed are not checked again. While one request reads, others are answered from what was known.

use super::{Broken, Saved, files};
use crate::domain::time::Clock;
use crate::graphql::Schema;
use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// How long a reading of the folder counts.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// A folder of saved queries that may change.
pub struct Watched {
    folder: PathBuf,
    schema: Schema,
    clock: Arc<dyn Clock>,
    known: RwLock<Arc<Saved>>,
    read_at: Mutex<DateTime<Utc>>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Watched {
    /// Loads the queries of a folder, and keeps an eye on it.
    pub async fn open(folder: PathBuf, schema: Schema, clock: Arc<dyn Clock>) -> Self {
        let read_at = Mutex::new(clock.now());
        let known = RwLock::new(Arc::new(Saved::load(&folder, &schema).await));
        Self { folder, schema, clock, known, read_at }
    }

    /// The schema that they fit.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The saved queries as they are now, give or take a second.
    pub async fn current(&self) -> Arc<Saved> {
        let known = || Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner));
        let Ok(mut read_at) = self.read_at.try_lock() else { return known() };
        let now = self.clock.now();
        if (now - *read_at).abs() < FRESH {
            return known();
        }
        *read_at = now;
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || files::read(&folder)).await;
        let before = known();
        let Ok(found) = read.inspect_err(|error| tracing::error!(%error, "the queries folder was not read"))
        else {
            return before;
        };
        if found == before.files {
            return before;
        }
        let after = Arc::new(before.renewed(found, &self.schema).await);
        tell(&before, &after);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&after);
        after
    }
}

/// Writes into the log what has changed.
fn tell(before: &Saved, after: &Saved) {
    for query in after.list() {
        if before.queries.get(&query.name).is_none_or(|known| known.text != query.text) {
            tracing::info!(query.name = %query.name, "a saved query is new or has changed");
        }
    }
    for name in before.queries.keys().filter(|name| !after.queries.contains_key(*name)) {
        tracing::info!(query.name = %name, "a saved query has gone");
    }
    for Broken { file, reason, .. } in after.broken.iter().filter(|broken| !before.broken.contains(broken)) {
        tracing::warn!(query.file = %file, %reason, "a saved query cannot be used; what it replaces stays");
    }
}
