//! Seeded questions about a drawn project: all arguments in all combinations.

use super::active::{ActiveSpec, ActiveUsers, active_users};
use super::data::Dataset;
use super::filter::{EventField, Filter, GroupField, Operator, Path, ProfileField, Subject};
use super::funnel::{Breakdown, Deed, Exclusion, Funnel, FunnelSpec, Order, UnitKind, funnel};
use super::graphql::Defaults;
use super::random::{EVENT_NAMES, GROUP_TYPES, Project, Timeline, one, scalar};
use super::scope::{Attribution, GroupProperties, Reading, Span, Users};
use chrono::Duration;
use muster::domain::event::Event;
use muster::domain::time::{Calendar, Interval, Range, WeekStart};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;

/// Reads a field of an event, empty when it has none.
type ReadText = fn(&Event) -> String;

/// Buckets of a drawn series, at most.
const MOST_BUCKETS: usize = 150;

/// A question for `activeUsers` and its answer. Most of those without a row are drawn again.
pub(crate) fn active_case(rng: &mut ChaCha8Rng, project: &Project) -> (ActiveSpec, ActiveUsers) {
    loop {
        let span = span(rng, project);
        let spec = ActiveSpec {
            group_type: group_type(rng),
            breakdown: distinct_breakdowns(rng),
            span,
            filter: rng.random_bool(0.6).then(|| filter(rng, &project.data, 2)),
            reading: reading(rng),
            calendar: calendar(rng, span.range(project.data.now)),
            first: first(rng),
        };
        let answer = active_users(&project.data, &spec);
        if !answer.rows.is_empty() || rng.random_bool(0.2) {
            return (spec, answer);
        }
    }
}

/// A question for `funnel` and its answer. Questions with too many chains to try are drawn again, and most
/// of those that no unit gets past step 1 of, were it not for the filter and the exclusions.
pub(crate) fn funnel_case(rng: &mut ChaCha8Rng, project: &Project) -> (FunnelSpec, Funnel) {
    loop {
        let spec = funnel_spec(rng, project);
        let open = FunnelSpec { filter: None, exclusions: Vec::new(), ..spec.clone() };
        let goes_on = funnel(&project.data, &open).is_ok_and(|answer| answer.steps[1].units > 0);
        if !goes_on && rng.random_bool(0.9) {
            continue;
        }
        if let Ok(answer) = funnel(&project.data, &spec) {
            return (spec, answer);
        }
    }
}

/// Whether to write out defaults.
pub(crate) fn defaults(rng: &mut ChaCha8Rng) -> Defaults {
    if rng.random_bool(0.5) { Defaults::Written } else { Defaults::LeftOut }
}

fn funnel_spec(rng: &mut ChaCha8Rng, project: &Project) -> FunnelSpec {
    let span = span(rng, project);
    let steps: Vec<Deed> = (0..one(rng, &[2, 2, 3, 3, 3, 4, 5])).map(|_| deed(rng, &project.data)).collect();
    let mut exclusions = Vec::new();
    while rng.random_bool(0.35) {
        let from_step = rng.random_range(1..steps.len());
        let to_step = rng.random_range(from_step + 1..=steps.len());
        exclusions.push(Exclusion { deed: deed(rng, &project.data), from_step, to_step });
    }
    let order = one(rng, &[Order::Ordered, Order::Ordered, Order::Strict, Order::Any]);
    let unit = match rng.random_range(0..5) {
        0 | 1 => UnitKind::Profile,
        2 => UnitKind::Session,
        _ => UnitKind::Group(group_type(rng)),
    };
    FunnelSpec {
        window: window(rng, &project.timeline),
        span,
        order,
        unit,
        breakdown: (0..one(rng, &[0, 1, 1, 1, 2, 3])).map(|_| breakdown(rng)).collect(),
        filter: rng.random_bool(0.25).then(|| filter(rng, &project.data, 2)),
        exclusions,
        reading: reading(rng),
        compare_previous: rng.random_bool(0.4),
        calendar: calendar(rng, span.range(project.data.now)),
        first: first(rng),
        steps,
    }
}

