//! What is counted, and which events belong to each unit.

use super::common::Common;
use super::data::Dataset;
use super::filter::{EventField, Filter, Look, Operator, Subject};
use super::scope::{Reading, User, Users, groups_of_type, user_of};
use chrono::{DateTime, Utc};
use muster::domain::event::Event;
use muster::domain::time::Range;
use std::collections::{BTreeMap, BTreeSet};

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UnitKind {
    Profile,
    Session,
    Group(String),
}

/// One counted thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    User(User),
    Session(String),
    Group(String),
}

/// The group of one type that a row belongs to; `None` for events that have no group of the type.
pub(crate) type Split = (String, Option<String>);

/// A unit, and one group for every type that is split by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The unit; `None` where events themselves are counted.
    pub(crate) unit: Option<Unit>,
    /// The groups.
    pub(crate) splits: Vec<Split>,
}

/// An event that counts at a place.
#[derive(Debug, Clone)]
pub(crate) struct Counted<'a> {
    /// Its arrival number.
    pub(crate) arrival: usize,
    /// The event.
    pub(crate) event: &'a Event,
    /// The types counted or split by, each with the one group a filter on it tests alone.
    alone: Vec<Split>,
}

/// Which events are looked for, and for what they count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counting<'d, 'q> {
    /// The project.
    pub(crate) data: &'d Dataset,
    /// How it is read.
    pub(crate) reading: Reading,
    /// What is counted; `None` for events themselves, each once.
    pub(crate) unit: Option<&'q UnitKind>,
    /// The types that are split by.
    pub(crate) split_types: &'q [String],
    /// Which events count.
    pub(crate) filter: Option<&'q Filter>,
}

impl<'d> Counting<'d, '_> {
    /// The events that count at each place, of all time, by time, then arrival.
    pub(crate) fn places(&self) -> BTreeMap<Place, Vec<Counted<'d>>> {
        let mut places: BTreeMap<Place, Vec<Counted<'d>>> = BTreeMap::new();
        for (arrival, event) in self.data.events.iter().enumerate() {
            for unit in self.units_of(event) {
                for splits in self.splits_of(event, unit.as_ref()) {
                    // Where the analysis counts or splits by a type, a filter on it tests that group alone.
                    let mut alone = splits.clone();
                    if let (Some(Unit::Group(id)), Some(UnitKind::Group(group_type))) = (&unit, self.unit) {
                        alone.push((group_type.clone(), Some(id.clone())));
                    }
                    let counted = Counted { arrival, event, alone };
                    let look = counted.look(self.data, self.reading);
                    if self.filter.is_none_or(|filter| filter.holds(look)) {
                        places.entry(Place { unit: unit.clone(), splits }).or_default().push(counted);
                    }
                }
            }
        }
        for events in places.values_mut() {
            // Stable: events of one time stay in the order of their arrival.
            events.sort_by_key(Counted::time);
        }
        places
    }

    /// The units an event belongs to.
    fn units_of(&self, event: &Event) -> Vec<Option<Unit>> {
        let units: Vec<Unit> = match self.unit {
            None => return vec![None],
            Some(UnitKind::Profile) => {
                user_of(event, self.reading.users).into_iter().map(Unit::User).collect()
            }
            Some(UnitKind::Session) => event.session_id.clone().into_iter().map(Unit::Session).collect(),
            Some(UnitKind::Group(group_type)) => {
                self.groups(event, group_type).into_iter().map(Unit::Group).collect()
            }
        };
        units.into_iter().map(Some).collect()
    }

    /// Every combination of one group per type, `None` where the event has none of the type. A unit that is
    /// itself a group of the type is in its own row only.
    fn splits_of(&self, event: &Event, unit: Option<&Unit>) -> Vec<Vec<Split>> {
        let mut combinations: Vec<Vec<Split>> = vec![Vec::new()];
        for group_type in self.split_types {
            let ids = match (unit, self.unit) {
                (Some(Unit::Group(id)), Some(UnitKind::Group(own))) if own == group_type => vec![id.clone()],
                _ => self.groups(event, group_type),
            };
            let groups: Vec<Option<String>> =
                if ids.is_empty() { vec![None] } else { ids.into_iter().map(Some).collect() };
            let mut longer = Vec::new();
            for combination in &combinations {
                for group in &groups {
                    let mut extended = combination.clone();
                    extended.push((group_type.clone(), group.clone()));
                    longer.push(extended);
                }
            }
            combinations = longer;
        }
        combinations
    }

    fn groups(&self, event: &Event, group_type: &str) -> Vec<String> {
        groups_of_type(self.data, event, self.reading.attribution, group_type)
    }
}

impl Counted<'_> {
    /// When it happened.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.event.occurred_at
    }

    /// The event as a filter and a breakdown see it at its place.
    pub(crate) fn look<'b>(&'b self, data: &'b Dataset, reading: Reading) -> Look<'b> {
        Look { data, event: self.event, reading, alone: &self.alone }
    }
}

/// All matching events of each group of a type that has one, of all time.
pub(crate) fn lives_of_groups<'d>(
    data: &'d Dataset,
    common: &Common,
    group_type: &str,
    event: Option<&String>,
) -> BTreeMap<String, Vec<Counted<'d>>> {
    let unit = UnitKind::Group(group_type.to_owned());
    let filter = named(event, common.filter.as_ref());
    let mut counting = common.counting(data, Some(&unit), &[]);
    counting.filter = Some(&filter);
    let group = |(place, events): (Place, Vec<Counted<'d>>)| match place.unit {
        Some(Unit::Group(id)) => (id, events),
        _ => panic!("a group"),
    };
    counting.places().into_iter().map(group).collect()
}

/// The different users of events.
pub(crate) fn users_of<'a>(
    events: impl IntoIterator<Item = &'a Counted<'a>>,
    users: Users,
) -> BTreeSet<User> {
    events.into_iter().filter_map(|counted| user_of(counted.event, users)).collect()
}

/// Those of the events that lie in the range.
pub(crate) fn within<'a>(events: &[Counted<'a>], range: Range) -> Vec<Counted<'a>> {
    events.iter().filter(|counted| range.contains(counted.time())).cloned().collect()
}

/// How many different events there are: one in two groups counts once.
pub(crate) fn distinct_events<'a>(events: impl IntoIterator<Item = &'a Counted<'a>>) -> usize {
    events.into_iter().map(|counted| counted.arrival).collect::<BTreeSet<_>>().len()
}

/// A filter that also asks for a name.
pub(crate) fn named(event: Option<&String>, filter: Option<&Filter>) -> Filter {
    let is = |name: &String| {
        Filter::Leaf(Subject::EventField(EventField::Name), Operator::Eq(name.clone().into()))
    };
    Filter::And(event.map(is).into_iter().chain(filter.cloned()).collect())
}
