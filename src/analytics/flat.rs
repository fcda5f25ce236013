//! Arguments of the flat forms, as BI tools can give them: plain texts, whole numbers and days.

use super::breakdown::{BreakdownInput, GroupPropertyInput};
use super::filter::{
    AttributionInput, Common, FilterInput, GroupPropertiesInput, IntervalInput, RangeInput, UsersInput,
    WeekStartInput, parse_calendar,
};
use super::scalars::{Date, DateTime, Duration};
use super::unit::{UNITS, UnitInput, UnitKind};
use crate::domain::Invalid;
use crate::domain::time::{Calendar, Range, local_midnight, parse_zone};
use async_graphql::{ID, InputType};

/// The words for attributions.
pub const ATTRIBUTIONS: [(&str, AttributionInput); 3] = [
    ("EVENT", AttributionInput::Event),
    ("MEMBERSHIP_AT_EVENT", AttributionInput::MembershipAtEvent),
    ("MEMBERSHIP_NOW", AttributionInput::MembershipNow),
];

/// The words for who counts as a user.
pub const USERS: [(&str, UsersInput); 2] = [("IDENTIFIED", UsersInput::Identified), ("ALL", UsersInput::All)];

/// The words for when the properties of groups are read.
pub const GROUP_PROPERTIES: [(&str, GroupPropertiesInput); 2] =
    [("AS_OF_EVENT", GroupPropertiesInput::Event), ("NOW", GroupPropertiesInput::Now)];

/// The words for intervals.
pub const INTERVALS: [(&str, IntervalInput); 6] = [
    ("HOUR", IntervalInput::Hour),
    ("DAY", IntervalInput::Day),
    ("WEEK", IntervalInput::Week),
    ("MONTH", IntervalInput::Month),
    ("QUARTER", IntervalInput::Quarter),
    ("YEAR", IntervalInput::Year),
];

/// The words for the day a week begins with.
pub const WEEK_STARTS: [(&str, WeekStartInput); 2] =
    [("MONDAY", WeekStartInput::Monday), ("SUNDAY", WeekStartInput::Sunday)];

/// Reads a comma-separated list; `\,` is a comma and `\\` a backslash inside an item. Blanks around items go.
pub fn parse_list(field: &str, text: &str) -> Result<Vec<String>, Invalid> {
    let (mut items, mut item, mut is_escaped) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            _ if is_escaped => {
                item.push(c);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            ',' => items.push(std::mem::take(&mut item)),
            _ => item.push(c),
        }
    }
    items.push(item);
    let items: Vec<String> = items.iter().map(|item| item.trim().to_owned()).collect();
    if items.iter().any(String::is_empty) {
        return Err(Invalid::new(field, "has an empty item; write items separated by commas"));
    }
    Ok(items)
}

/// Reads a range of local days: from the midnight that begins `from` to the one that begins `to`.
pub fn parse_days(from: Date, to: Date, zone: Option<&str>) -> Result<Range, Invalid> {
    let zone = parse_zone("timeZone", zone.unwrap_or("UTC"))?;
    Range::new(local_midnight(zone, from.0), local_midnight(zone, to.0)).map_err(own_argument)
}

/// The arguments that flat forms share, as they are typed.
#[derive(Debug)]
pub struct FlatCommon {
    /// The first local day.
    pub from: Option<Date>,
    /// The local day behind the last.
    pub to: Option<Date>,
    /// The time before now, unless the two days are given.
    pub last: Option<Duration>,
    /// IANA name of the zone of the days.
    pub time_zone: Option<String>,
    /// The filter, as the JSON text of a `FilterInput`.
    pub filter: Option<String>,
    /// A word of [`ATTRIBUTIONS`].
    pub attribution: Option<String>,
    /// A word of [`USERS`].
    pub users: Option<String>,
    /// A word of [`GROUP_PROPERTIES`].
    pub group_properties: Option<String>,
}

impl FlatCommon {
    /// The same arguments of the nested form.
    pub fn read(&self) -> Result<Common, Invalid> {
        let (range, last) = self.range()?;
        Ok(Common {
            range,
            last,
            filter: parse_where(self.filter.as_deref())?,
            attribution: parse_word("attribution", self.attribution.as_deref(), &ATTRIBUTIONS)?,
            users: parse_word("users", self.users.as_deref(), &USERS)?,
            group_properties: parse_word(
                "groupProperties",
                self.group_properties.as_deref(),
                &GROUP_PROPERTIES,
            )?,
        })
    }

    /// The days, or else the time before now.
    fn range(&self) -> Result<(Option<RangeInput>, Option<Duration>), Invalid> {
        match maybe_range((self.from, self.to), self.last.as_ref(), self.time_zone.as_deref())? {
            (None, None) => Err(Invalid::new("from", "is missing; give from and to, or last: \"P30D\"")),
            given => Ok(given),
        }
    }
}

