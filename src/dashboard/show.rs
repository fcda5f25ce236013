//! Numbers, times and addresses as people read them.

use super::chart::float::float;
use super::moment::Instant;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};

/// A whole number with a comma between thousands: `12,345`.
#[must_use]
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if value < 0 {
        text.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun: `1 group`, `12,345 groups`.
#[must_use]
pub fn count(value: i64, noun: &str) -> String {
    let s = if value == 1 { "" } else { "s" };
    format!("{} {noun}{s}", number(value))
}

/// A change as percent: `+12 %`; nothing where there was nothing before.
#[must_use]
pub fn change(value: Option<f64>) -> Markup {
    html! {
        @match value {
            Some(value) => {
                @let class = if value > 0.0 { "up" } else if value < 0.0 { "down" } else { "same" };
                span class={ "change " (class) } { (percent(value)) }
            }
            None => { span.change.same { "–" } }
        }
    }
}

/// A rate as percent, with its sign.
#[must_use]
pub fn percent(value: f64) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        "±"
    };
    format!("{sign}{:.0} %", (value * 100.0).abs())
}

/// A share as percent, without sign: `37.5 %`.
#[must_use]
pub fn share(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

/// How a number grew against the one before; nothing where that was nothing.
#[must_use]
pub fn growth(now: i64, before: i64) -> Option<f64> {
    (before != 0).then(|| float(now - before) / float(before))
}

/// A length of time in its largest unit: `36 s`, `2.5 h`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    match seconds {
        ..60.0 => format!("{seconds:.0} s"),
        ..3_600.0 => format!("{:.0} min", seconds / 60.0),
        ..86_400.0 => format!("{:.1} h", seconds / 3_600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

/// A number of bytes in its largest unit: `3.2 MB`.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    match bytes {
        ..1e3 => format!("{bytes:.0} B"),
        ..1e6 => format!("{:.1} kB", bytes / 1e3),
        ..1e9 => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.1} GB", bytes / 1e9),
    }
}

/// What a chart's axis counts, by the interval of its query.
#[must_use]
pub fn unit_of(interval: &str) -> &'static str {
    match interval {
        "HOUR" => "Hour",
        "DAY" => "Day",
        "WEEK" => "Week of",
        "QUARTER" => "Quarter of",
        "YEAR" => "Year",
        _ => "Month of",
    }
}

/// How long ago something happened; the instant itself on hover.
#[must_use]
pub fn ago(then: Option<Instant>, now: DateTime<Utc>) -> Markup {
    html! {
        @match then {
            Some(Instant(then)) => { time datetime=(then.to_rfc3339()) title=(instant(then)) { (distance(now - then)) } }
            None => { span.none { "never" } }
        }
    }
}

/// An instant in UTC.
#[must_use]
pub fn when(Instant(then): Instant) -> Markup {
    html! { time datetime=(then.to_rfc3339()) { (instant(then)) } }
}

/// An instant in UTC as text.
#[must_use]
pub fn instant(then: DateTime<Utc>) -> String {
    then.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn distance(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    let of = |size: i64, noun: &str| format!("{} ago", count(seconds / size, noun));
    match seconds {
        ..0 => "soon".to_owned(),
        0..60 => "just now".to_owned(),
        60..3_600 => of(60, "minute"),
        3_600..86_400 => of(3_600, "hour"),
        86_400..5_184_000 => of(86_400, "day"),
        5_184_000..63_072_000 => of(2_592_000, "month"),
        _ => of(31_536_000, "year"),
    }
}

/// A message of the schema as a sentence.
#[must_use]
pub fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// A name in camel case as words: `unitGroupType` is `Unit group type`.
#[must_use]
pub fn words(name: &str) -> String {
    let mut words = String::new();
    for (place, letter) in name.chars().enumerate() {
        if place == 0 {
            words.extend(letter.to_uppercase());
        } else if letter.is_ascii_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// A text as one part of an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Names and values as the query string of an address.
#[must_use]
pub fn query_string<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_and_counts_their_plural() {
        for (value, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678"), (-1_234, "−1,234")]
        {
            assert_eq!(number(value), text);
        }
        assert_eq!((count(1, "group"), count(2, "group")), ("1 group".to_owned(), "2 groups".to_owned()));
        assert_eq!(
            (percent(0.125), percent(-0.5), percent(0.0)),
            ("+12 %".to_owned(), "−50 %".to_owned(), "±0 %".to_owned())
        );
    }

    #[test]
    fn a_distance_is_told_in_its_largest_unit() {
        for (seconds, text) in [
            (5, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400 * 3, "3 days ago"),
            (86_400 * 90, "3 months ago"),
            (86_400 * 800, "2 years ago"),
            (-5, "soon"),
        ] {
            assert_eq!(distance(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn an_address_holds_any_text() {
        assert_eq!(encoded("a b/ü?&+"), "a%20b%2F%C3%BC%3F%26%2B");
        assert_eq!(query_string([("a", "1 2"), ("b", "&")]), "a=1+2&b=%26");
        assert_eq!((growth(3, 2), growth(3, 0)), (Some(0.5), None));
        assert_eq!([30.0, 90.0, 5_400.0, 129_600.0].map(duration), ["30 s", "2 min", "1.5 h", "1.5 d"]);
        assert_eq!(words("unitGroupType"), "Unit group type");
        assert_eq!(sentence("id: is empty"), "Id: is empty.");
        assert_eq!([999.0, 1_500.0, 3.2e6, 4e9].map(bytes), ["999 B", "1.5 kB", "3.2 MB", "4.0 GB"]);
    }
}
