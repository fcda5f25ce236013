//! When a row happened: every way of writing an instant that an import reads.
//!
//! - ISO 8601 and RFC 3339: `2026-01-31T10:15:00.123456+01:00`, also with a space instead of `T`, with a
//!   comma before the fraction, without seconds, without dashes and colons, and as a date alone (midnight).
//!   Without an offset the time is UTC; ` UTC` and ` GMT` at the end are understood.
//! - Numbers since 1970: below 10^11 they are seconds, below 10^14 milliseconds, below 10^17 microseconds,
//!   above nanoseconds (of their magnitude; fractions are fine). Eight digits that form a date of the years
//!   1900 to 2999 are that date.
//!
//! Instants are cut to whole microseconds. One more than 24 hours after the present is refused.

use crate::domain::Invalid;
use crate::domain::accept::check_instant;
use crate::domain::time::is_representable;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use serde_json::Value;

const SECONDS_BELOW: i128 = 100_000_000_000;
const MILLIS_BELOW: i128 = 1_000 * SECONDS_BELOW;
const MICROS_BELOW: i128 = 1_000 * MILLIS_BELOW;

/// Reads the instant in a cell of the column.
pub(super) fn instant(column: &str, value: &Value, now: DateTime<Utc>) -> Result<DateTime<Utc>, Invalid> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err(Invalid::new(column, "is no time; give a text or a number")),
    };
    let shown = || text.chars().filter(|c| !c.is_control()).take(60).collect::<String>();
    let read = from_number(&text).or_else(|| from_text(&text));
    let Some(instant) = read else {
        let reason = "is no time; write RFC 3339, e.g. 2026-01-31T10:15:00Z, or seconds since 1970";
        return Err(Invalid::new(column, format!("\"{}\" {reason}", shown())));
    };
    if !is_representable(instant) {
        return Err(Invalid::new(
            column,
            format!("\"{}\" lies outside the years 1 to 9998; write a time inside", shown()),
        ));
    }
    check_instant(column, instant, now)?;
    Ok(instant)
}

fn from_number(text: &str) -> Option<DateTime<Utc>> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if unsigned.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        let number: f64 = text.parse().ok()?;
        return from_number(&format!("{number:.6}")).filter(|_| number.is_finite());
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if whole.len() > 30 || ![whole, fraction].iter().all(|digits| is_digits(digits)) {
        return None;
    }
    if let Some(date) = compact_date(text) {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let whole: i128 = whole.parse().ok()?;
    // Twelve decimals are more than any unit needs for whole microseconds.
    let fraction: i128 = format!("{fraction:0<12.12}").parse().ok()?;
    let picos = whole.checked_mul(1_000_000_000_000)?.checked_add(fraction)?;
    let per_micro = match whole {
        ..SECONDS_BELOW => 1_000_000,
        SECONDS_BELOW..MILLIS_BELOW => 1_000_000_000,
        MILLIS_BELOW..MICROS_BELOW => 1_000_000_000_000,
        _ => 1_000_000_000_000_000,
    };
    let picos = if text.starts_with('-') { -picos } else { picos };
    DateTime::from_timestamp_micros(i64::try_from(picos.div_euclid(per_micro)).ok()?)
}

/// Eight digits as a date, if they can be meant as one.
fn compact_date(text: &str) -> Option<NaiveDate> {
    let date = (text.len() == 8 && is_digits(text)).then(|| date(text))??;
    ("19000101"..="29991231").contains(&text).then_some(date)
}

fn from_text(text: &str) -> Option<DateTime<Utc>> {
    let date_bytes = if text.get(4..5) == Some("-") { 10 } else { 8 };
    let (day, rest) = text.split_at_checked(date_bytes)?;
    let day = date(day)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then(|| day.and_time(NaiveTime::MIN).and_utc());
    };
    let clock_bytes = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',')));
    let (clock, zone) = rest.split_at_checked(clock_bytes.unwrap_or(rest.len()))?;
    let local = day.and_time(time(clock)?);
    local.checked_sub_signed(offset(zone.trim_start())?).map(|utc| utc.and_utc())
}

fn date(text: &str) -> Option<NaiveDate> {
    let (year, month, day) = if text.len() == 8 {
        (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
    } else {
        let mut parts = text.splitn(3, '-');
        (parts.next()?, parts.next()?, parts.next()?)
    };
    let year = i32::try_from(digits(year, 4)?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?)
}

fn time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = match text.find(['.', ',']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, "0"),
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) = match (parts.next()?, parts.next(), parts.next()) {
        (hour, Some(minute), second) => (hour, minute, second),
        (packed, None, _) => (packed.get(..2)?, packed.get(2..4)?, packed.get(4..).filter(|s| !s.is_empty())),
    };
    // A fraction counts seconds only.
    if parts.next().is_some() || !is_digits(fraction) || (second.is_none() && clock.len() != text.len()) {
        return None;
    }
    let micros = format!("{fraction:0<6.6}").parse().ok()?;
    let second = digits(second.unwrap_or("00"), 2)?;
    // A leap second counts as the one before it: clocks that are counted from 1970 have none.
    NaiveTime::from_hms_micro_opt(
        digits(hour, 2)?,
        digits(minute, 2)?,
        if second == 60 { 59 } else { second },
        micros,
    )
}

