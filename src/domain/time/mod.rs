//! Time: the clock, half-open ranges, ISO 8601 durations, and calendar buckets in a time zone (`calendar.rs`).
//!
//! Everything is stored in UTC with whole microseconds. A zone acts only when time is cut into buckets.

mod calendar;

pub use calendar::{Bucket, Calendar, Interval, WeekStart, local_midnight};

use super::Invalid;
use chrono::{DateTime, Datelike, Duration, Utc};
use chrono_tz::Tz;
use std::fmt::Debug;
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

/// Where the present comes from. Nothing else in the program asks the system for it.
pub trait Clock: Send + Sync + Debug {
    /// The present instant, whole microseconds.
    fn now(&self) -> DateTime<Utc>;

    /// How much time has gone by since some instant that stays the same. Where it matters, a machine that is set to
    /// another time changes nothing about it.
    fn elapsed(&self) -> std::time::Duration {
        self.now().signed_duration_since(DateTime::UNIX_EPOCH).to_std().unwrap_or_default()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "I8: the one place that asks the system")]
    fn now(&self) -> DateTime<Utc> {
        whole_micros(Utc::now())
    }

    fn elapsed(&self) -> std::time::Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock forward (or back, with a negative duration).
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }

    /// Shows another instant, earlier or later.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A new unique id whose text sorts by time of making (UUID version 7).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Cuts an instant to whole microseconds, the store's precision.
#[must_use]
pub fn whole_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

/// The end of the second that an instant lies in; a whole second ends at itself.
#[must_use]
pub fn end_of_second(instant: DateTime<Utc>) -> DateTime<Utc> {
    let micros = i64::from(instant.timestamp_subsec_micros());
    if micros == 0 { instant } else { instant + Duration::microseconds(1_000_000 - micros) }
}

/// The earliest and the latest instant that is accepted anywhere: years 1 to 9998.
#[must_use]
pub fn is_representable(instant: DateTime<Utc>) -> bool {
    (1..=9998).contains(&instant.year())
}

/// The first instant of the year 1.
#[must_use]
pub fn first_instant() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(-62_135_596_800_000_000).unwrap_or_default()
}

/// Complaints about ranges that reach back before time as it is known here.
const TOO_LONG: &str = "reaches back before the year 1; give a shorter duration";
const NO_PREVIOUS: &str = "is so long that the period before it begins before the year 1; choose a shorter range or do not compare with the period before";

/// A half-open range `[from, to)`: an instant exactly at `from` is inside, exactly at `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Range {
    /// Makes a range; `from` must lie before `to`.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Self, Invalid> {
        for (field, instant) in [("range.from", from), ("range.to", to)] {
            if !is_representable(instant) {
                return Err(Invalid::new(
                    field,
                    "lies outside the years 1 to 9998; choose an instant inside",
                ));
            }
        }
        if from >= to {
            let how = if from == to { "is empty" } else { "is reversed" };
            let reason = format!("{how}: from ({from}) must lie before to ({to}), which is not part of it");
            return Err(Invalid::new("range", reason));
        }
        Ok(Self { from: whole_micros(from), to: whole_micros(to) })
    }

    /// The last `span` before `now`: `[now − span, now)`.
    pub fn last(span: Duration, now: DateTime<Utc>) -> Result<Self, Invalid> {
        let from = now.checked_sub_signed(span).ok_or_else(|| Invalid::new("last", TOO_LONG))?;
        Self::new(from, now).map_err(|_| Invalid::new("last", TOO_LONG))
    }

    /// Everything before an instant; the least range there is where that lies before the year 1.
    #[must_use]
    pub fn until(to: DateTime<Utc>) -> Self {
        let from = first_instant();
        Self { from, to: whole_micros(to).max(from + Duration::microseconds(1)) }
    }

    /// The first instant inside.
    #[must_use]
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The first instant after the range.
    #[must_use]
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// The range of the same length that ends where this one begins.
    pub fn previous(&self) -> Result<Self, Invalid> {
        let from = self.from.checked_sub_signed(self.to - self.from);
        let from = from.ok_or_else(|| Invalid::new("range", NO_PREVIOUS))?;
        Self::new(from, self.from).map_err(|_| Invalid::new("range", NO_PREVIOUS))
    }

    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.from <= instant && instant < self.to
    }
}

/// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds (`P30D`, `P1W`, `PT12H`).
///
/// A day is 24 hours. Years and months have no fixed length and are refused, as is a duration of zero.
pub fn parse_duration(field: &str, text: &str) -> Result<Duration, Invalid> {
    let wrong = || {
        Invalid::new(
            field,
            format!(
                "is \"{}\"; write an ISO 8601 duration such as \"P7D\", \"PT12H\" or \"P1DT30M\"",
                clip(text)
            ),
        )
    };
    let body = text.strip_prefix('P').ok_or_else(wrong)?;
    let (mut micros, mut in_time, mut parts) = (0_i128, false, 0);
    let mut digits = String::new();
    let mut last_rank = 0;
    for c in body.chars() {
        match c {
            'T' if !in_time && digits.is_empty() => in_time = true,
            '0'..='9' if digits.len() < 12 => digits.push(c),
            'Y' | 'M' if !in_time => {
                let reason = "names years or months, which have no fixed length; give days, e.g. \"P30D\"";
                return Err(Invalid::new(field, reason));
            }
            _ => {
                let (rank, seconds) = match (in_time, c) {
                    (false, 'W') => (1, 7 * 86_400),
                    (false, 'D') => (2, 86_400),
                    (true, 'H') => (3, 3_600),
                    (true, 'M') => (4, 60),
                    (true, 'S') => (5, 1),
                    _ => return Err(wrong()),
                };
                if rank <= last_rank {
                    return Err(wrong());
                }
                last_rank = rank;
                let number: i128 = digits.parse().map_err(|_| wrong())?;
                digits.clear();
                micros += number * seconds * 1_000_000;
                parts += 1;
            }
        }
    }
    if parts == 0 || !digits.is_empty() || body.ends_with('T') {
        return Err(wrong());
    }
    if micros == 0 {
        return Err(Invalid::new(field, "is zero; give a duration longer than nothing"));
    }
    // A hundred thousand years: longer than any range, short enough for every sum of instants.
    if micros > 36_500_000 * 86_400 * 1_000_000 {
        return Err(Invalid::new(field, "is too long; 36500000 days at most are allowed"));
    }
    i64::try_from(micros).map(Duration::microseconds).map_err(|_| wrong())
}

/// Writes a duration back in ISO 8601, days and seconds.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let (days, seconds) = (duration.num_days(), duration.num_seconds() % 86_400);
    match (days, seconds) {
        (days, 0) => format!("P{days}D"),
        (0, seconds) => format!("PT{seconds}S"),
        (days, seconds) => format!("P{days}DT{seconds}S"),
    }
}

/// Reads an IANA time zone name.
pub fn parse_zone(field: &str, name: &str) -> Result<Tz, Invalid> {
    name.parse().map_err(|_| {
        Invalid::new(
            field,
            format!("\"{}\" is no time zone; write an IANA name such as \"Europe/Berlin\"", clip(name)),
        )
    })
}

/// The beginning of a text, for messages.
fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a test instant")
    }

    #[test]
    fn a_range_must_not_be_empty_or_reversed() {
        let (a, b) = (utc("2026-01-01T00:00:00Z"), utc("2026-01-02T00:00:00Z"));
        assert!(Range::new(a, b).is_ok());
        assert!(Range::new(a, a).is_err_and(|invalid| invalid.reason.contains("empty")));
        assert!(Range::new(b, a).is_err_and(|invalid| invalid.reason.contains("reversed")));
    }

    #[test]
    fn durations_are_read_and_calendar_lengths_refused() {
        assert_eq!(parse_duration("window", "P7D"), Ok(Duration::days(7)));
        assert_eq!(parse_duration("window", "P1W"), Ok(Duration::days(7)));
        assert_eq!(parse_duration("window", "PT90M"), Ok(Duration::minutes(90)));
        assert_eq!(parse_duration("window", "P1DT1H"), Ok(Duration::hours(25)));
        for bad in
            ["", "P", "PT", "0", "banana", "P1", "P1M", "P1Y", "P0D", "-P1D", "P1H", "PT1D", "P1DT", "P1D1W"]
        {
            assert!(parse_duration("window", bad).is_err(), "{bad} was accepted");
        }
        assert!(parse_duration("window", "P999999999999D").is_err());
    }
}
