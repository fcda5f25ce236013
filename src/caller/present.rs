//! The present, as a request sees it, and how long its answer holds while the clock goes on.
//!
//! **The present is the end of the second in which the request came.** So ranges that end now hold everything that was
//! acknowledged before, and two requests of one second that ask the same mean the same, exactly.
//!
//! Whoever reads the present says for what, and that says until when the answer is the one that a later request would
//! get, if nothing is written:
//!
//! | read for | holds |
//! |---|---|
//! | an instant of the answer, such as the end of `last` | in this second |
//! | whether something has begun, and it has | for good |
//! | whether something has begun, and it has not | until it begins |
//! | what comes first, a given end or the present: the end | for good |
//! | the present | in this second |
//!
//! What no version of the store tells of, such as files of saved queries and uses of clients, is no answer for another
//! request: [`Caller::hold_for_nobody`].

use super::Caller;
use crate::domain::time::end_of_second;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, PoisonError};

/// The present of one request.
#[derive(Debug)]
pub(super) struct Present {
    /// When the request came.
    began: DateTime<Utc>,
    /// What "now" is in its answer.
    now: DateTime<Utc>,
    /// Up to which present the answer holds.
    holds_until: Mutex<DateTime<Utc>>,
}

impl Present {
    pub(super) fn at(began: DateTime<Utc>) -> Self {
        let now = end_of_second(began);
        Self { began, now, holds_until: Mutex::new(DateTime::<Utc>::MAX_UTC) }
    }

    fn hold_until(&self, instant: DateTime<Utc>) {
        let mut until = self.holds_until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = instant.min(*until);
    }
}

impl Caller {
    /// When the request came.
    #[must_use]
    pub fn began(&self) -> DateTime<Utc> {
        self.present.began
    }

    /// The present, for an answer that depends on it throughout.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.present.hold_until(self.present.now);
        self.present.now
    }

    /// Whether an instant lies before the present.
    #[must_use]
    pub fn has_begun(&self, instant: DateTime<Utc>) -> bool {
        let has_begun = instant < self.present.now;
        if !has_begun {
            self.present.hold_until(instant);
        }
        has_begun
    }

    /// The end of a range, or the present where that comes first.
    #[must_use]
    pub fn up_to_now(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        if end <= self.present.now { end } else { self.now() }
    }

    /// Says that the answer depends on something whose changes no version tells, so that it is nobody else's.
    pub fn hold_for_nobody(&self) {
        self.present.hold_until(DateTime::<Utc>::MIN_UTC);
    }

    /// The present, for whoever only compares it with that of another request.
    #[must_use]
    pub fn second(&self) -> DateTime<Utc> {
        self.present.now
    }

    /// Up to which [`Caller::second`] what was answered so far is what another request would be answered, if nothing is
    /// written meanwhile.
    #[must_use]
    pub fn holds_until(&self) -> DateTime<Utc> {
        *self.present.holds_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
