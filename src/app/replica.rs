//! A replica's thread: it looks every so often whether another instant is published, and goes on to it.

use super::App;
use crate::directory::Directory;
use crate::domain::time::Clock;
use crate::store::{Replica, Store};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The way to the thread. It ends after what it does when this is dropped.
#[derive(Debug)]
pub(super) struct Following {
    _end: Sender<()>,
}

/// Intervals without an answer after which a replica is called degraded.
const PATIENCE: i32 = 3;

impl Following {
    /// Starts the thread.
    pub(super) fn start(
        store: &Arc<Store>,
        directory: &Arc<Directory>,
        clock: &Arc<dyn Clock>,
        interval: Duration,
    ) -> (Self, JoinHandle<()>) {
        let (store, directory, clock) = (Arc::clone(store), Arc::clone(directory), Arc::clone(clock));
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || {
            let (mut told, mut is_stale) = (String::new(), false);
            loop {
                let followed = store.follow(clock.now()).and_then(|is_new| {
                    is_stale |= is_new;
                    if is_stale {
                        directory.refresh()?;
                        is_stale = false;
                    }
                    Ok(())
                });
                let failure = followed.err().map(|error| error.to_string()).unwrap_or_default();
                // Once is enough, however long it lasts.
                if failure != told && !failure.is_empty() {
                    tracing::warn!(
                        error = failure,
                        "the replica stays at the instant it holds; it tries again"
                    );
                }
                told = failure;
                if ended.recv_timeout(interval) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        (Self { _end: end }, thread)
    }
}

impl App {
    /// What a replica tells of itself; `None` on a primary.
    #[must_use]
    pub fn replica(&self) -> Option<Replica> {
        self.store.replica()
    }

    /// Whether this is a replica that has no instant to answer from yet.
    #[must_use]
    pub fn awaits_instant(&self) -> bool {
        self.replica().is_some_and(|replica| replica.instant.is_none())
    }

    /// Whether this is a replica that could not go on for longer than some intervals.
    #[must_use]
    pub fn is_left_behind(&self) -> bool {
        let Some(Replica { failure: Some(_), answered_at, .. }) = self.replica() else { return false };
        let patience = self.config.replica.interval() * PATIENCE.unsigned_abs();
        let since = answered_at.map(|answered| self.clock.now() - answered);
        since.is_none_or(|since| since.to_std().is_ok_and(|since| since > patience))
    }
}
