//! `eventNames`, `propertyKeys` and `propertyValues` by definition: what there is to ask about.

pub(crate) mod ask;
mod worked;

use super::data::Dataset;
use super::filter::{Path, text};
use chrono::{DateTime, Utc};
use muster::domain::event::{Event, Properties};
use muster::domain::time::Range;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Whose properties.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Owner {
    /// Events of the range, of this name if one is given.
    Event(Option<String>),
    /// Profiles that are known, as they are now.
    Profile,
    /// Groups of the type that are not deleted, as they are now.
    Group(String),
}

/// What is asked alike of names, keys and values.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The range of the events; all time without one.
    pub(crate) range: Option<Range>,
    /// What the text begins with, in any case.
    pub(crate) prefix: Option<String>,
    /// How many rows.
    pub(crate) first: usize,
}

impl Wanted {
    fn events<'d>(&self, data: &'d Dataset) -> Vec<&'d Event> {
        let is_in = |event: &&Event| self.range.is_none_or(|range| range.contains(event.occurred_at));
        data.events.iter().filter(is_in).collect()
    }

    /// The rows that begin with the prefix, count descending, then the text, to the number asked for.
    fn cut<T>(&self, rows: BTreeMap<String, T>, count: impl Fn(&T) -> usize) -> Vec<(String, T)> {
        let prefix = self.prefix.as_deref().unwrap_or_default().to_lowercase();
        let mut rows: Vec<(String, T)> =
            rows.into_iter().filter(|(text, _)| text.to_lowercase().starts_with(&prefix)).collect();
        rows.sort_by_key(|(text, row)| (Reverse(count(row)), text.clone()));
        rows.truncate(self.first);
        rows
    }
}

/// Each name with its number of events and the last of them.
pub(crate) fn event_names(data: &Dataset, wanted: &Wanted) -> Vec<(String, (usize, DateTime<Utc>))> {
    let mut names: BTreeMap<String, (usize, DateTime<Utc>)> = BTreeMap::new();
    for event in wanted.events(data) {
        let (events, last) = names.entry(event.name.clone()).or_insert((0, event.occurred_at));
        *events += 1;
        *last = (*last).max(event.occurred_at);
    }
    wanted.cut(names, |(events, _)| *events)
}

/// Each dotted path with how many have it, and in how many of them it is a number.
pub(crate) fn property_keys(data: &Dataset, owner: &Owner, wanted: &Wanted) -> Vec<(String, (usize, usize))> {
    let mut keys: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for properties in owned(data, owner, wanted) {
        for (path, value) in leaves(&[], properties) {
            let (owners, numbers) = keys.entry(path.dotted()).or_default();
            *owners += 1;
            *numbers += usize::from(value.is_number());
        }
    }
    wanted.cut(keys, |(owners, _)| *owners)
}

/// Each value of a property, as text, with how many have it.
pub(crate) fn property_values(
    data: &Dataset,
    owner: &Owner,
    path: &Path,
    wanted: &Wanted,
) -> Vec<(String, usize)> {
    let mut values: BTreeMap<String, usize> = BTreeMap::new();
    for value in owned(data, owner, wanted).into_iter().filter_map(|properties| path.of(properties)) {
        *values.entry(text(&value)).or_default() += 1;
    }
    wanted.cut(values, |owners| *owners)
}

fn owned<'d>(data: &'d Dataset, owner: &Owner, wanted: &Wanted) -> Vec<&'d Properties> {
    match owner {
        Owner::Event(name) => {
            let is_named = |event: &&Event| name.as_ref().is_none_or(|name| event.name == *name);
            wanted.events(data).into_iter().filter(is_named).map(|event| &event.properties).collect()
        }
        Owner::Profile => data.profiles.values().map(|profile| &profile.properties).collect(),
        Owner::Group(group_type) => {
            let ids = data.groups_of(group_type);
            ids.into_iter().map(|id| &data.groups[id].current().properties).collect()
        }
    }
}

/// Every value that is no object, below objects too, with its path. Null is missing.
fn leaves<'p>(above: &[String], properties: &'p Properties) -> Vec<(Path, &'p Value)> {
    let mut found = Vec::new();
    for (key, value) in properties {
        let mut keys = above.to_vec();
        keys.push(key.clone());
        match value {
            Value::Null => {}
            Value::Object(below) => found.extend(leaves(&keys, below)),
            _ => found.push((Path(keys), value)),
        }
    }
    found
}