/// How far the clock of a zone is ahead of UTC.
fn offset(zone: &str) -> Option<Duration> {
    if zone.is_empty() || ["z", "utc", "gmt"].iter().any(|name| zone.eq_ignore_ascii_case(name)) {
        return Some(Duration::zero());
    }
    let (sign, digits_of) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits_of.len() {
        2 => (digits_of, "00"),
        4 => digits_of.split_at_checked(2)?,
        _ => digits_of.split_once(':')?,
    };
    let (hours, minutes) = (i64::from(digits(hours, 2)?), i64::from(digits(minutes, 2)?));
    (hours < 24 && minutes < 60).then(|| Duration::minutes(sign * (hours * 60 + minutes)))
}

/// Exactly so many digits as a number.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && is_digits(text)).then(|| text.parse().ok())?
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Result<String, String> {
        let now = "2026-06-01T00:00:00Z".parse().expect("an instant");
        let read = instant("time", value, now).map(|instant| format!("{instant:?}"));
        read.map_err(|invalid| invalid.reason)
    }

    #[test]
    fn texts_with_and_without_an_offset_are_read() {
        let same = [
            "2026-01-31T10:15:00.123456Z",
            "2026-01-31T10:15:00.123456789",
            "2026-01-31 10:15:00,123456",
            "2026-01-31t11:15:00.123456+01:00",
            "2026-01-31 05:45:00.123456 -0430",
            "2026-01-31 10:15:00.123456 UTC",
            "20260131T101500.123456Z",
            " 2026-01-30T22:15:00.123456-12 ",
        ];
        for text in same {
            assert_eq!(read(&json!(text)).as_deref(), Ok("2026-01-31T10:15:00.123456Z"), "{text}");
        }
        assert_eq!(read(&json!("2026-01-31")).as_deref(), Ok("2026-01-31T00:00:00Z"));
        assert_eq!(read(&json!("2026-01-31 10:15")).as_deref(), Ok("2026-01-31T10:15:00Z"));
        assert_eq!(read(&json!("2016-12-31T23:59:60Z")).as_deref(), Ok("2016-12-31T23:59:59Z"));
        assert_eq!(read(&json!("20260131")).as_deref(), Ok("2026-01-31T00:00:00Z"));
    }

    #[test]
    fn numbers_are_told_apart_by_their_magnitude() {
        let same = [
            json!(1_700_000_000.123_456),
            json!("1700000000.123456"),
            json!("1700000000123.4567"),
            json!(1_700_000_000_123_456_i64),
            json!(1_700_000_000_123_456_999_i64),
        ];
        for number in &same {
            assert_eq!(read(number).as_deref(), Ok("2023-11-14T22:13:20.123456Z"), "{number}");
        }
        assert_eq!(read(&json!(0)).as_deref(), Ok("1970-01-01T00:00:00Z"));
        assert_eq!(read(&json!(-0.25)).as_deref(), Ok("1969-12-31T23:59:59.750Z"));
        assert_eq!(read(&json!("1.7e9")).as_deref(), Ok("2023-11-14T22:13:20Z"));
        assert_eq!(read(&json!(1.7e18)).as_deref(), Ok("2023-11-14T22:13:20Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let texts = [
            "",
            "soon",
            "2026-02-30",
            "2026-1-1",
            "31.01.2026",
            "2026-01-31T25:00:00Z",
            "2026-01-31T10:15:00+25:00",
            "2026-01-31T10:15:00 Mars",
            "2026-01-31T",
            "2026-01-31T10.5",
            "2026-01-31T10:15.5",
            "1e400",
            "1.",
            "--1",
            "2026-01-31T10:15:00:00",
            "é026-01-31",
        ];
        for text in texts {
            assert!(read(&json!(text)).is_err_and(|reason| reason.contains("is no time")), "{text}");
        }
        assert!(read(&json!(true)).is_err());
        assert!(read(&json!("0000-12-31")).is_err_and(|reason| reason.contains("years 1 to 9998")));
        assert!(read(&json!("9999-01-01")).is_err_and(|reason| reason.contains("years 1 to 9998")));
    }

    #[test]
    fn a_day_ahead_is_the_most() {
        assert!(read(&json!("2026-06-02T00:00:00Z")).is_ok());
        assert!(read(&json!("2026-06-02T00:00:00.000001Z")).is_err_and(|reason| reason.contains("24 hours")));
    }
}
