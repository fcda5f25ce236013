//! Seeded arguments of questions about a drawn project.

use super::breakdown::Breakdown;
use super::common::Common;
use super::data::Dataset;
use super::document::Defaults;
use super::filter::{Deed, EventField, Filter, GroupField, Operator, Path, ProfileField, Subject};
use super::random::{EVENT_NAMES, GROUP_TYPES, Project, one, scalar};
use super::scope::{Attribution, GroupProperties, Reading, Span, Users};
use super::units::UnitKind;
use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use muster::domain::event::Event;
use muster::domain::time::{Calendar, Interval, Range, WeekStart};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;

/// Reads a field of an event, empty when it has none.
type ReadText = fn(&Event) -> String;

/// Buckets of a drawn series, at most.
const MOST_BUCKETS: usize = 150;

/// Whether to write out defaults.
pub(crate) fn defaults(rng: &mut ChaCha8Rng) -> Defaults {
    if rng.random_bool(0.5) { Defaults::Written } else { Defaults::LeftOut }
}

/// What most analyses are asked alike.
pub(crate) fn common(rng: &mut ChaCha8Rng, project: &Project) -> Common {
    let (breakdown, span) = (distinct_breakdowns(rng, &project.data), span(rng, project));
    Common {
        breakdown,
        span,
        filter: rng.random_bool(0.4).then(|| filter(rng, &project.data, 2)),
        reading: reading(rng, span.range(project.data.now).to()),
        first: first(rng),
    }
}

/// The same where rows are not split.
pub(crate) fn unsplit(rng: &mut ChaCha8Rng, project: &Project) -> Common {
    Common { breakdown: Vec::new(), ..common(rng, project) }
}

/// Profiles or groups.
pub(crate) fn unit(rng: &mut ChaCha8Rng) -> UnitKind {
    if rng.random_bool(0.5) { UnitKind::Profile } else { UnitKind::Group(group_type(rng)) }
}

/// Profiles, sessions or groups.
pub(crate) fn any_unit(rng: &mut ChaCha8Rng) -> UnitKind {
    if rng.random_bool(0.25) { UnitKind::Session } else { unit(rng) }
}

/// A name in a third of the cases.
pub(crate) fn event(rng: &mut ChaCha8Rng) -> Option<String> {
    one(rng, &[None, None, None, None, Some("a"), Some("b")]).map(str::to_owned)
}

