//! By what rows are split, and which row something belongs to.

use super::cohort::Cohort;
use super::filter::{Look, Path, profile_property, text, version};
use super::scope::groups_of_type;
use super::units::Split;
use std::sync::Arc;

/// What rows are split by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Breakdown {
    GroupType(String),
    EventProperty(Path),
    ProfileProperty(Path),
    GroupProperty(String, Path),
    Cohort(Arc<Cohort>),
}

/// One value per breakdown, `None` for a missing one.
pub(crate) type Values = Vec<Option<String>>;

/// The types among the breakdowns, each once.
pub(crate) fn split_types(breakdown: &[Breakdown]) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for breakdown in breakdown {
        if let Breakdown::GroupType(group_type) = breakdown
            && !types.contains(group_type)
        {
            types.push(group_type.clone());
        }
    }
    types
}

/// The value that one event has at its place.
pub(crate) fn value(breakdown: &Breakdown, look: Look<'_>) -> Option<String> {
    let value = match breakdown {
        Breakdown::GroupType(group_type) => {
            let (_, group) = alone(look.alone, group_type).expect("a type that is split by");
            return group.clone();
        }
        Breakdown::Cohort(cohort) => {
            let unit = match &cohort.group_type {
                None => look.event.profile_id.clone(),
                Some(group_type) => groups_read(look, group_type).into_iter().next(),
            };
            return unit.map(|id| cohort.has(look.data, &id, look.reading).to_string());
        }
        Breakdown::EventProperty(path) => path.of(&look.event.properties),
        Breakdown::ProfileProperty(path) => profile_property(look.data, look.event, path),
        // The unit's group, else the row's, else the first on the event that has a value.
        Breakdown::GroupProperty(group_type, path) => {
            let groups = groups_read(look, group_type);
            let read = |id: &String| path.of(&version(look.data, id, look.event, look.reading).properties);
            groups.iter().find_map(read)
        }
    };
    value.map(|value| text(&value))
}

/// The groups of a type whose properties are read: the unit's or the row's own, else all on the event.
fn groups_read(look: Look<'_>, group_type: &str) -> Vec<String> {
    match alone(look.alone, group_type) {
        Some((_, group)) => group.iter().cloned().collect(),
        None => groups_of_type(look.data, look.event, look.reading.attribution, group_type),
    }
}

/// The values of the first of these events that has one, for each breakdown on its own.
pub(crate) fn first_values(breakdown: &[Breakdown], looks: &[Look<'_>]) -> Values {
    breakdown.iter().map(|breakdown| looks.iter().find_map(|look| value(breakdown, *look))).collect()
}

/// The group that a row is about: the value of the first breakdown by group.
pub(crate) fn row_group(breakdown: &[Breakdown], values: &Values) -> Option<String> {
    let place = breakdown.iter().position(|breakdown| matches!(breakdown, Breakdown::GroupType(_)))?;
    values[place].clone()
}

/// Orders values ascending by code point, missing ones last.
pub(crate) fn missing_last(values: &Values) -> Vec<(bool, Option<String>)> {
    values.iter().map(|value| (value.is_none(), value.clone())).collect()
}

fn alone<'a>(alone: &'a [Split], group_type: &str) -> Option<&'a Split> {
    alone.iter().find(|(counted, _)| counted == group_type)
}