fn deed(rng: &mut ChaCha8Rng, data: &Dataset) -> Deed {
    let names = ["a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "d", "screen_view", "never sent"];
    let filter = rng.random_bool(0.2).then(|| filter(rng, data, 1));
    Deed { event: one(rng, &names).to_owned(), filter }
}

/// Whole multiples of the grain, so that events lie exactly at the end, and a second less or more.
fn window(rng: &mut ChaCha8Rng, timeline: &Timeline) -> Duration {
    let whole = timeline.grain * one(rng, &[1, 2, 3, 5, 10, 10, 50]);
    (whole + Duration::seconds(one(rng, &[0, 0, 0, -1, 1]))).max(Duration::seconds(1))
}

fn breakdown(rng: &mut ChaCha8Rng) -> Breakdown {
    match rng.random_range(0..5) {
        0 | 1 => Breakdown::GroupType(group_type(rng)),
        2 => Breakdown::EventProperty(path(rng)),
        3 => Breakdown::ProfileProperty(path(rng)),
        _ => Breakdown::GroupProperty(group_type(rng), path(rng)),
    }
}

/// None in half the cases, else one to three, none twice.
fn distinct_breakdowns(rng: &mut ChaCha8Rng) -> Vec<Breakdown> {
    let many = one(rng, &[0, 0, 0, 1, 2, 3]);
    let mut breakdowns = Vec::new();
    while breakdowns.len() < many {
        let next = breakdown(rng);
        if !breakdowns.contains(&next) {
            breakdowns.push(next);
        }
    }
    breakdowns
}

/// Mostly a type that exists.
fn group_type(rng: &mut ChaCha8Rng) -> String {
    let rare = rng.random_bool(0.04);
    if rare { "unknown".to_owned() } else { one(rng, &GROUP_TYPES).to_owned() }
}

/// From one instant of the timeline to another, so that events lie exactly on both.
fn span(rng: &mut ChaCha8Rng, project: &Project) -> Span {
    let (timeline, now) = (project.timeline, project.data.now);
    let from = if rng.random_bool(0.5) {
        rng.random_range(-1..=1)
    } else {
        rng.random_range(-1..timeline.ticks * 2 / 3)
    };
    if rng.random_bool(0.2) {
        return Span::Last(now - timeline.tick(from));
    }
    let to =
        if rng.random_bool(0.5) { timeline.ticks } else { rng.random_range(from + 1..=timeline.ticks + 1) };
    Span::Range(Range::new(timeline.tick(from), timeline.tick(to)).expect("a range"))
}

const ATTRIBUTIONS: [Attribution; 4] =
    [Attribution::Event, Attribution::Event, Attribution::MembershipAtEvent, Attribution::MembershipNow];

fn reading(rng: &mut ChaCha8Rng) -> Reading {
    Reading {
        attribution: one(rng, &ATTRIBUTIONS),
        users: one(rng, &[Users::Identified, Users::All]),
        group_properties: one(rng, &[GroupProperties::AsOfEvent, GroupProperties::Now]),
    }
}

fn calendar(rng: &mut ChaCha8Rng, range: Range) -> Option<Calendar> {
    use Interval::{Day, Hour, Month, Quarter, Week, Year};
    let zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"];
    let calendar = Calendar {
        interval: one(rng, &[Hour, Day, Week, Month, Quarter, Year]),
        zone: one(rng, &zones).parse().expect("a zone"),
        week_start: one(rng, &[WeekStart::Monday, WeekStart::Sunday]),
    };
    let few = calendar.buckets(range, MOST_BUCKETS).is_ok();
    (few && rng.random_bool(0.5)).then_some(calendar)
}

fn first(rng: &mut ChaCha8Rng) -> Option<usize> {
    one(rng, &[None, None, Some(1), Some(3)])
}

/// A filter tree with so many levels of and, or, not at most.
fn filter(rng: &mut ChaCha8Rng, data: &Dataset, levels: u32) -> Filter {
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

fn operator(rng: &mut ChaCha8Rng, value: serde_json::Value) -> Operator {
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

fn path(rng: &mut ChaCha8Rng) -> Path {
    let paths: [&[&str]; 9] = [
        &["plan"],
        &["plan"],
        &["n"],
        &["n"],
        &["p.q"],
        &["deep", "x"],
        &["deep", "y.z"],
        &["deep"],
        &["missing", "below"],
    ];
    Path::new(one(rng, &paths))
}
