//! Answers that are given again, and questions that are asked once.
//!
//! Two requests are the same when project, right, document, operation name, variables and the leave to read the schema
//! are the same: `key.rs`. Nothing else that a request brings changes an answer; limits and configuration stand as long
//! as the server runs.
//!
//! An answer is given again while
//!
//! - nothing about the project was stored since it was asked: [`crate::caller::Caller::version`]. A write moves the
//!   version on before it is acknowledged, so the very next question sees it. What other projects store changes nothing;
//! - and the clock does not matter to it, or not yet: an answer with a range that ends now is one of its second, one
//!   that only tells what has begun holds until more begins (`caller/present.rs`).
//!
//! Whoever sends `Cache-Control: max-stale=N` is also given an answer that was asked up to N seconds ago, whatever was
//! stored since. Answers with an error are given to those who wait for them and never again.
//!
//! While a question runs, those who ask the same under the same version in the same second wait for its answer. It runs
//! as long as one of them still wants it, whoever came first.
//!
//! Memory is bounded by bytes over all projects: what was asked for longest ago gives way first.

mod key;
mod weight;

use super::Schema;
use super::context::with_caller;
use super::run::{Way, run_as};
use crate::caller::Caller;
use async_graphql::{Request, Response};
use chrono::{DateTime, Duration, Utc};
use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use key::Key;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use weight::{Weight, weight};

/// Answers that are kept, about.
const KEPT: usize = 10_000;

/// How a request came by its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was kept.
    Kept,
    /// Another request was asking the same.
    Shared,
    /// It was asked for this request.
    Asked,
}

impl Source {
    /// The word for headers and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "hit",
            Self::Shared => "shared",
            Self::Asked => "miss",
        }
    }
}

/// An answer and where it comes from.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What is answered.
    pub response: Arc<Response>,
    /// How this request came by it.
    pub source: Source,
    /// How long ago it was asked, in whole seconds.
    pub age_seconds: u64,
    /// The last present of which it is the answer, if nothing is stored.
    pub holds_until: DateTime<Utc>,
}

/// An answer with all that decides for whom it will do.
#[derive(Debug)]
struct Kept {
    response: Arc<Response>,
    asked: Asked,
    /// The last present of which it is the answer.
    holds_until: DateTime<Utc>,
}

/// When a question was asked, by every clock there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    /// The version of what is stored, read before anything else was.
    version: u64,
    /// How often erasures changed what is visible, read before anything else was.
    erasures: u64,
    /// The present that the answer speaks of.
    second: DateTime<Utc>,
    /// When the request came.
    at: DateTime<Utc>,
}

impl Asked {
    fn by(caller: &Caller) -> Self {
        Self {
            version: caller.version(),
            erasures: caller.erasure_changes(),
            second: caller.second(),
            at: caller.began(),
        }
    }

    /// Whether this was asked so short a time before another that its answer will do though it is another one. What is
    /// erased is not told again.
    fn is_recent(&self, other: &Self, max_stale: Option<Duration>) -> bool {
        self.erasures == other.erasures
            && max_stale.is_some_and(|most| self.at <= other.at && other.at - self.at <= most)
    }
}

impl Kept {
    fn will_do(&self, asked: &Asked, max_stale: Option<Duration>) -> bool {
        let holds = self.asked.version == asked.version
            && self.asked.second <= asked.second
            && asked.second <= self.holds_until;
        holds || self.asked.is_recent(asked, max_stale)
    }

    fn answer(self: Arc<Self>, asked: &Asked, source: Source) -> Answer {
        let age = (asked.at - self.asked.at).num_seconds();
        let age_seconds = u64::try_from(age).unwrap_or(0);
        Answer { response: Arc::clone(&self.response), source, age_seconds, holds_until: self.holds_until }
    }
}

type Flight = Shared<BoxFuture<'static, Arc<Kept>>>;

/// A question that runs.
struct Running {
    asked: Asked,
    number: u64,
    flight: WeakShared<BoxFuture<'static, Arc<Kept>>>,
}

/// The answers that are kept, and the questions that run.
pub struct Answers {
    kept: Arc<Cache<Key, Arc<Kept>, Weight>>,
    running: Arc<Mutex<HashMap<Key, Running>>>,
    largest: u64,
    flights: AtomicU64,
    /// How often erasures had changed what is visible when answers were last dropped for it.
    erasures: AtomicU64,
    counts: [AtomicU64; 3],
}

