//! Whether the other engine answers, as far as the last questions tell.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For so long nothing is asked of an engine that could not be reached.
const REST: Duration = Duration::from_secs(5);

/// How an engine fares.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// When and why it last failed, unless it has answered since.
    failed: Mutex<Option<(Instant, String)>>,
    /// Why it last failed at a question.
    last: Mutex<Option<String>>,
    answered: AtomicU64,
    failures: AtomicU64,
    replaced: AtomicU64,
}

/// How the other engine fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Why it could not be reached, unless it has answered since.
    pub failure: Option<String>,
    /// Why it last failed at a question, whether it has answered since or not.
    pub last_failure: Option<String>,
    /// Questions it computed rows for.
    pub answered: u64,
    /// Questions it failed at, tries of the same question counted once.
    pub failures: u64,
    /// Questions that were answered here in its place.
    pub replaced: u64,
}

impl Health {
    /// Why it is not asked now, if it is not.
    pub(super) fn rests(&self) -> Option<String> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().filter(|(since, _)| since.elapsed() < REST).map(|(_, why)| why.clone())
    }

    /// It answered.
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if failed.is_some() {
            tracing::info!("the distributed engine answers again");
        }
    }

    /// It failed; `is_gone` when it would fail at any question.
    pub(super) fn failed(&self, why: &str, is_gone: bool) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
        tracing::warn!(reason = why, "the distributed engine gave no answer");
        if is_gone {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed = Some((Instant::now(), why.to_owned()));
        }
    }

    /// A question was answered here in its place.
    pub(super) fn replaced(&self) {
        self.replaced.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> State {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        State {
            failure: failed.as_ref().map(|(_, why)| why.clone()),
            last_failure: self.last.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            answered: self.answered.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            replaced: self.replaced.load(Ordering::Relaxed),
        }
    }
}
