//! The range of time that a page looks at: the last days, or from one day to another; and what it is compared with.
//!
//! Days are UTC. The last days end with the present minute, so that what just happened counts and the same page asked
//! twice asks the same.

use super::form::Fields;
use super::moment::written;
use crate::domain::Invalid;
use chrono::{DateTime, Days, DurationRound, NaiveDate, NaiveTime, TimeDelta, Utc};
use maud::{Markup, html};
use serde_json::json;

/// How many days one may choose by a word.
const CHOICES: [i64; 5] = [7, 30, 90, 180, 365];

/// A range of time and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The instant behind the last.
    pub to: DateTime<Utc>,
    /// Whether the period before is shown beside it.
    pub is_compared: bool,
    days: Option<i64>,
}

impl Span {
    /// Reads the fields `days`, or `from` and `to`, and `compare`. The last 30 days unless they say otherwise.
    pub fn read(fields: &Fields, now: DateTime<Utc>) -> Result<Self, Invalid> {
        let is_compared = fields.get("compare").is_some();
        if let (Some(from), Some(to)) = (fields.filled("from"), fields.filled("to")) {
            let (from, to) = (day("from", from)?, day("to", to)?);
            let behind = to.checked_add_days(Days::new(1)).unwrap_or(to);
            if behind <= from {
                return Err(Invalid::new("to", "lies before from; turn the two days round"));
            }
            return Ok(Self { from: midnight(from), to: midnight(behind), is_compared, days: None });
        }
        let days = match fields.filled("days") {
            None => 30,
            Some(days) => days
                .parse()
                .ok()
                .filter(|days| (1..=3_660).contains(days))
                .ok_or_else(|| Invalid::new("days", "is no number of days from 1 to 3660"))?,
        };
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let to = minute + TimeDelta::minutes(1);
        let from = midnight(now.date_naive() - TimeDelta::days(days - 1));
        Ok(Self { from, to, is_compared, days: Some(days) })
    }

    /// The last days, whatever the range is.
    #[must_use]
    pub fn last_days(days: i64, now: DateTime<Utc>) -> Self {
        let fields = Fields::parse(format!("days={days}").as_bytes());
        let same = Self { from: now - TimeDelta::days(days), to: now, is_compared: false, days: Some(days) };
        Self::read(&fields, now).unwrap_or(same)
    }

    /// The range as a saved query takes it.
    #[must_use]
    pub fn variable(&self) -> String {
        json!({ "from": written(self.from), "to": written(self.to) }).to_string()
    }

    /// The period of the same length before.
    #[must_use]
    pub fn previous(&self) -> Self {
        let length = self.to - self.from;
        Self { from: self.from - length, to: self.from, is_compared: false, days: None }
    }

    /// By what time is cut so that a chart has a readable number of points.
    #[must_use]
    pub fn interval(&self) -> &'static str {
        match (self.to - self.from).num_days() {
            ..3 => "HOUR",
            3..62 => "DAY",
            62..370 => "WEEK",
            _ => "MONTH",
        }
    }

    /// The range in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.days {
            Some(1) => "today".to_owned(),
            Some(days) => format!("the last {days} days"),
            None => format!("{} to {}", self.from.date_naive(), self.last_day()),
        }
    }

    /// The fields that say this range, for links.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = match self.days {
            Some(days) => vec![("days", days.to_string())],
            None => vec![("from", self.from.date_naive().to_string()), ("to", self.last_day().to_string())],
        };
        if self.is_compared {
            pairs.push(("compare", "1".to_owned()));
        }
        pairs
    }

    /// The form that chooses a range. `kept` are the fields of the page that stay.
    #[must_use]
    pub fn form(&self, action: &str, kept: &[(&str, &str)]) -> Markup {
        let date = |day: NaiveDate| self.days.is_none().then(|| day.to_string());
        html! {
            form.range method="get" action=(action) aria-label="Range of time" {
                @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
                label { span { "Range" }
                    select name="days" {
                        @for days in CHOICES { option value=(days) selected[self.days == Some(days)] { "Last " (days) " days" } }
                        @if let Some(days) = self.days.filter(|days| !CHOICES.contains(days)) { option value=(days) selected { "Last " (days) " days" } }
                    }
                }
                label { span { "or from" } input type="date" name="from" value=[date(self.from.date_naive())]; }
                label { span { "to" } input type="date" name="to" value=[date(self.last_day())]; }
                label.check { input type="checkbox" name="compare" value="1" checked[self.is_compared]; span { "Compare with the period before" } }
                button type="submit" { "Show" }
            }
        }
    }

    fn last_day(&self) -> NaiveDate {
        (self.to - TimeDelta::microseconds(1)).date_naive()
    }
}

fn day(field: &str, text: &str) -> Result<NaiveDate, Invalid> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|day| {
        (NaiveDate::from_ymd_opt(1970, 1, 1)..NaiveDate::from_ymd_opt(9000, 1, 1)).contains(&Some(*day))
    });
    day.ok_or_else(|| Invalid::new(field, "is no day such as 2026-01-31"))
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Span, Invalid> {
        Span::read(&Fields::parse(text.as_bytes()), "2026-03-10T12:00:30Z".parse().expect("an instant"))
    }

    #[test]
    fn the_last_days_end_with_the_present_minute_and_chosen_days_with_their_last() {
        let span = read("").expect("a range");
        assert_eq!(span.variable(), r#"{"from":"2026-02-09T00:00:00Z","to":"2026-03-10T12:01:00Z"}"#);
        assert_eq!((span.words().as_str(), span.interval()), ("the last 30 days", "DAY"));
        let span = read("from=2026-01-01&to=2026-01-31&compare=1").expect("a range");
        assert_eq!(span.variable(), r#"{"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z"}"#);
        assert_eq!(
            span.previous().variable(),
            r#"{"from":"2025-12-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}"#
        );
        assert_eq!(span.words(), "2026-01-01 to 2026-01-31");
        assert_eq!(span.pairs().len(), 3);
        assert_eq!(read("days=365").expect("a range").interval(), "WEEK");
    }

    #[test]
    fn a_range_that_is_none_names_its_field() {
        for (text, field) in [
            ("days=0", "days"),
            ("days=x", "days"),
            ("from=x&to=2026-01-01", "from"),
            ("from=2026-02-01&to=2026-01-01", "to"),
            ("from=2026-02-01&to=99999-01-01", "to"),
        ] {
            assert_eq!(read(text).expect_err(text).field, field);
        }
    }
}
