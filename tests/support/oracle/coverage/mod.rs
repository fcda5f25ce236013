//! `coverage` by definition: how many events carry a group of a type, by event name and day.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::filter::Look;
use super::scope::{groups_of_type, groups_on};
use super::units::named;
use chrono_tz::Tz;
use muster::domain::event::Event;
use muster::domain::time::{Bucket, Calendar, Interval, WeekStart};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct CoverageSpec {
    /// Only this type; every type there is when not said.
    pub(crate) group_type: Option<String>,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// Whose days are meant.
    pub(crate) zone: Tz,
    /// The rest, without a breakdown.
    pub(crate) common: Common,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coverage {
    /// All events together, by type.
    pub(crate) totals: Vec<(String, Carried)>,
    /// One per event name and type, in order.
    pub(crate) rows: Vec<CoverageRow>,
}

/// One event name and type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CoverageRow {
    pub(crate) event: String,
    pub(crate) group_type: String,
    pub(crate) carried: Carried,
    /// One per day that the range touches.
    pub(crate) days: Vec<(Bucket, Carried)>,
}

/// What some events carry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Carried {
    pub(crate) events: usize,
    /// Those with a group of the type.
    pub(crate) covered: usize,
    /// Those with an id that has no entity.
    pub(crate) without_entity: usize,
}

/// Answers the question.
pub(crate) fn coverage(data: &Dataset, spec: &CoverageSpec) -> Coverage {
    let range = spec.common.range(data);
    let filter = named(spec.event.as_ref(), spec.common.filter.as_ref());
    let counts = |event: &&Event| {
        let look = Look { data, event, reading: spec.common.reading, alone: &[] };
        range.contains(event.occurred_at) && filter.holds(look)
    };
    let events: Vec<&Event> = data.events.iter().filter(counts).collect();
    let names: BTreeSet<&String> = events.iter().map(|event| &event.name).collect();
    let daily = Calendar { interval: Interval::Day, zone: spec.zone, week_start: WeekStart::Monday };
    let days = daily.buckets(range, 10_000).expect("few days");
    let mut answer = Coverage { totals: Vec::new(), rows: Vec::new() };
    for group_type in types(data, spec) {
        answer.totals.push((group_type.clone(), carried(data, spec, &group_type, &events)));
        for &name in &names {
            let of_name: Vec<&Event> = events.iter().copied().filter(|event| event.name == *name).collect();
            let on = |day: &Bucket| {
                let mut on_day = of_name.clone();
                on_day.retain(|event| (day.start..day.end).contains(&event.occurred_at));
                (*day, carried(data, spec, &group_type, &on_day))
            };
            answer.rows.push(CoverageRow {
                event: name.clone(),
                group_type: group_type.clone(),
                carried: carried(data, spec, &group_type, &of_name),
                days: days.iter().map(on).collect(),
            });
        }
    }
    answer.rows.sort_by_key(|row| (Reverse(row.carried.events), row.event.clone(), row.group_type.clone()));
    answer
}

/// The type that is asked for, or every type that a group has now.
fn types(data: &Dataset, spec: &CoverageSpec) -> BTreeSet<String> {
    match &spec.group_type {
        Some(group_type) => BTreeSet::from([group_type.clone()]),
        None => data.groups.keys().filter_map(|id| data.type_of(id)).map(str::to_owned).collect(),
    }
}

fn carried(data: &Dataset, spec: &CoverageSpec, group_type: &str, events: &[&Event]) -> Carried {
    let attribution = spec.common.reading.attribution;
    let is_covered = |event: &&&Event| !groups_of_type(data, event, attribution, group_type).is_empty();
    let lacks_entity =
        |event: &&&Event| groups_on(data, event, attribution).iter().any(|id| data.type_of(id).is_none());
    Carried {
        events: events.len(),
        covered: events.iter().filter(is_covered).count(),
        without_entity: events.iter().filter(lacks_entity).count(),
    }
}
