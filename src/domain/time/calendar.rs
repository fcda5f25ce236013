//! Calendar buckets: how hours, days, weeks, months, quarters and years of a time zone cut time.
//!
//! An hour is one of the clock: it ends when the clock shows the next full hour, or is put to another time. So it may be
//! half an hour long where summer time is half an hour.

use super::{Invalid, Range};
use chrono::{
    DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Timelike, Utc,
};
use chrono_tz::Tz;

/// A calendar unit that time is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// One hour of the clock.
    Hour,
    /// One local day.
    Day,
    /// Seven local days.
    Week,
    /// One local calendar month.
    Month,
    /// Three local calendar months, from January, April, July or October.
    Quarter,
    /// One local calendar year.
    Year,
}

/// The day a week begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeekStart {
    /// ISO 8601 weeks.
    #[default]
    Monday,
    /// Weeks that begin on Sunday.
    Sunday,
}

/// How time is cut: the unit, the zone whose calendar counts, and the first day of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// The calendar unit.
    pub interval: Interval,
    /// The zone whose days, weeks and months are meant.
    pub zone: Tz,
    /// The day a week begins with.
    pub week_start: WeekStart,
}

/// One calendar unit: the instants `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The unit's first instant, UTC. It may lie before the range.
    pub start: DateTime<Utc>,
    /// The next unit's first instant, UTC. It may lie after the range.
    pub end: DateTime<Utc>,
    /// The local date of `start`.
    pub local_date: NaiveDate,
    /// Whether the range covers the unit only in part.
    pub is_partial: bool,
}

impl Calendar {
    /// The buckets that the range touches, in order, empty ones too. More than `most` is an error.
    pub fn buckets(&self, range: Range, most: usize) -> Result<Vec<Bucket>, Invalid> {
        let mut buckets = Vec::new();
        let mut start = self.floor(range.from());
        while start < range.to() {
            if buckets.len() == most {
                let reason = format!(
                    "cuts the range into more than {most} buckets; choose a longer interval or a shorter range"
                );
                return Err(Invalid::new("interval", reason));
            }
            let end = self.next(start);
            let is_partial = start < range.from() || end > range.to();
            let local_date = start.with_timezone(&self.zone).date_naive();
            buckets.push(Bucket { start, end, local_date, is_partial });
            start = end;
        }
        Ok(buckets)
    }

    /// The first instant of the calendar unit that holds the instant.
    #[must_use]
    pub fn floor(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        if self.interval == Interval::Hour {
            let begin = instant - self.into_hour(instant);
            return self.first_change(begin, instant).unwrap_or(begin);
        }
        self.local_midnight(self.first_day(instant.with_timezone(&self.zone).date_naive()))
    }

    /// The first instant of the unit after the one that starts at `start`.
    #[must_use]
    pub fn next(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        if self.interval == Interval::Hour {
            let end = start + Duration::hours(1) - self.into_hour(start);
            return self.first_change(start, end).unwrap_or(end);
        }
        let first = start.with_timezone(&self.zone).date_naive();
        let next = match self.interval {
            Interval::Hour | Interval::Day => first.checked_add_days(Days::new(1)),
            Interval::Week => first.checked_add_days(Days::new(7)),
            Interval::Month => first.checked_add_months(Months::new(1)),
            Interval::Quarter => first.checked_add_months(Months::new(3)),
            Interval::Year => first.checked_add_months(Months::new(12)),
        };
        self.local_midnight(next.unwrap_or(NaiveDate::MAX))
    }

    /// The first instant of the unit before the one that starts at `start`.
    #[must_use]
    pub fn before(&self, start: DateTime<Utc>) -> DateTime<Utc> {
        self.floor(start - Duration::microseconds(1))
    }

    /// How long the hour of the clock has lasted, by the clock's own minutes, so that half-hour zones are right.
    fn into_hour(self, instant: DateTime<Utc>) -> Duration {
        let local = instant.with_timezone(&self.zone);
        Duration::minutes(i64::from(local.minute()))
            + Duration::seconds(i64::from(local.second()))
            + Duration::nanoseconds(i64::from(local.nanosecond()))
    }

    /// The instant behind `from`, and not behind `to`, at which the clock is put to another time, if it is: an hour ends
    /// there, and another begins, however long they are.
    fn first_change(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let offset = |second: i64| {
            let instant = DateTime::from_timestamp(second, 0).unwrap_or_default();
            instant.with_timezone(&self.zone).offset().fix()
        };
        // Clocks are put to another time at whole seconds.
        let (mut same, mut other) = (from.timestamp(), to.timestamp());
        let before = offset(same);
        if offset(other) == before {
            return None;
        }
        while other - same > 1 {
            let middle = same.midpoint(other);
            if offset(middle) == before { same = middle } else { other = middle }
        }
        DateTime::from_timestamp(other, 0)
    }

    fn first_day(self, date: NaiveDate) -> NaiveDate {
        let first = match self.interval {
            Interval::Hour | Interval::Day => Some(date),
            Interval::Week => {
                let into = match self.week_start {
                    WeekStart::Monday => date.weekday().num_days_from_monday(),
                    WeekStart::Sunday => date.weekday().num_days_from_sunday(),
                };
                date.checked_sub_days(Days::new(u64::from(into)))
            }
            Interval::Month => date.with_day(1),
            Interval::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1),
            Interval::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        };
        first.unwrap_or(date)
    }

    fn local_midnight(self, date: NaiveDate) -> DateTime<Utc> {
        local_midnight(self.zone, date)
    }
}