impl std::fmt::Debug for Answers {
    /// Leaves out what was answered.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Answers {
    /// Keeps answers of so many bytes in all; of none, questions are still asked once.
    #[must_use]
    pub fn within(bytes: u64) -> Self {
        // In one part, so that a large answer finds room; what takes time happens outside of it.
        let options =
            OptionsBuilder::new().shards(1).estimated_items_capacity(KEPT).weight_capacity(bytes).build();
        let kept = Arc::new(match options {
            Ok(options) => Cache::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            Err(_) => Cache::with_weighter(KEPT, bytes, Weight),
        });
        // One answer may not drive out most of the others.
        let largest = bytes / 4;
        Self {
            kept,
            running: Arc::default(),
            largest,
            flights: AtomicU64::new(0),
            erasures: AtomicU64::new(0),
            counts: <[AtomicU64; 3]>::default(),
        }
    }

    /// Answers a request for a query: with what is kept, with what is being asked, or by asking.
    ///
    /// `max_stale`: how long ago the answer may have been asked though it would be another one now.
    pub async fn answer(
        &self,
        (way, schema): (Way, &Schema),
        request: Request,
        caller: Arc<Caller>,
        max_stale: Option<Duration>,
    ) -> Answer {
        let (key, asked) = (Key::of(&request, &caller), Asked::by(&caller));
        if self.erasures.fetch_max(asked.erasures, Ordering::AcqRel) < asked.erasures {
            // Nothing that may tell of what is erased is kept any longer.
            self.kept.clear();
        }
        let kept = self.kept.get(&key).filter(|kept| kept.will_do(&asked, max_stale));
        let (kept, source) = if let Some(kept) = kept {
            (kept, Source::Kept)
        } else {
            let (flight, source) = self.board(key, asked, max_stale, (way, schema), request, caller);
            (flight.await, source)
        };
        self.counts[source as usize].fetch_add(1, Ordering::Relaxed);
        kept.answer(&asked, source)
    }

    /// How many requests were answered from a source since the start.
    #[must_use]
    pub fn count(&self, source: Source) -> u64 {
        self.counts[source as usize].load(Ordering::Relaxed)
    }

    /// Bytes of the answers that are kept, about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept.weight()
    }

    /// Joins whoever asks the same now, or begins to ask.
    fn board(
        &self,
        key: Key,
        asked: Asked,
        max_stale: Option<Duration>,
        (way, schema): (Way, &Schema),
        request: Request,
        caller: Arc<Caller>,
    ) -> (Flight, Source) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let same = running.get(&key).filter(|other| {
            let is_same = (other.asked.version, other.asked.second) == (asked.version, asked.second);
            is_same || other.asked.is_recent(&asked, max_stale)
        });
        if let Some(flight) = same.and_then(|other| other.flight.upgrade()) {
            return (flight, Source::Shared);
        }
        let number = self.flights.fetch_add(1, Ordering::Relaxed);
        let landing = Landing { running: Arc::clone(&self.running), key, number };
        let (schema, cache, largest) = (schema.clone(), Arc::clone(&self.kept), self.largest);
        let ask = async move {
            let landing = landing;
            let response = run_as(way, &schema, with_caller(request, Arc::clone(&caller))).await;
            let is_well = response.errors.is_empty();
            let weight = weight(&response);
            let holds_until = caller.holds_until();
            let kept = Arc::new(Kept { response: Arc::new(response), asked, holds_until });
            if is_well && weight <= largest {
                cache.insert(landing.key, Arc::clone(&kept));
            }
            kept
        };
        let flight = ask.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            running.insert(key, Running { asked, number, flight: weak });
        }
        (flight, Source::Asked)
    }
}

/// Takes a question off the list when it is answered, or when nobody waits for the answer any more.
struct Landing {
    running: Arc<Mutex<HashMap<Key, Running>>>,
    key: Key,
    number: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // A later question may have taken the place.
        if running.get(&self.key).is_some_and(|other| other.number == self.number) {
            running.remove(&self.key);
        }
    }
}
