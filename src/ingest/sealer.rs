//! Sealing, compaction and erasing behind the writer: one thread for sealing and one for what rewrites segments, so that
//! a long compaction holds up no sealing. What they make is sent to object storage by a third (`publisher.rs`).
//!
//! When generations fill faster than they are sealed, the writer waits: its queue fills and refuses requests, and
//! memory stays bounded. While sealing fails it waits for nothing and refuses what it has, until it is sealed after all.

use super::publisher;
use crate::domain::time::Clock;
use crate::store::{Erasing, Store};
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
    work: Sender<Work>,
    sealed: Receiver<()>,
    waiting: usize,
    is_failing: Arc<AtomicBool>,
}

/// What the writer has to be done.
#[derive(Debug)]
enum Work {
    /// Seal this generation.
    Seal(u64),
    /// Look whether there is something to erase.
    Erase,
}

/// How long erasing rests before it looks again, at first and at most.
const ERASE_AGAIN: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(5)];

impl Sealer {
    /// Starts the threads, and seals the generations that are full already.
    pub(super) fn start(
        store: &Arc<Store>,
        clock: Arc<dyn Clock>,
        full_already: &[u64],
    ) -> (Self, JoinHandle<()>) {
        let (work, generations) = channel();
        let (done, sealed) = channel();
        let (grown, compacts) = channel();
        let is_failing = Arc::new(AtomicBool::new(false));
        let (made, sends) = channel();
        let sending = {
            let (store, clock) = (Arc::clone(store), Arc::clone(&clock));
            std::thread::spawn(move || publisher::send_all(&store, &*clock, &sends))
        };
        let compacting = {
            let (store, made) = (Arc::clone(store), made.clone());
            std::thread::spawn(move || reshape_all(&store, &*clock, &compacts, &made))
        };
        // What an earlier process left to do.
        let _ = grown.send(());
        let sealing = {
            let (store, is_failing) = (Arc::clone(store), Arc::clone(&is_failing));
            std::thread::spawn(move || {
                seal_all(&store, &generations, &is_failing, &done, &[&grown, &made]);
                drop((grown, made));
                drop((compacting.join(), sending.join()));
            })
        };
        let way = Self { work, sealed, waiting: full_already.len(), is_failing };
        for generation in full_already {
            let _ = way.work.send(Work::Seal(*generation));
        }
        (way, sealing)
    }

    /// Has a generation sealed. Waits while too many wait already and sealing goes on.
    pub(super) fn seal(&mut self, generation: u64) {
        let _ = self.work.send(Work::Seal(generation));
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

    /// Whether the last try to seal failed.
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    fn are_many_waiting(&mut self) -> bool {
        self.waiting -= self.sealed.try_iter().count().min(self.waiting);
        self.waiting > MOST_WAITING
    }

    /// Has what was accepted erased, once what came before is sealed.
    pub(super) fn erase(&self) {
        let _ = self.work.send(Work::Erase);
    }
}

/// Seals full generations, in order. One that fails is tried again before the next.
fn seal_all(
    store: &Store,
    work: &Receiver<Work>,
    is_failing: &AtomicBool,
    done: &Sender<()>,
    grown: &[&Sender<()>],
) {
    let mut waiting = VecDeque::new();
    loop {
        let next = if waiting.is_empty() {
            work.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            work.recv_timeout(SEAL_AGAIN)
        };
        match next {
            Ok(Work::Seal(generation)) => waiting.push_back(generation),
            // What is erased is sealed first, and that tells of itself.
            Ok(Work::Erase) => tell(grown),
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
                    let _ = done.send(());
                    tell(grown);
                }
                Err(error) => {
                    tracing::error!(segment.generation = generation, %error, "sealing failed; it is tried again");
                    break;
                }
            }
        }
    }
}

fn tell(those: &[&Sender<()>]) {
    // The other ends are gone only when the server stops.
    for other in those {
        let _ = other.send(());
    }
}

/// Compacts and erases whenever there is more to do. A compaction that fails is tried again with the next sealing.
fn reshape_all(store: &Store, clock: &dyn Clock, grown: &Receiver<()>, made: &Sender<()>) {
    let mut rest = None;
    loop {
        let next = match rest {
            None => grown.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(rest) => grown.recv_timeout(rest),
        };
        match next {
            Ok(()) => compact_all(store, clock),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let erasing = store.erase(clock.now());
        let _ = made.send(());
        if let Err(error) = &erasing {
            tracing::error!(%error, "erasing failed; it is tried again");
        }
        let [first, most] = ERASE_AGAIN;
        rest = match erasing {
            Ok(Erasing::Idle) => None,
            Ok(Erasing::Waiting) => Some(rest.map_or(first, |rest| (rest * 2).min(most))),
            Err(_) => Some(most),
        };
    }
}

fn compact_all(store: &Store, clock: &dyn Clock) {
    loop {
        match store.compact(clock.now()) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(%error, "compaction failed; it is tried again");
                return;
            }
        }
    }
}