pub(crate) fn deed(rng: &mut ChaCha8Rng, data: &Dataset) -> Deed {
    let names = ["a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "d", "screen_view", "never sent"];
    let filter = rng.random_bool(0.2).then(|| filter(rng, data, 1));
    Deed { event: Some(one(rng, &names).to_owned()), filter }
}

pub(crate) fn breakdown(rng: &mut ChaCha8Rng, data: &Dataset) -> Breakdown {
    if !data.cohorts.is_empty() && rng.random_bool(0.5) {
        return Breakdown::Cohort(one(rng, &data.cohorts));
    }
    match rng.random_range(0..5) {
        0 | 1 => Breakdown::GroupType(group_type(rng)),
        2 => Breakdown::EventProperty(path(rng)),
        3 => Breakdown::ProfileProperty(path(rng)),
        _ => Breakdown::GroupProperty(group_type(rng), path(rng)),
    }
}

/// None in a third of the cases, else one to three, none twice.
pub(crate) fn distinct_breakdowns(rng: &mut ChaCha8Rng, data: &Dataset) -> Vec<Breakdown> {
    let many = one(rng, &[0, 0, 1, 1, 2, 3]);
    let mut breakdowns = Vec::new();
    while breakdowns.len() < many {
        let next = breakdown(rng, data);
        if !breakdowns.contains(&next) {
            breakdowns.push(next);
        }
    }
    breakdowns
}

/// Mostly a type that exists.
pub(crate) fn group_type(rng: &mut ChaCha8Rng) -> String {
    let rare = rng.random_bool(0.04);
    if rare { "unknown".to_owned() } else { one(rng, &GROUP_TYPES).to_owned() }
}

/// From one instant of the timeline to another, so that events lie exactly on both.
pub(crate) fn span(rng: &mut ChaCha8Rng, project: &Project) -> Span {
    let (timeline, now) = (project.timeline, project.data.now);
    let from = if rng.random_bool(0.5) {
        rng.random_range(-1..=1)
    } else {
        rng.random_range(-1..timeline.ticks * 2 / 3)
    };
    if rng.random_bool(0.2) {
        return Span::Last(now - timeline.tick(from));
    }
    if rng.random_bool(0.1) {
        // Beyond the present.
        let to = now + timeline.grain * rng.random_range(1..=5);
        return Span::Range(Range::new(timeline.tick(from), to).expect("a range"));
    }
    let to =
        if rng.random_bool(0.5) { timeline.ticks } else { rng.random_range(from + 1..=timeline.ticks + 1) };
    Span::Range(Range::new(timeline.tick(from), timeline.tick(to)).expect("a range"))
}

const ATTRIBUTIONS: [Attribution; 4] =
    [Attribution::Event, Attribution::Event, Attribution::MembershipAtEvent, Attribution::MembershipNow];

/// How the data is read by a question about a range that ends there.
pub(crate) fn reading(rng: &mut ChaCha8Rng, until: DateTime<Utc>) -> Reading {
    Reading {
        attribution: one(rng, &ATTRIBUTIONS),
        users: one(rng, &[Users::Identified, Users::All]),
        group_properties: one(rng, &[GroupProperties::AsOfEvent, GroupProperties::Now]),
        until,
    }
}

/// A calendar in half the cases, and mostly where its clocks are set somewhere inside the range.
pub(crate) fn calendar(rng: &mut ChaCha8Rng, range: Range) -> Option<Calendar> {
    let calendar = any_calendar(rng, range);
    let few = calendar.buckets(range, MOST_BUCKETS).is_ok();
    let share = if moves(calendar.zone, range) { 0.9 } else { 0.5 };
    (few && rng.random_bool(share)).then_some(calendar)
}

/// Whether clocks are set once inside the range.
fn moves(zone: Tz, range: Range) -> bool {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    offset(range.from()) != offset(range.to())
}

/// A calendar that cuts the range into so many buckets at most, and into several if there is such a one.
pub(crate) fn cuts(rng: &mut ChaCha8Rng, range: Range, most: usize) -> Calendar {
    for least in [3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2] {
        let calendar = any_calendar(rng, range);
        if calendar.buckets(range, most).is_ok_and(|buckets| buckets.len() >= least) {
            return calendar;
        }
    }
    Calendar { interval: Interval::Year, ..any_calendar(rng, range) }
}

/// A zone; some are half an hour or a quarter ahead, or have summer times. Where clocks are set somewhere inside the
/// range, mostly one of those.
pub(crate) fn zone(rng: &mut ChaCha8Rng, range: Range) -> Tz {
    const ZONES: [Tz; 8] = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        // Half an hour of summer time.
        Tz::Australia__Lord_Howe,
        Tz::Asia__Kolkata,
        Tz::Asia__Kolkata,
        Tz::Asia__Kathmandu,
        Tz::Asia__Kathmandu,
    ];
    let moving: Vec<Tz> = ZONES.into_iter().filter(|zone| moves(*zone, range)).collect();
    if !moving.is_empty() && rng.random_bool(0.8) {
        return one(rng, &moving);
    }
    one(rng, &ZONES)
}

fn any_calendar(rng: &mut ChaCha8Rng, range: Range) -> Calendar {
    use Interval::{Day, Hour, Month, Quarter, Week, Year};
    Calendar {
        interval: one(rng, &[Hour, Day, Day, Week, Week, Month, Quarter, Year]),
        zone: zone(rng, range),
        week_start: one(rng, &[WeekStart::Monday, WeekStart::Sunday]),
    }
}

pub(crate) fn first(rng: &mut ChaCha8Rng) -> Option<usize> {
    one(rng, &[None, None, Some(1), Some(3)])
}

