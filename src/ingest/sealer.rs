//! Sealing and compaction behind the writer: one thread each, so that a long compaction holds up no sealing.
//!
//! When generations fill faster than they are sealed, the writer waits: its queue fills and refuses requests, and
//! memory stays bounded. While sealing fails it waits for nothing and refuses what it has, until it is sealed after all.

use crate::domain::time::Clock;
use crate::store::Store;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a failed sealing waits before it is tried again.
const SEAL_AGAIN: Duration = Duration::from_secs(5);

/// How often a writer that waits looks whether sealing fails.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Full generations that may wait to be sealed before the writer waits with them.
const MOST_WAITING: usize = 3;

/// The way to the threads. They end after what they have when it is dropped.
#[derive(Debug)]
pub(super) struct Sealer {
    full: Sender<u64>,
    sealed: Receiver<()>,
    waiting: usize,
    is_failing: Arc<AtomicBool>,
}

impl Sealer {
    /// Starts the threads, and seals the generations that are full already.
    pub(super) fn start(
        store: &Arc<Store>,
        clock: Arc<dyn Clock>,
        full_already: &[u64],
    ) -> (Self, JoinHandle<()>) {
        let (full, generations) = channel();
        let (done, sealed) = channel();
        let (grown, compacts) = channel();
        let is_failing = Arc::new(AtomicBool::new(false));
        let compacting = {
            let store = Arc::clone(store);
            std::thread::spawn(move || compact_all(&store, clock.as_ref(), &compacts))
        };
        // What an earlier process left to do.
        let _ = grown.send(());
        let sealing = {
            let (store, is_failing) = (Arc::clone(store), Arc::clone(&is_failing));
            std::thread::spawn(move || {
                seal_all(&store, &generations, &is_failing, &done, &grown);
                drop(grown);
                drop(compacting.join());
            })
        };
        let way = Self { full, sealed, waiting: full_already.len(), is_failing };
        for generation in full_already {
            let _ = way.full.send(*generation);
        }
        (way, sealing)
    }

    /// Has a generation sealed. Waits while too many wait already and sealing goes on.
    pub(super) fn seal(&mut self, generation: u64) {
        let _ = self.full.send(generation);
        self.waiting += 1;
        while self.are_many_waiting() && !self.is_failing() {
            match self.sealed.recv_timeout(LOOK_AGAIN) {
                Ok(()) => self.waiting = self.waiting.saturating_sub(1),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Whether as much waits to be sealed as may, and sealing fails.
    pub(super) fn is_stuck(&mut self) -> bool {
        self.are_many_waiting() && self.is_failing()
    }

    /// What tells whether the last try to seal failed.
    pub(super) fn failing(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_failing)
    }

    fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    fn are_many_waiting(&mut self) -> bool {
        self.waiting -= self.sealed.try_iter().count().min(self.waiting);
        self.waiting > MOST_WAITING
    }
}

/// Seals full generations, in order. One that fails is tried again before the next.
fn seal_all(
    store: &Store,
    full: &Receiver<u64>,
    is_failing: &AtomicBool,
    done: &Sender<()>,
    grown: &Sender<()>,
) {
    let mut waiting = VecDeque::new();
    loop {
        let next = if waiting.is_empty() {
            full.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            full.recv_timeout(SEAL_AGAIN)
        };
        match next {
            Ok(generation) => waiting.push_back(generation),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        while let Some(generation) = waiting.front().copied() {
            let result = store.seal(generation);
            is_failing.store(result.is_err(), Ordering::Relaxed);
            match result {
                Ok(()) => {
                    tracing::info!(segment.generation = generation, "sealed a generation");
                    waiting.pop_front();
                    // The other ends are gone only when the server stops.
                    let (_, _) = (done.send(()), grown.send(()));
                }
                Err(error) => {
                    tracing::error!(segment.generation = generation, %error, "sealing failed; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Compacts whenever there is more to compact. What fails is tried again with the next sealing.
fn compact_all(store: &Store, clock: &dyn Clock, grown: &Receiver<()>) {
    while grown.recv().is_ok() {
        loop {
            match store.compact(clock.now()) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "compaction failed; it is tried again");
                    break;
                }
            }
        }
    }
}