/// The first instant of a local day. Where the zone skips midnight, the first instant that exists.
#[must_use]
pub fn local_midnight(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    if let Some(instant) = zone.from_local_datetime(&midnight).earliest() {
        return instant.to_utc();
    }
    // The gap is at most a day long (a zone that skipped a calendar day): try every quarter of an hour.
    let mut later = (1..=96).map(|quarters| midnight + Duration::minutes(15 * quarters));
    let first = later.find_map(|local: NaiveDateTime| zone.from_local_datetime(&local).earliest());
    first.map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a test instant")
    }

    fn calendar(interval: Interval, zone: &str) -> Calendar {
        Calendar { interval, zone: zone.parse().expect("a zone"), week_start: WeekStart::Monday }
    }

    #[test]
    fn days_of_23_and_25_hours_are_whole_buckets() {
        let days = calendar(Interval::Day, "Europe/Berlin");
        let spring = Range::new(utc("2026-03-28T23:00:00Z"), utc("2026-03-30T22:00:00Z")).expect("a range");
        let lengths: Vec<i64> = days
            .buckets(spring, 10)
            .expect("few buckets")
            .iter()
            .map(|bucket| (bucket.end - bucket.start).num_hours())
            .collect();
        assert_eq!(lengths, [23, 24]);
        let autumn = Range::new(utc("2026-10-24T22:00:00Z"), utc("2026-10-25T23:00:00Z")).expect("a range");
        let buckets = days.buckets(autumn, 10).expect("few buckets");
        assert_eq!((buckets[0].end - buckets[0].start).num_hours(), 25);
        assert!(!buckets[0].is_partial);
        let hours = calendar(Interval::Hour, "Europe/Berlin").buckets(autumn, 30).expect("few buckets");
        assert_eq!(hours.len(), 25);
    }

    #[test]
    fn weeks_cross_the_end_of_a_year_and_may_begin_on_sunday() {
        let mut weeks = calendar(Interval::Week, "UTC");
        assert_eq!(weeks.floor(utc("2027-01-01T12:00:00Z")), utc("2026-12-28T00:00:00Z"));
        weeks.week_start = WeekStart::Sunday;
        assert_eq!(weeks.floor(utc("2027-01-01T12:00:00Z")), utc("2026-12-27T00:00:00Z"));
    }

    #[test]
    fn partial_first_and_last_buckets_are_marked() {
        let months = calendar(Interval::Month, "UTC");
        let range = Range::new(utc("2026-01-15T00:00:00Z"), utc("2026-03-02T00:00:00Z")).expect("a range");
        let partial: Vec<bool> =
            months.buckets(range, 10).expect("few").iter().map(|bucket| bucket.is_partial).collect();
        assert_eq!(partial, [true, false, true]);
    }

    #[test]
    fn a_zone_that_skips_midnight_begins_its_day_later() {
        let zone: Tz = "America/Sao_Paulo".parse().expect("a zone");
        let date = NaiveDate::from_ymd_opt(2018, 11, 4).expect("a date");
        assert_eq!(local_midnight(zone, date), utc("2018-11-04T03:00:00Z"));
    }

    #[test]
    fn quarter_hour_zones_begin_hours_on_their_own_clock() {
        let hours = calendar(Interval::Hour, "Asia/Kathmandu");
        assert_eq!(hours.floor(utc("2026-01-01T00:20:00Z")), utc("2026-01-01T00:15:00Z"));
    }

    #[test]
    fn hours_end_where_the_clock_is_put_to_another_time() {
        let hours = calendar(Interval::Hour, "Australia/Lord_Howe");
        let cuts = |from: &str, to: &str| -> Vec<String> {
            let range = Range::new(utc(from), utc(to)).expect("a range");
            let buckets = hours.buckets(range, 10).expect("few buckets");
            let starts = buckets.iter().map(|bucket| bucket.start);
            starts
                .chain(buckets.last().map(|last| last.end))
                .map(|at| at.format("%H:%M").to_string())
                .collect()
        };
        // At 2 o'clock it is half past one again.
        let autumn = ["14:00", "15:00", "15:30", "16:30"];
        assert_eq!(cuts("2026-04-04T14:40:00Z", "2026-04-04T16:00:00Z"), autumn);
        assert_eq!(cuts("2026-04-04T15:10:00Z", "2026-04-04T15:20:00Z"), autumn[1..3]);
        // At 2 o'clock it is half past two.
        let spring = ["14:30", "15:30", "16:00", "17:00"];
        assert_eq!(cuts("2026-10-03T15:00:00Z", "2026-10-03T16:30:00Z"), spring);
        assert_eq!(cuts("2026-10-03T15:45:00Z", "2026-10-03T15:50:00Z"), spring[1..3]);
    }

    #[test]
    fn buckets_cover_what_they_cut_and_each_instant_is_in_its_own() {
        let zones = [
            "Australia/Lord_Howe",
            "Europe/Berlin",
            "America/St_Johns",
            "Asia/Kathmandu",
            "Africa/Casablanca",
        ];
        for zone in zones {
            for interval in [Interval::Hour, Interval::Day, Interval::Week] {
                let calendar = calendar(interval, zone);
                let (mut at, end) = (utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"));
                let mut bucket = calendar.floor(at);
                while at < end {
                    let next = calendar.next(bucket);
                    if at >= next {
                        bucket = next;
                        continue;
                    }
                    assert_eq!(calendar.floor(at), bucket, "{zone} {interval:?} {at}");
                    assert_eq!(calendar.before(next), bucket, "{zone} {interval:?} {at}");
                    at += Duration::minutes(10);
                }
            }
        }
    }
}