/// Reads two days, or else the time before now; neither where all are left out.
pub fn maybe_range(
    days: (Option<Date>, Option<Date>),
    last: Option<&Duration>,
    zone: Option<&str>,
) -> Result<(Option<RangeInput>, Option<Duration>), Invalid> {
    match days {
        (Some(from), Some(to)) => {
            let range = parse_days(from, to, zone)?;
            Ok((Some(RangeInput { from: DateTime(range.from()), to: DateTime(range.to()) }), None))
        }
        (Some(_), None) => Err(Invalid::new("to", "is missing; give the day behind the last")),
        (None, Some(_)) => Err(Invalid::new("from", "is missing; give the first day")),
        (None, None) => {
            parse_zone("timeZone", zone.unwrap_or("UTC"))?;
            Ok((None, last.cloned()))
        }
    }
}

/// Reads what is counted; profiles unless given.
pub fn parse_unit(unit: Option<&str>, group_type: Option<String>) -> Result<UnitInput, Invalid> {
    let kind = parse_word("unit", unit, &UNITS)?.unwrap_or(UnitKind::Profile);
    Ok(UnitInput { kind, group_type })
}

/// Reads how time is cut; into days unless given.
pub fn parse_interval(
    interval: Option<&str>,
    zone: Option<&str>,
    week_start: Option<&str>,
) -> Result<Calendar, Invalid> {
    let interval = parse_word("interval", interval, &INTERVALS)?.unwrap_or(IntervalInput::Day);
    parse_calendar(interval, zone, parse_word("weekStart", week_start, &WEEK_STARTS)?)
}

/// Reads a list of breakdowns: `group:TYPE`, `event:PATH`, `profile:PATH`, `property:TYPE:PATH` or `cohort:ID`,
/// separated by commas.
pub fn parse_breakdowns(text: Option<&str>) -> Result<Vec<BreakdownInput>, Invalid> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Vec::new()) };
    parse_list("breakdown", text)?.iter().map(|item| parse_breakdown(item)).collect()
}

