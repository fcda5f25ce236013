//! `__timestamp`: when an event happened, as JavaScript would read it.
//!
//! Any value that `new Date(value)` reads is accepted: a number of milliseconds since 1970, ISO 8601 in its
//! forms, RFC 2822, what `String(date)` prints, `2026/11/24 10:00` and `November 24, 2026 10:00 AM`. Local times
//! are read as UTC. What cannot be read, is falsy, lies more than a minute ahead or before the year 1 becomes
//! the time of receipt.

use crate::domain::time::{is_representable, whole_micros};
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value;

/// When an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// The instant, whole microseconds UTC.
    pub(super) at: DateTime<Utc>,
    /// Whether it lies more than 15 minutes back, so that the event is in no session.
    pub(super) is_past: bool,
}

/// The moment a `__timestamp` names for an event that was received `now`.
pub(super) fn settle(sent: Option<&Value>, now: DateTime<Utc>) -> Moment {
    let latest = now + Duration::minutes(1);
    let named = sent.and_then(parse).map(whole_micros).filter(|at| is_representable(*at) && *at <= latest);
    let at = named.unwrap_or(now);
    Moment { at, is_past: now - at > Duration::minutes(15) }
}

fn parse(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(number) => {
            let millis = number.as_i64().or_else(|| number.as_f64().map(truncated))?;
            DateTime::from_timestamp_millis(millis).filter(|_| millis != 0)
        }
        Value::String(text) => iso(text.trim()).or_else(|| prose(text.trim())),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole milliseconds are meant, and a cast of a float saturates"
)]
fn truncated(millis: f64) -> i64 {
    millis as i64
}

/// `2026`, `2026-11`, `2026-11-24`, and the last with a time behind `T` or a space.
fn iso(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = text.split_once(['T', 't', ' ']).map_or((text, ""), |(date, time)| (date, time));
    let (sign, digits, year_digits) = match date.as_bytes().first()? {
        b'+' => (1, &date[1..], 6),
        b'-' => (-1, &date[1..], 6),
        _ => (1, date, 4),
    };
    let mut parts = digits.split('-');
    let year = number(parts.next()?, year_digits..=year_digits)?;
    let mut part = || parts.next().map_or(Some(1), |part| number(part, 1..=2));
    let (month, day) = (part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    on(NaiveDate::from_ymd_opt(sign * i32::try_from(year).ok()?, month, day)?, time)
}

/// Dates with the names of months, or with slashes.
fn prose(text: &str) -> Option<DateTime<Utc>> {
    // `String(date)` ends with the zone's name in brackets.
    let text = text.split(" (").next()?.trim_end();
    let text = without_weekday(text);
    let dated = ["%d %B %Y", "%B %d %Y", "%B %d, %Y", "%m/%d/%Y", "%Y/%m/%d"].into_iter().find_map(|form| {
        let (date, time) = NaiveDate::parse_and_remainder(text, form).ok()?;
        let is_whole = date.year() >= 1000 && (time.is_empty() || time.starts_with([' ', ',']));
        is_whole.then_some((date, time))
    });
    let read = dated.and_then(|(date, time)| on(date, time.trim_start_matches([' ', ','])));
    // Zones by name (`EST`) and years of two digits are left to the standard's own reader.
    read.or_else(|| DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc()))
}

/// A weekday says nothing that the date does not, and JavaScript does not check it.
fn without_weekday(text: &str) -> &str {
    let Some((word, rest)) = text.split_once([' ', ',']) else { return text };
    let is_weekday = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        .iter()
        .any(|day| word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(day)));
    if is_weekday { rest.trim_start() } else { text }
}

/// The instant at a time of a date. The time may be empty (midnight) and may end with a zone; otherwise it is UTC.
fn on(date: NaiveDate, time: &str) -> Option<DateTime<Utc>> {
    if time.is_empty() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let (clock, east) = split_zone(time)?;
    local(date, clock)?.and_utc().checked_sub_signed(east)
}

/// Splits `10:00Z`, `10:00 GMT+0100`, `10:00-05:30` into the clock's time and how far east the zone is.
fn split_zone(time: &str) -> Option<(&str, Duration)> {
    let (clock, east) = match time.rfind(['+', '-']) {
        None => (time, Duration::zero()),
        Some(at) => {
            let digits = time[at + 1..].replacen(':', "", 1);
            let (hours, minutes) =
                if digits.len() <= 2 { (digits.as_str(), "0") } else { digits.split_at_checked(2)? };
            let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 1..=2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let east = Duration::minutes(i64::from(hours * 60 + minutes));
            (&time[..at], if time.as_bytes()[at] == b'-' { -east } else { east })
        }
    };
    let clock = clock.trim_end();
    let named = ["UTC", "GMT", "Z", "z"].into_iter().find_map(|zone| clock.strip_suffix(zone));
    Some((named.unwrap_or(clock).trim_end(), east))
}

