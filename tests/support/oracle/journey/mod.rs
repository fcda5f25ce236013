//! `journey` by definition: which steps a group has done, when and by whom, and what is next.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::filter::{Deed, Look};
use super::scope::groups_on;
use chrono::{DateTime, Utc};
use muster::domain::event::Event;

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct JourneySpec {
    /// The group; the id need not have an entity.
    pub(crate) group_id: String,
    /// The steps, 1 to 32.
    pub(crate) steps: Vec<Deed>,
    /// The rest, without a breakdown and rows.
    pub(crate) common: Common,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JourneyStep {
    /// When it was first done in the range.
    pub(crate) first_at: Option<DateTime<Utc>>,
    /// Who did it first.
    pub(crate) profile_id: Option<String>,
    /// How often it was done in the range.
    pub(crate) events: usize,
    /// Its place in time among the done steps, from 1.
    pub(crate) position: Option<usize>,
}

/// The steps in the given order. What is next is the first that was not done.
pub(crate) fn journey(data: &Dataset, spec: &JourneySpec) -> Vec<JourneyStep> {
    let events = events(data, spec);
    let group_type = data.type_of(&spec.group_id);
    // A filter on the group's own type tests this group alone.
    let alone: Vec<_> =
        group_type.map(|it| (it.to_owned(), Some(spec.group_id.clone()))).into_iter().collect();
    let mut steps = Vec::new();
    for step in &spec.steps {
        let look = |event| Look { data, event, reading: spec.common.reading, alone: &alone };
        let passes = |event| spec.common.filter.as_ref().is_none_or(|filter| filter.holds(look(event)));
        let mut done: Vec<&Event> = events.clone();
        done.retain(|event| passes(event) && step.is(look(event)));
        // Stable: of one instant the one that arrived first.
        done.sort_by_key(|event| event.occurred_at);
        steps.push(JourneyStep {
            first_at: done.first().map(|event| event.occurred_at),
            profile_id: done.first().and_then(|event| event.profile_id.clone()),
            events: done.len(),
            position: None,
        });
    }
    // By time; of equals the step that is given earlier.
    let mut order: Vec<usize> = (0..steps.len()).filter(|&step| steps[step].first_at.is_some()).collect();
    order.sort_by_key(|&step| steps[step].first_at);
    for (position, step) in order.into_iter().enumerate() {
        steps[step].position = Some(position + 1);
    }
    steps
}

/// The group's events in the range in the order of their arrival; a deleted group has none.
fn events<'a>(data: &'a Dataset, spec: &JourneySpec) -> Vec<&'a Event> {
    let is_deleted = data.groups.get(&spec.group_id).is_some_and(|group| group.deleted);
    let range = spec.common.range(data);
    let belongs = |event: &Event| {
        groups_on(data, event, spec.common.reading.attribution).contains(&spec.group_id)
            && range.contains(event.occurred_at)
    };
    data.events.iter().filter(|event| !is_deleted && belongs(event)).collect()
}
