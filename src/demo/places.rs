//! Where companies are, and when people there are at work.

use super::dice::Dice;
use crate::domain::Invalid;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// Days of data.
pub(super) const DAYS: i64 = 180;

/// The 180 days that the data cover, `[start, end)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The first instant inside.
    pub(super) start: DateTime<Utc>,
    /// The first instant after.
    pub(super) end: DateTime<Utc>,
    first_day: NaiveDate,
}

impl Span {
    /// The days that end with the one before `until`, which lies in the years 1980 to 8999.
    pub(super) fn ending(until: NaiveDate) -> Result<Self, Invalid> {
        if !(1980..9000).contains(&until.year()) {
            let reason = format!("is {until}; choose a day of the years 1980 to 8999");
            return Err(Invalid::new("until", reason));
        }
        let end = until.and_time(NaiveTime::MIN).and_utc();
        Ok(Self { start: end - Duration::days(DAYS), end, first_day: until - Duration::days(DAYS) })
    }

    /// The date of a day: 0 is the first, negative ones lie before the data.
    pub(super) fn date(&self, day: i64) -> NaiveDate {
        self.first_day + Duration::days(day)
    }

    /// The first instant of a day, UTC.
    pub(super) fn midnight(&self, day: i64) -> DateTime<Utc> {
        self.start + Duration::days(day)
    }

    /// Which day an instant falls on, UTC.
    pub(super) fn day_of(&self, instant: DateTime<Utc>) -> i64 {
        (instant - self.start).num_milliseconds().div_euclid(86_400_000)
    }

    /// Whether the data cover the instant.
    pub(super) fn holds(&self, instant: DateTime<Utc>) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// A country and the clock its offices follow.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166 alpha-2 code.
    pub(super) code: &'static str,
    zone: Tz,
}

macro_rules! countries {
    ($($code:ident $zone:expr;)*) => { $(
        pub(super) static $code: Country = Country { code: stringify!($code), zone: $zone };
    )* };
}

countries! {
    AU chrono_tz::Australia::Sydney;
    BR chrono_tz::America::Sao_Paulo;
    CA chrono_tz::America::Toronto;
    DE chrono_tz::Europe::Berlin;
    DK chrono_tz::Europe::Copenhagen;
    ES chrono_tz::Europe::Madrid;
    FR chrono_tz::Europe::Paris;
    GB chrono_tz::Europe::London;
    IN chrono_tz::Asia::Kolkata;
    IT chrono_tz::Europe::Rome;
    JP chrono_tz::Asia::Tokyo;
    NL chrono_tz::Europe::Amsterdam;
    NO chrono_tz::Europe::Oslo;
    PL chrono_tz::Europe::Warsaw;
    SE chrono_tz::Europe::Stockholm;
    SG chrono_tz::Asia::Singapore;
    US chrono_tz::America::New_York;
}

/// Hours of the local clock with how much of a working day's use begins in them.
const OFFICE_HOURS: [(i64, i64); 14] = [
    (7, 2),
    (8, 7),
    (9, 12),
    (10, 13),
    (11, 11),
    (12, 6),
    (13, 9),
    (14, 12),
    (15, 11),
    (16, 9),
    (17, 5),
    (18, 2),
    (19, 1),
    (20, 1),
];

/// Whether a date is a Saturday or a Sunday.
pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// How much of a full working day's use a date sees, in thousandths.
pub(super) fn rhythm(date: NaiveDate) -> i64 {
    match date.weekday() {
        Weekday::Mon => 950,
        Weekday::Tue | Weekday::Wed => 1_080,
        Weekday::Thu => 1_040,
        Weekday::Fri => 850,
        Weekday::Sat => 70,
        Weekday::Sun => 90,
    }
}

impl Country {
    /// An instant of that local date, at an hour at which people there work.
    pub(super) fn at_work(&self, date: NaiveDate, dice: &mut Dice) -> DateTime<Utc> {
        let hour = if is_weekend(date) { dice.between(9, 20) } else { dice.weighted(&OFFICE_HOURS) };
        let into = Duration::hours(hour) + Duration::milliseconds(dice.between(0, 3_599_999));
        let local = date.and_time(NaiveTime::MIN) + into;
        self.zone
            .from_local_datetime(&local)
            .earliest()
            .map_or_else(|| local.and_utc(), |instant| instant.to_utc())
    }

    /// The instant itself when it falls into working time there, otherwise one on the next working day.
    pub(super) fn next_at_work(&self, instant: DateTime<Utc>, dice: &mut Dice) -> DateTime<Utc> {
        let local = instant.with_timezone(&self.zone);
        let since_midnight = local.time() - NaiveTime::MIN;
        let mut date = local.date_naive();
        let too_late = since_midnight >= Duration::hours(19);
        if !too_late && !is_weekend(date) && since_midnight >= Duration::hours(8) {
            return instant;
        }
        if too_late {
            date += Duration::days(1);
        }
        while is_weekend(date) {
            date += Duration::days(1);
        }
        self.at_work(date, dice).max(instant)
    }
}
