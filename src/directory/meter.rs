//! How often a client may ask: so many requests a minute, as many of them at once as it likes.

use crate::domain::time::Clock;
use governor::clock::Clock as Forward;
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// What a client may still ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a minute, at most.
    pub per_minute: u32,
    /// Requests that it may make now.
    pub remaining: u32,
    /// Seconds after which it may make all of them again.
    pub full_in_seconds: u64,
    /// Seconds to wait, where this request was one too many.
    pub wait_seconds: Option<u64>,
}

/// The clock of the server as the limiter reads it.
#[derive(Debug, Clone)]
struct Time(Arc<dyn Clock>);

impl Forward for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Counts the requests of a client. Without a limit it counts nothing.
pub(super) struct Meter(Option<Counting>);

struct Counting {
    per_minute: NonZeroU32,
    time: Time,
    limiter: RateLimiter<NotKeyed, InMemoryState, Time, StateInformationMiddleware>,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Meter").field(&self.0.as_ref().map(|counting| counting.per_minute)).finish()
    }
}

impl Meter {
    /// A meter of so many requests a minute; 0: of as many as there are.
    pub(super) fn new(per_minute: usize, clock: &Arc<dyn Clock>) -> Self {
        let per_minute = NonZeroU32::new(u32::try_from(per_minute).unwrap_or(u32::MAX));
        Self(per_minute.map(|per_minute| {
            let time = Time(Arc::clone(clock));
            let limiter = RateLimiter::direct_with_clock(Quota::per_minute(per_minute), time.clone());
            Counting { per_minute, time, limiter: limiter.with_middleware() }
        }))
    }

    /// Counts a request. `None` where there is no limit.
    pub(super) fn take(&self) -> Option<Allowance> {
        let Counting { per_minute, time, limiter } = self.0.as_ref()?;
        let (remaining, wait_seconds) = match limiter.check() {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(whole_seconds(until.wait_time_from(time.now())).max(1))),
        };
        let per_minute = per_minute.get();
        let used = u64::from(per_minute.saturating_sub(remaining));
        let full_in_seconds = (used * 60).div_ceil(u64::from(per_minute));
        Some(Allowance { per_minute, remaining, full_in_seconds, wait_seconds })
    }
}

/// Seconds, the last one begun.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::ManualClock;
    use chrono::TimeDelta;

    #[test]
    fn a_minutes_requests_may_come_at_once_and_come_back_one_by_one() {
        let manual = Arc::new(ManualClock::starting_at("2026-03-10T12:00:00Z".parse().expect("an instant")));
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&manual);
        let meter = Meter::new(6, &clock);
        let remaining = |meter: &Meter| {
            let allowance = meter.take().expect("a limit");
            (allowance.remaining, allowance.full_in_seconds, allowance.wait_seconds)
        };
        let all: Vec<_> = (0..7).map(|_| remaining(&meter)).collect();
        let expected = [
            (5, 10, None),
            (4, 20, None),
            (3, 30, None),
            (2, 40, None),
            (1, 50, None),
            (0, 60, None),
            (0, 60, Some(10)),
        ];
        assert_eq!(all, expected);
        manual.advance(TimeDelta::milliseconds(9_500));
        assert_eq!(remaining(&meter), (0, 60, Some(1)));
        manual.advance(TimeDelta::milliseconds(500));
        assert_eq!(remaining(&meter), (0, 60, None));
        manual.advance(TimeDelta::hours(1));
        assert_eq!(remaining(&meter), (5, 10, None));
        assert_eq!(Meter::new(0, &clock).take(), None);
    }
}