/// A filter tree with so many levels of and, or, not at most.
pub(crate) fn filter(rng: &mut ChaCha8Rng, data: &Dataset, levels: u32) -> Filter {
    let list = |rng: &mut ChaCha8Rng| {
        (0..rng.random_range(1..=3)).map(|_| filter(rng, data, levels - 1)).collect::<Vec<_>>()
    };
    match rng.random_range(0..10) {
        0 if levels > 0 => Filter::And(list(rng)),
        1 | 2 if levels > 0 => Filter::Or(list(rng)),
        3 if levels > 0 => Filter::Not(Box::new(filter(rng, data, levels - 1))),
        _ => leaf(rng, data),
    }
}

fn leaf(rng: &mut ChaCha8Rng, data: &Dataset) -> Filter {
    use {EventField as E, ProfileField as P};
    if !data.cohorts.is_empty() && rng.random_bool(0.6) {
        return Filter::Cohort(one(rng, &data.cohorts));
    }
    // Values that occur, so that filters are neither always nor never true.
    let event = data.events.choose(rng);
    let of_event = |read: ReadText| event.map_or_else(String::new, read);
    let (subject, value) = match rng.random_range(0..16) {
        0..=3 => (Subject::EventProperty(path(rng)), scalar(rng)),
        4..=5 => (Subject::ProfileProperty(path(rng)), scalar(rng)),
        6..=9 => (Subject::GroupProperty(group_type(rng), path(rng)), scalar(rng)),
        10 => (Subject::GroupField(group_type(rng), GroupField::Name), one(rng, &["Acme", "Über"]).into()),
        11 => {
            let ids: Vec<String> = data.groups.keys().cloned().collect();
            (Subject::GroupField(group_type(rng), GroupField::Id), one(rng, &ids).into())
        }
        12 => (Subject::EventField(E::Revenue), one(rng, &[0, 100, 999]).into()),
        13 => {
            let field = one(rng, &[P::Id, P::Email, P::FirstName, P::LastName, P::Avatar]);
            (Subject::ProfileField(field), one(rng, &["u1", "u2", "ada", "Ada", "bo@acme.example"]).into())
        }
        14 => (Subject::EventField(E::Name), one(rng, &EVENT_NAMES).into()),
        _ => {
            let fields: [(EventField, ReadText); 5] = [
                (E::Id, |event| event.id.clone()),
                (E::Path, |event| event.path.clone().unwrap_or_default()),
                (E::ProfileId, |event| event.profile_id.clone().unwrap_or_default()),
                (E::DeviceId, |event| event.device_id.clone().unwrap_or_default()),
                (E::SessionId, |event| event.session_id.clone().unwrap_or_default()),
            ];
            let (field, read) = one(rng, &fields);
            (Subject::EventField(field), of_event(read).into())
        }
    };
    let operator = operator(rng, value);
    Filter::Leaf(subject, operator)
}

pub(crate) fn operator(rng: &mut ChaCha8Rng, value: serde_json::Value) -> Operator {
    let text = match &value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut characters = text.chars();
    let beginning: String = characters.by_ref().take(2).collect();
    let end: String = text.chars().skip(1).collect();
    match rng.random_range(0..14) {
        0 => Operator::Eq(value),
        1 => Operator::Neq(value),
        2 => Operator::In(vec![value, scalar(rng)]),
        3 => Operator::NotIn(vec![scalar(rng), value]),
        4 => Operator::Contains(beginning.to_uppercase()),
        5 => Operator::NotContains(beginning),
        6 => Operator::StartsWith(beginning),
        7 => Operator::EndsWith(end),
        8 => Operator::Gt(value),
        9 => Operator::Gte(value),
        10 => Operator::Lt(value),
        11 => Operator::Lte(value),
        12 => Operator::IsSet,
        _ => Operator::IsNotSet,
    }
}

pub(crate) fn path(rng: &mut ChaCha8Rng) -> Path {
    let paths: [&[&str]; 10] = [
        &["plan"],
        &["plan"],
        &["n"],
        &["n"],
        &["amount"],
        &["p.q"],
        &["deep", "x"],
        &["deep", "y.z"],
        &["deep"],
        &["missing", "below"],
    ];
    Path::new(one(rng, &paths))
}
