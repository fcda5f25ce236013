//! What the drawn projects and questions have among them: ties, late events, days on which clocks are set, and so on.
//! A comparison in which one of them never came up proves less than it says.

use crate::support::oracle::case::Case;
use crate::support::oracle::random::{GROUP_TYPES, Project};
use chrono::{DateTime, Duration, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use muster::domain::time::parse_duration;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What every analysis meets, whatever is asked.
const OF_PROJECTS: [&str; 8] = [
    "a tie",
    "a late event",
    "several groups of one type",
    "a group without an entity",
    "a property that changes between events",
    "a membership that ends between events",
    "a deleted group",
    "no events",
];

/// What comes up wherever time is cut.
const OF_TIME: [&str; 5] = [
    "a zone of half an hour",
    "a zone of 45 minutes",
    "the clock set forward",
    "the clock set back",
    "half an hour of summer time",
];

/// How often each came up in the comparison of one analysis.
#[derive(Debug, Default)]
pub(crate) struct Occasions(BTreeMap<&'static str, usize>);

impl Occasions {
    fn note(&mut self, names: impl IntoIterator<Item = &'static str>) {
        for name in names {
            *self.0.entry(name).or_default() += 1;
        }
    }

    /// Notes what a project has.
    pub(crate) fn see_project(&mut self, project: &Project) {
        self.note(of_project(project));
    }

    /// Notes what a question and its answer have.
    pub(crate) fn see_case(&mut self, case: &Case, project: &Project) {
        let document = &case.request.document;
        if document.contains("steps: [") {
            self.note(["steps"]);
            self.note(repeats_a_step(document).then_some("a repeated step"));
        }
        // Coverage is told by day and has no argument for it.
        if document.contains("interval: ") || case.field == "coverage" {
            self.note(["time"]);
            self.note(case.expected.to_string().contains("\"isPartial\":").then_some("buckets"));
            self.note(of_time(case, project));
        }
        self.note(is_empty(&case.expected).then_some("an empty result"));
    }

    /// What never came up.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let mut wanted: BTreeSet<&str> = OF_PROJECTS.into_iter().chain(["an empty result"]).collect();
        if self.0.contains_key("time") {
            wanted.extend(OF_TIME);
        }
        // Not every answer tells its buckets.
        if self.0.contains_key("buckets") {
            wanted.insert("a cut bucket");
        }
        if self.0.contains_key("steps") {
            wanted.insert("a repeated step");
        }
        wanted.into_iter().filter(|name| !self.0.contains_key(name)).collect()
    }
}

fn of_project(project: &Project) -> Vec<&'static str> {
    let data = &project.data;
    let events = &data.events;
    let pairs =
        || events.iter().enumerate().flat_map(|(place, a)| events[place + 1..].iter().map(move |b| (a, b)));
    let several = |group_type: &str| {
        events
            .iter()
            .any(|event| event.groups.iter().filter(|id| data.type_of(id) == Some(group_type)).count() > 1)
    };
    let around = |at: DateTime<Utc>, of: &dyn Fn(usize) -> bool| {
        let is_at = |before: bool| {
            let mut places = (0..events.len()).filter(|place| of(*place));
            places.any(|place| (events[place].occurred_at < at) == before)
        };
        is_at(true) && is_at(false)
    };
    let changes = data.groups.iter().any(|(id, group)| {
        group.versions.windows(2).any(|pair| {
            pair[0].properties != pair[1].properties
                && around(pair[1].effective_at, &|place| events[place].groups.contains(id))
        })
    });
    let ends = data.memberships.iter().any(|membership| {
        let is_theirs = |place: usize| events[place].profile_id.as_ref() == Some(&membership.profile_id);
        membership.left_at.is_some_and(|left| around(left, &is_theirs))
    });
    let held = [
        pairs().any(|(a, b)| {
            a.occurred_at == b.occurred_at && a.profile_id.is_some() && a.profile_id == b.profile_id
        }),
        pairs().any(|(a, b)| a.occurred_at > b.occurred_at),
        GROUP_TYPES.into_iter().any(several),
        events.iter().any(|event| event.groups.iter().any(|id| !data.groups.contains_key(id))),
        changes,
        ends,
        data.groups.values().any(|group| group.deleted),
        events.is_empty(),
    ];
    OF_PROJECTS.into_iter().zip(held).filter(|(_, held)| *held).map(|(name, _)| name).collect()
}

/// The text of an argument, such as `timeZone: "…"`.
fn text_of<'a>(document: &'a str, argument: &str) -> Option<&'a str> {
    document.split_once(&format!("{argument}: \""))?.1.split('"').next()
}

fn repeats_a_step(document: &str) -> bool {
    let steps =
        document.split_once("steps: [").map_or("", |(_, rest)| rest).split(']').next().unwrap_or_default();
    let names: Vec<&str> =
        steps.split("{event: ").skip(1).filter_map(|step| step.split([',', '}']).next()).collect();
    names.iter().collect::<BTreeSet<_>>().len() < names.len()
}

/// The range that is asked about.
fn range_of(case: &Case, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if let Some(last) = text_of(&case.request.document, "last") {
        let span = parse_duration("last", last).expect("a duration");
        return Some((now - span, now));
    }
    let range = &case.request.variables["range"];
    let instant = |end: &str| range[end].as_str()?.parse().ok();
    Some((instant("from")?, instant("to")?))
}

fn of_time(case: &Case, project: &Project) -> Vec<&'static str> {
    let document = &case.request.document;
    let mut found = Vec::new();
    if case.expected.to_string().contains("\"isPartial\":true") {
        found.push("a cut bucket");
    }
    let zone: Tz = text_of(document, "timeZone").unwrap_or("UTC").parse().expect("a zone");
    let Some((from, to)) = range_of(case, project.data.now) else { return found };
    let has_event = |day: &dyn Fn(DateTime<Utc>) -> bool| {
        let events = project.data.events.iter().map(|event| event.occurred_at);
        events.filter(|at| from <= *at && *at < to).any(day)
    };
    if has_event(&|_| true) {
        match zone {
            Tz::Asia__Kolkata => found.push("a zone of half an hour"),
            Tz::Asia__Kathmandu => found.push("a zone of 45 minutes"),
            _ => {}
        }
    }
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
    let mut at = from;
    while at + Duration::hours(1) < to {
        let moved = offset(at + Duration::hours(1)) - offset(at);
        let day = (at + Duration::hours(1)).with_timezone(&zone).date_naive();
        // A day that is longer or shorter counts where something happened on it.
        if moved != 0 && has_event(&|at| at.with_timezone(&zone).date_naive() == day) {
            found.push(if moved > 0 { "the clock set forward" } else { "the clock set back" });
            if moved.abs() == 1_800 {
                found.push("half an hour of summer time");
            }
        }
        at += Duration::hours(1);
    }
    found
}

/// Whether an answer counts nothing. Numbers that only say which column, step or period it is are no counts.
fn is_empty(answer: &Value) -> bool {
    const PLACES: [&str; 7] = ["step", "column", "periods", "depth", "id", "users", "parentId"];
    match answer {
        Value::Object(fields) => {
            fields.iter().all(|(key, value)| PLACES.contains(&key.as_str()) || is_empty(value))
        }
        Value::Array(list) => list.iter().all(is_empty),
        Value::Number(number) => number.as_f64().is_some_and(|number| number == 0.0),
        _ => true,
    }
}
