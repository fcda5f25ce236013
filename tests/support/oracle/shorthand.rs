//! Shorthand for the examples worked by hand: one event per line, one call per question.

use super::common::Common;
use super::data::Dataset;
use super::filter::{Deed, Filter, Operator, Path, Subject};
use super::scope::{Attribution, GroupProperties, Reading, Span, Users};
use chrono::{DateTime, Duration, Utc};
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::{GroupPatch, ProfilePatch};
use muster::domain::time::{Calendar, Interval, Range, WeekStart};
use muster::domain::write::Write;
use serde_json::Value;

/// The instant so many minutes after the first instant of 2026.
pub(crate) fn minute(n: i64) -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().expect("an instant") + Duration::minutes(n)
}

/// From one minute to another.
pub(crate) fn minutes(from: i64, to: i64) -> Span {
    Span::Range(Range::new(minute(from), minute(to)).expect("a range"))
}

/// The instant that a line begins with: minutes, or days and minutes as in `3d10`.
fn at(time: &str) -> DateTime<Utc> {
    let number = |digits: &str| digits.parse::<i64>().expect("a number");
    match time.split_once('d') {
        None => minute(number(time)),
        Some((days, minutes)) => {
            minute(number(days) * 1_440 + if minutes.is_empty() { 0 } else { number(minutes) })
        }
    }
}

/// Events from lines of `minute name profile groups [device=…] [session=…] [property=JSON]`, `-` for none.
/// They arrive in the order of the lines, a year later.
pub(crate) fn events(lines: &str) -> Vec<Write> {
    lines.lines().filter(|line| !line.trim().is_empty()).enumerate().map(|(n, line)| event(n, line)).collect()
}

fn event(n: usize, line: &str) -> Write {
    let mut words = line.split_whitespace();
    let mut word = || words.next().expect("minute, name, profile and groups").to_owned();
    let (time, name, profile, groups) = (word(), word(), word(), word());
    let mut event = Event {
        id: format!("e{n}"),
        name,
        profile_id: (profile != "-").then_some(profile),
        device_id: None,
        session_id: None,
        groups: groups.split(',').filter(|&id| id != "-").map(str::to_owned).collect(),
        path: None,
        properties: Properties::new(),
        revenue: None,
        occurred_at: at(&time),
        received_at: minute(525_600),
    };
    for pair in words {
        let (key, value) = pair.split_once('=').expect("key=value");
        match key {
            "device" => event.device_id = Some(value.to_owned()),
            "session" => event.session_id = Some(value.to_owned()),
            _ => drop(event.properties.insert(key.to_owned(), value.parse().expect("JSON"))),
        }
    }
    Write::Track(Box::new(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven }))
}

/// A group's change, effective at the minute.
pub(crate) fn upsert(id: &str, group_type: &str, effective: i64, properties: Value) -> Write {
    Write::UpsertGroup(GroupPatch {
        id: id.to_owned(),
        group_type: group_type.to_owned(),
        name: id.to_uppercase(),
        properties: map(properties),
        effective_at: Some(minute(effective)),
    })
}

/// A profile's change.
pub(crate) fn identify(id: &str, properties: Value) -> Write {
    Write::Identify(ProfilePatch {
        id: id.to_owned(),
        properties: map(properties),
        ..ProfilePatch::default()
    })
}

/// A profile joins a group.
pub(crate) fn join(profile: &str, group: &str, at: i64) -> Write {
    let (profile_id, group_ids) = (profile.to_owned(), vec![group.to_owned()]);
    Write::JoinGroups { profile_id, group_ids, joined_at: Some(minute(at)) }
}

/// A profile leaves a group.
pub(crate) fn leave(profile: &str, group: &str, at: i64) -> Write {
    let (profile_id, group_ids) = (profile.to_owned(), vec![group.to_owned()]);
    Write::LeaveGroups { profile_id, group_ids, left_at: Some(minute(at)) }
}

/// The project after the writes, a year later.
pub(crate) fn project(writes: impl IntoIterator<Item = Write>) -> Dataset {
    Dataset::after(writes.into_iter().collect(), minute(525_600))
}

fn map(properties: Value) -> Properties {
    match properties {
        Value::Object(map) => map,
        _ => panic!("properties are an object"),
    }
}

/// The default reading.
pub(crate) const READING: Reading = Reading {
    attribution: Attribution::Event,
    users: Users::Identified,
    group_properties: GroupProperties::AsOfEvent,
    until: DateTime::<Utc>::MAX_UTC,
};

/// The first thousand minutes, everything else by default.
pub(crate) fn by_default() -> Common {
    Common { breakdown: Vec::new(), span: minutes(0, 1_000), filter: None, reading: READING, first: None }
}

/// Hours in UTC.
pub(crate) fn hours() -> Calendar {
    Calendar { interval: Interval::Hour, zone: chrono_tz::UTC, week_start: WeekStart::Monday }
}

/// Days in UTC.
pub(crate) fn days() -> Calendar {
    Calendar { interval: Interval::Day, ..hours() }
}

/// Weeks in UTC.
pub(crate) fn week_of(week_start: WeekStart) -> Calendar {
    Calendar { interval: Interval::Week, week_start, ..hours() }
}

/// Any event of the name.
pub(crate) fn deed(name: &str) -> Deed {
    Deed { event: Some(name.to_owned()), filter: None }
}

/// A filter on a property of the event.
pub(crate) fn event_property(key: &str, operator: Operator) -> Filter {
    Filter::Leaf(Subject::EventProperty(Path::new(&[key])), operator)
}

/// A filter on a property of the event's companies.
pub(crate) fn company_property(key: &str, operator: Operator) -> Filter {
    Filter::Leaf(Subject::GroupProperty("company".to_owned(), Path::new(&[key])), operator)
}

/// Breakdown values, a missing one as `∅`.
pub(crate) fn words(values: &[Option<String>]) -> String {
    values.iter().map(|value| value.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(" ")
}
