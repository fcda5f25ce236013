//! What a customer asks of a funnel, checked.

use super::walk::{Exclusion, Order, Rules};
use crate::analytics::breakdown::{Breakdown, BreakdownInput};
use crate::analytics::filter::{FilterInput, parse_filter};
use crate::analytics::scalars::Duration;
use crate::analytics::unit::{Counted, UnitInput};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::filter::Subject;
use crate::engine::scope::{Condition, Scope};
use async_graphql::{Enum, InputObject};

/// One step of a funnel.
#[derive(Debug, Clone, InputObject)]
pub struct FunnelStepInput {
    /// Name of the event that does the step.
    pub event: String,
    /// What else must hold of the event.
    pub filter: Option<FilterInput>,
}

/// An event that must not happen between two steps. An attempt in which it does is void.
#[derive(Debug, Clone, InputObject)]
pub struct FunnelExclusionInput {
    /// Name of the event.
    pub event: String,
    /// What else must hold of the event.
    pub filter: Option<FilterInput>,
    /// The step after which the event must not happen, counted from 1.
    pub from_step: i32,
    /// The step before which the event must not happen; if it was not reached, up to the window's end.
    pub to_step: i32,
}

/// In which order the steps must be done.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "FunnelOrder", remote = "Order")]
pub enum OrderInput {
    /// In the given order; other events may come between.
    Ordered,
    /// In the given order, and no other event of the unit in between.
    Strict,
    /// In any order: step n is the n-th distinct step done.
    Any,
}

/// The arguments that are the funnel's own.
#[derive(Debug, Clone)]
pub struct FunnelInput {
    /// The steps, in order.
    pub steps: Vec<FunnelStepInput>,
    /// Longest time from an attempt's first event to its last.
    pub window: Duration,
    /// In which order the steps must be done.
    pub order: Order,
    /// What is counted.
    pub unit: UnitInput,
    /// By what rows are split.
    pub breakdown: Vec<BreakdownInput>,
    /// Events that make an attempt void.
    pub exclusions: Vec<FunnelExclusionInput>,
}

/// A checked funnel.
#[derive(Debug, Clone)]
pub struct FunnelSpec {
    pub(super) rules: Rules,
    pub(super) steps: Vec<Condition>,
    pub(super) exclusions: Vec<Condition>,
    pub(super) unit: Counted,
    pub(super) breakdown: Vec<Breakdown>,
}

/// Exclusions of one funnel, at most: they are bits of a 32-bit number.
const MOST_EXCLUSIONS: usize = 32;

impl FunnelSpec {
    /// Checks what was asked.
    pub fn parse(input: &FunnelInput, caller: &Caller) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let most = limits.funnel_steps.min(32);
        if !(2..=most).contains(&input.steps.len()) {
            let reason = format!("lists {} steps; a funnel has 2 to {most}", input.steps.len());
            return Err(Invalid::new("steps", reason));
        }
        if input.exclusions.len() > MOST_EXCLUSIONS {
            let reason = format!("lists {}; {MOST_EXCLUSIONS} at most are allowed", input.exclusions.len());
            return Err(Invalid::new("exclusions", reason));
        }
        let condition = |place: String, event: &str, filter: Option<&FilterInput>| {
            parse_condition(&place, event, filter, caller)
        };
        let steps = input.steps.iter().enumerate();
        let steps: Vec<Condition> = steps
            .map(|(i, step)| condition(format!("steps[{i}]"), &step.event, step.filter.as_ref()))
            .collect::<Result<_, _>>()?;
        let (mut exclusions, mut stretches) = (Vec::new(), Vec::new());
        for (i, exclusion) in input.exclusions.iter().enumerate() {
            let place = format!("exclusions[{i}]");
            stretches.push(parse_stretch(&place, exclusion, steps.len())?);
            exclusions.push(condition(place, &exclusion.event, exclusion.filter.as_ref())?);
        }
        let window = input.window.parse_as("window")?;
        let window = window
            .num_microseconds()
            .ok_or_else(|| Invalid::new("window", "is too long; give a shorter duration"))?;
        Ok(Self {
            rules: Rules { steps: steps.len(), window, order: input.order, exclusions: stretches },
            steps,
            exclusions,
            unit: Counted::parse(&input.unit, limits)?,
            breakdown: Breakdown::parse(&input.breakdown, caller)?,
        })
    }

    /// Sets up a scope for one pass over the units: with or without the splits of the breakdown.
    pub(super) fn prepare(&self, scope: &mut Scope, is_split: bool) {
        scope.steps.clone_from(&self.steps);
        scope.exclusions.clone_from(&self.exclusions);
        // In a strict funnel any other event breaks the run, so all must be seen.
        scope.only_marked = self.rules.order != Order::Strict;
        self.unit.count_in(scope);
        if is_split {
            // A unit that is a group of the type itself has one row: its own.
            let others = self.breakdown.iter().filter(|breakdown| !self.is_unit(breakdown));
            scope.splits.extend(others.filter_map(Breakdown::split));
        }
        scope.readings = self.breakdown.iter().filter_map(Breakdown::reading).collect();
    }

    /// Whether the rows are split by the very groups that are counted.
    pub(super) fn is_unit(&self, breakdown: &Breakdown) -> bool {
        self.unit.is_split_by(breakdown)
    }

    /// Whether rows need a pass of their own: each (unit, group) is walked alone.
    pub(super) fn is_split(&self) -> bool {
        self.breakdown.iter().any(|breakdown| breakdown.split().is_some() && !self.is_unit(breakdown))
    }

    /// For each property read along: whether the first event with a value decides, or step 1's event alone.
    pub(super) fn first_value_decides(&self) -> Vec<bool> {
        let readings = self.breakdown.iter().filter_map(Breakdown::reading);
        readings.map(|reading| *reading.of() == Subject::Event).collect()
    }
}

/// Reads an event's name and what else must hold of it; `place` names the argument that has both.
pub fn parse_condition(
    place: &str,
    event: &str,
    filter: Option<&FilterInput>,
    caller: &Caller,
) -> Result<Condition, Invalid> {
    caller.limits().check_event_name(&format!("{place}.event"), event)?;
    let filter = parse_filter(&format!("{place}.filter"), filter, caller)?;
    Ok(Condition { event: Some(event.to_owned()), filter })
}

fn parse_stretch(place: &str, exclusion: &FunnelExclusionInput, steps: usize) -> Result<Exclusion, Invalid> {
    let index = |field: &str, step: i32| {
        let index =
            usize::try_from(step).ok().and_then(|step| step.checked_sub(1)).filter(|index| *index < steps);
        index.ok_or_else(|| {
            Invalid::new(
                format!("{place}.{field}"),
                format!("is {step}; the steps are counted from 1 to {steps}"),
            )
        })
    };
    let (from_step, to_step) = (index("fromStep", exclusion.from_step)?, index("toStep", exclusion.to_step)?);
    if from_step >= to_step {
        return Err(Invalid::new(format!("{place}.toStep"), "must come after fromStep"));
    }
    Ok(Exclusion { from_step, to_step })
}