fn local(date: NaiveDate, clock: &str) -> Option<NaiveDateTime> {
    if let Some(rest) = clock.strip_prefix("24:") {
        // Midnight at the end of the day; any later does not exist.
        let is_midnight = rest.bytes().all(|b| matches!(b, b'0' | b':' | b'.'));
        return is_midnight.then(|| date.succ_opt()).flatten().map(|next| next.and_time(NaiveTime::MIN));
    }
    let forms = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];
    let time = forms.into_iter().find_map(|form| NaiveTime::parse_from_str(clock, form).ok())?;
    Some(date.and_time(time))
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a test instant")
    }

    #[test]
    fn every_form_that_javascript_reads_is_read() {
        for (sent, expected) in [
            (json!("2026"), "2026-01-01T00:00:00Z"),
            (json!("2026-11"), "2026-11-01T00:00:00Z"),
            (json!("2026-11-24"), "2026-11-24T00:00:00Z"),
            (json!("2026-11-24T10:07"), "2026-11-24T10:07:00Z"),
            (json!("2026-11-24T10:07Z"), "2026-11-24T10:07:00Z"),
            (json!("2026-11-24T10:07:08"), "2026-11-24T10:07:08Z"),
            (json!("2026-11-24T10:07:08.123Z"), "2026-11-24T10:07:08.123Z"),
            (json!("2026-11-24T10:07:08.123456789Z"), "2026-11-24T10:07:08.123456789Z"),
            (json!("2026-11-24T10:07:08+05:30"), "2026-11-24T04:37:08Z"),
            (json!("2026-11-24T10:07:08-0800"), "2026-11-24T18:07:08Z"),
            (json!("2026-11-24T10:07:08+01"), "2026-11-24T09:07:08Z"),
            (json!("2026-11-24t10:07:08z"), "2026-11-24T10:07:08Z"),
            (json!(" 2026-11-24 10:07:08 "), "2026-11-24T10:07:08Z"),
            (json!("2026-11-24 10:07:08 UTC"), "2026-11-24T10:07:08Z"),
            (json!("2026-11-24T24:00:00Z"), "2026-11-25T00:00:00Z"),
            (json!("+002026-11-24T10:07:08Z"), "2026-11-24T10:07:08Z"),
            (json!("2028-02-29"), "2028-02-29T00:00:00Z"),
            (json!("Tue, 24 Nov 2026 10:07:08 GMT"), "2026-11-24T10:07:08Z"),
            (json!("24 Nov 2026 10:07:08 +0200"), "2026-11-24T08:07:08Z"),
            (json!("24 Nov 2026 10:07:08 EST"), "2026-11-24T15:07:08Z"),
            (
                json!("Tue Nov 24 2026 10:07:08 GMT+0100 (Central European Standard Time)"),
                "2026-11-24T09:07:08Z",
            ),
            (json!("Mon Nov 24 2026 10:07:08 GMT-0330"), "2026-11-24T13:37:08Z"),
            (json!("November 24, 2026, 10:07 PM"), "2026-11-24T22:07:00Z"),
            (json!("Nov 24, 2026"), "2026-11-24T00:00:00Z"),
            (json!("11/12/2026 10:07"), "2026-11-12T10:07:00Z"),
            (json!("2026/11/12"), "2026-11-12T00:00:00Z"),
            (json!(1_795_514_828_123_i64), "2026-11-24T10:07:08.123Z"),
            (json!(1_795_514_828_123.9), "2026-11-24T10:07:08.123Z"),
            (json!(-1), "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(parse(&sent), Some(utc(expected)), "{sent}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for sent in [
            json!("banana"),
            json!(""),
            json!("2026-13-01"),
            json!("2026-02-29"),
            json!("2026-11-24T25:00"),
            json!("2026-11-24T24:01"),
            json!("2026-11-24T10"),
            json!("2026-11-24T10:07+24:00"),
            json!("2026-11-24T10:07+é"),
            json!("1795514828123"),
            json!("2026-11-24-01"),
            json!("é"),
            json!("Tué"),
            json!("+"),
            json!("T"),
            json!(0),
            json!(1e300),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(null),
            json!(true),
            json!([2026]),
            json!({}),
        ] {
            assert_eq!(parse(&sent), None, "{sent}");
        }
    }

    #[test]
    fn the_future_and_the_unreadable_are_now_and_the_past_is_marked_after_15_minutes() {
        let now = utc("2026-11-24T10:00:00Z");
        let settled = |sent: &str| settle(Some(&json!(sent)), now);
        let at = |text: &str, is_past| Moment { at: utc(text), is_past };
        assert_eq!(settle(None, now), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("2026-11-24T10:01:00Z"), at("2026-11-24T10:01:00Z", false));
        assert_eq!(settled("2026-11-24T10:01:00.001Z"), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("9999-12-31T23:59:59Z"), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("+275760-09-13T00:00:00Z"), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("2026-11-24T09:45:00Z"), at("2026-11-24T09:45:00Z", false));
        assert_eq!(settled("2026-11-24T09:44:59.999999Z"), at("2026-11-24T09:44:59.999999Z", true));
        assert_eq!(settled("0001-01-01"), at("0001-01-01T00:00:00Z", true));
        assert_eq!(settled("0000-12-31"), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("-000044-03-15"), at("2026-11-24T10:00:00Z", false));
        assert_eq!(settled("2026-11-24T09:59:00.1234567Z").at, utc("2026-11-24T09:59:00.123456Z"));
    }
}