fn parse_breakdown(text: &str) -> Result<BreakdownInput, Invalid> {
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    match kind {
        "group" => Ok(BreakdownInput::GroupType(rest.to_owned())),
        "event" => Ok(BreakdownInput::EventProperty(rest.to_owned())),
        "profile" => Ok(BreakdownInput::ProfileProperty(rest.to_owned())),
        "cohort" => Ok(BreakdownInput::Cohort(ID(rest.to_owned()))),
        "property" if rest.contains(':') => {
            let (group_type, property) = rest.split_once(':').unwrap_or_default();
            let (r#type, property) = (group_type.to_owned(), property.to_owned());
            Ok(BreakdownInput::GroupProperty(GroupPropertyInput { r#type, property }))
        }
        _ => {
            let shown: String = text.chars().take(60).collect();
            let reason = format!(
                "has the item \"{shown}\"; write group:TYPE, event:PATH, profile:PATH, property:TYPE:PATH or cohort:ID"
            );
            Err(Invalid::new("breakdown", reason))
        }
    }
}

/// A complaint about an argument of the nested form as one about the flat form's own argument.
#[must_use]
pub fn own_argument(invalid: Invalid) -> Invalid {
    let Invalid { field, reason } = invalid;
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (head, rest) = field.split_at(end);
    match (head, rest) {
        ("range", ".from") => Invalid::new("from", reason),
        ("range", _) => Invalid::new("to", reason),
        ("unit", ".groupType") => Invalid::new("unitGroupType", reason),
        ("unit", _) => Invalid::new("unit", reason),
        ("filter", _) => Invalid::new(format!("where{rest}"), reason),
        // The flat form gives a list as one text.
        ("steps" | "breakdown", _) => match item(rest) {
            Some(index) => Invalid::new(head, format!("item {}: {reason}", index + 1)),
            None => Invalid::new(head, reason),
        },
        _ => Invalid::new(field, reason),
    }
}

/// The index that a path such as `[2].event` begins with.
fn item(path: &str) -> Option<usize> {
    path.strip_prefix('[')?.split_once(']')?.0.parse().ok()
}

/// Reads a filter given as the JSON text of a `FilterInput`.
pub fn parse_where(text: Option<&str>) -> Result<Option<FilterInput>, Invalid> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let json: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| Invalid::new("where", format!("is no JSON ({error}); write a filter such as {{\"event\":{{\"property\":\"plan\",\"eq\":\"pro\"}}}}")))?;
    check_keys("where", &json)?;
    let value =
        async_graphql::Value::from_json(json).map_err(|error| Invalid::new("where", error.to_string()))?;
    FilterInput::parse(Some(value)).map(Some).map_err(|_| {
        Invalid::new("where", "is no filter; write it as the argument filter of the nested form, in JSON")
    })
}

/// What a test may hold; reading the JSON as a `FilterInput` would pass over anything else.
const TEST_KEYS: [&str; 17] = [
    "type",
    "property",
    "field",
    "eq",
    "neq",
    "in",
    "notIn",
    "contains",
    "notContains",
    "startsWith",
    "endsWith",
    "gt",
    "gte",
    "lt",
    "lte",
    "isSet",
    "isNotSet",
];

/// Complains about keys that no filter has.
fn check_keys(place: &str, json: &serde_json::Value) -> Result<(), Invalid> {
    let wrong = |reason: String| Err(Invalid::new(place, reason));
    let Some(parts) = json.as_object() else { return wrong("must be a JSON object".to_owned()) };
    for (key, value) in parts {
        let below = format!("{place}.{key}");
        match key.as_str() {
            "and" | "or" => {
                let Some(items) = value.as_array() else {
                    return Err(Invalid::new(below, "must be a list of filters"));
                };
                for (index, item) in items.iter().enumerate() {
                    check_keys(&format!("{below}[{index}]"), item)?;
                }
            }
            "not" => check_keys(&below, value)?,
            "event" | "profile" | "group" | "cohort" => {
                let known: &[&str] = if key == "cohort" { &["id"] } else { &TEST_KEYS };
                let is_unknown = |key: &&String| !known.contains(&key.as_str());
                if let Some(unknown) = value.as_object().and_then(|test| test.keys().find(is_unknown)) {
                    let reason = format!("is no part of a test; it may hold {}", known.join(", "));
                    return Err(Invalid::new(format!("{below}.{unknown}"), reason));
                }
            }
            _ => {
                return wrong(format!(
                    "has the key \"{key}\"; a filter is one of and, or, not, event, profile, group, cohort"
                ));
            }
        }
    }
    Ok(())
}

/// Reads one of a few words, in any case.
pub fn parse_word<T: Copy>(
    field: &str,
    text: Option<&str>,
    words: &[(&str, T)],
) -> Result<Option<T>, Invalid> {
    let Some(text) = text else { return Ok(None) };
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Invalid::new(field, format!("must be one of {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_name_the_flat_forms_own_arguments() {
        for (nested, own, reason) in [
            ("unit.groupType", "unitGroupType", "r"),
            ("range", "to", "r"),
            ("range.from", "from", "r"),
            ("range.to", "to", "r"),
            ("steps", "steps", "r"),
            ("steps[1].event", "steps", "item 2: r"),
            ("breakdown[0].groupProperty.type", "breakdown", "item 1: r"),
            ("filter.and[0].event", "where.and[0].event", "r"),
            ("window", "window", "r"),
        ] {
            assert_eq!(own_argument(Invalid::new(nested, "r")), Invalid::new(own, reason));
        }
    }

    #[test]
    fn two_days_are_the_range_or_else_the_time_before_now() {
        let day = |text: &str| text.parse().ok().map(Date);
        let read = |from: &str, to: &str, last: &str| {
            let last = (!last.is_empty()).then(|| Duration(last.to_owned()));
            let (from, to) = (day(from), day(to));
            let common = FlatCommon {
                from,
                to,
                last,
                time_zone: None,
                filter: None,
                attribution: None,
                users: None,
                group_properties: None,
            };
            common.read().map(|common| (common.range.is_some(), common.last)).map_err(|invalid| invalid.field)
        };
        let last = || Some(Duration("P7D".to_owned()));
        assert_eq!(read("2026-01-01", "2026-02-01", ""), Ok((true, None)));
        assert_eq!(read("2026-01-01", "2026-02-01", "P7D"), Ok((true, None)));
        assert_eq!(read("", "", "P7D"), Ok((false, last())));
        for (from, to, last, field) in
            [("2026-01-01", "", "P7D", "to"), ("", "2026-02-01", "P7D", "from"), ("", "", "", "from")]
        {
            assert_eq!(read(from, to, last), Err(field.into()));
        }
    }

    #[test]
    fn lists_are_split_at_commas_that_are_not_escaped() {
        assert_eq!(parse_list("steps", "a, b\\,c,d\\\\"), Ok(vec!["a".into(), "b,c".into(), "d\\".into()]));
        assert!(parse_list("steps", "a,,b").is_err());
        assert!(parse_list("steps", "").is_err());
    }

    #[test]
    fn a_filter_is_read_from_json() {
        assert!(
            parse_where(Some(r#"{"event":{"property":"plan","eq":"pro"}}"#)).is_ok_and(|some| some.is_some())
        );
        assert!(parse_where(Some("{")).is_err());
        assert!(parse_where(Some(r#"{"event":{"property":"plan","equal":"pro"}}"#)).is_err());
        assert!(parse_where(None).is_ok_and(|none| none.is_none()));
    }
}
