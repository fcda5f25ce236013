//! The arguments that analyses share, from what a customer types to a [`Scope`].
//!
//! What customers read:

#![doc = include_str!("filters.md")]

use super::cohort::known_cohort;
use super::operators::{EventFilter, GroupFilter, ProfileFilter};
use super::scalars::{DateTime, Duration};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::domain::time::{Calendar, Interval, Range, WeekStart, parse_zone};
use crate::engine::cohort::Cohort;
use crate::engine::filter::{Field, Filter, Subject, Test};
use crate::engine::scope::{AsOf, Attribution, Condition, Scope, Users};
use async_graphql::{Enum, ID, InputObject, OneofObject};
use std::sync::Arc;

/// A half-open range of time: an instant exactly at `from` belongs to it, one exactly at `to` does not.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct RangeInput {
    /// The first instant that belongs to the range.
    pub from: DateTime,
    /// The first instant behind the range.
    pub to: DateTime,
}

/// Reads a range given as `range` or as `last`; both or neither is an error.
pub fn parse_range(
    range: Option<RangeInput>,
    last: Option<&Duration>,
    caller: &Caller,
) -> Result<Range, Invalid> {
    match (range, last) {
        (Some(range), None) => Range::new(range.from.0, range.to.0),
        (None, Some(last)) => Range::last(last.parse_as("last")?, caller.now()),
        (Some(_), Some(_)) => Err(Invalid::new("last", "is given together with range; give one of the two")),
        (None, None) => Err(Invalid::new("range", "is missing; give range: {from, to} or last: \"P30D\"")),
    }
}

/// The arguments that every analysis takes.
#[derive(Debug, Clone)]
pub struct Common {
    /// The range, or
    pub range: Option<RangeInput>,
    /// the time before now.
    pub last: Option<Duration>,
    /// What must hold of every event.
    pub filter: Option<FilterInput>,
    /// Which events belong to a group; by default those sent with its id.
    pub attribution: Option<AttributionInput>,
    /// Who counts as a user; by default identified profiles.
    pub users: Option<UsersInput>,
    /// When the properties of groups are read; by default as of the event.
    pub group_properties: Option<GroupPropertiesInput>,
}

impl Common {
    /// The scope that these arguments describe.
    pub fn scope(&self, caller: &Caller) -> Result<Scope, Invalid> {
        let range = parse_range(self.range, self.last.as_ref(), caller)?;
        let mut scope = caller.scope(range);
        scope.filter = parse_filter("filter", self.filter.as_ref(), caller)?;
        scope.attribution = self.attribution.map_or(Attribution::default(), Attribution::from);
        scope.users = self.users.map_or(Users::default(), Users::from);
        scope.as_of = self.group_properties.map_or(AsOf::default(), AsOf::from);
        Ok(scope)
    }
}

/// A calendar unit that time is cut into.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Interval", remote = "Interval")]
pub enum IntervalInput {
    /// One hour of the clock.
    Hour,
    /// One local day.
    Day,
    /// Seven local days.
    Week,
    /// One local calendar month.
    Month,
    /// Three local calendar months, from January, April, July or October.
    Quarter,
    /// One local calendar year.
    Year,
}

/// The day a week begins with.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "WeekStart", remote = "WeekStart")]
pub enum WeekStartInput {
    /// Weeks from Monday to Sunday (ISO 8601).
    Monday,
    /// Weeks from Sunday to Saturday.
    Sunday,
}

/// Which events belong to a group.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Attribution", remote = "Attribution")]
pub enum AttributionInput {
    /// Those that were sent with the group's id.
    Event,
    /// Those of profiles that were members when the event happened, whatever ids it was sent with.
    MembershipAtEvent,
    /// Those of today's members, also from before they joined.
    MembershipNow,
}

/// Who counts as a user.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "Users", remote = "Users")]
pub enum UsersInput {
    /// Identified profiles.
    Identified,
    /// Identified profiles, and the devices of anonymous events.
    All,
}

/// When the properties of a group are read.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "GroupProperties", remote = "AsOf")]
pub enum GroupPropertiesInput {
    /// As they were when the event happened; before a group's first version, as that version has them.
    #[graphql(name = "AS_OF_EVENT")]
    Event,
    /// As they are now.
    Now,
}

/// Reads the three arguments that say how time is cut.
pub fn parse_calendar(
    interval: IntervalInput,
    zone: Option<&str>,
    week_start: Option<WeekStartInput>,
) -> Result<Calendar, Invalid> {
    let zone = parse_zone("timeZone", zone.unwrap_or("UTC"))?;
    let week_start = week_start.map_or(WeekStart::Monday, WeekStart::from);
    Ok(Calendar { interval: interval.into(), zone, week_start })
}

/// The same where time need not be cut; the zone is checked all the same.
pub fn parse_maybe_calendar(
    interval: Option<IntervalInput>,
    zone: Option<&str>,
    week_start: Option<WeekStartInput>,
) -> Result<Option<Calendar>, Invalid> {
    let calendar = parse_calendar(interval.unwrap_or(IntervalInput::Day), zone, week_start)?;
    Ok(interval.map(|_| calendar))
}

/// A condition on events: a test, or a combination of conditions. Exactly one field is given.
#[derive(Debug, Clone, OneofObject)]
pub enum FilterInput {
    /// All of these hold.
    And(Vec<FilterInput>),
    /// At least one of these holds.
    Or(Vec<FilterInput>),
    /// This does not hold.
    Not(Box<FilterInput>),
    /// A test on the event.
    Event(EventFilter),
    /// A test on the event's profile.
    Profile(ProfileFilter),
    /// A test on the event's groups of a type.
    Group(GroupFilter),
    /// A test on the event's profile or groups: whether they are in a cohort.
    Cohort(CohortFilter),
}

/// Whether the event's profile, or a group of the cohort's type on the event, is in a cohort. Where the analysis
/// counts or splits by that type, that group alone is looked at.
#[derive(Debug, Clone, InputObject)]
pub struct CohortFilter {
    /// The cohort's id.
    pub id: ID,
}

/// Tests in one filter, at most.
const MOST_TESTS: usize = 200;

/// Reads a filter; `place` names the argument in complaints.
pub fn parse_filter(
    place: &str,
    input: Option<&FilterInput>,
    caller: &Caller,
) -> Result<Option<Filter>, Invalid> {
    let cohort = |place: &str, id: &str| known_cohort(place, id, caller);
    input.map(|input| checked_filter(place, input, &cohort)).transpose()
}

/// Reads a filter inside a cohort's rule: it names no cohort.
pub(super) fn parse_own_filter(place: &str, input: Option<&FilterInput>) -> Result<Option<Filter>, Invalid> {
    let cohort =
        |place: &str, _: &str| Err(Invalid::new(place, "names a cohort; cohorts do not refer to each other"));
    input.map(|input| checked_filter(place, input, &cohort)).transpose()
}

type FindCohort<'f> = &'f dyn Fn(&str, &str) -> Result<Arc<Cohort>, Invalid>;

fn checked_filter(place: &str, input: &FilterInput, cohort: FindCohort<'_>) -> Result<Filter, Invalid> {
    let filter = parse_part(place, input, cohort)?;
    let (mut tests, mut cohorts) = (Vec::new(), Vec::new());
    filter.tests(&mut tests);
    filter.cohorts(&mut cohorts);
    let tests = tests.len() + cohorts.len();
    if tests > MOST_TESTS {
        return Err(Invalid::new(place, format!("has {tests} tests; {MOST_TESTS} at most are allowed")));
    }
    Ok(filter)
}

fn parse_part(place: &str, input: &FilterInput, cohort: FindCohort<'_>) -> Result<Filter, Invalid> {
    let parts = |word: &str, inputs: &[FilterInput]| {
        let each = inputs.iter().enumerate();
        each.map(|(i, input)| parse_part(&format!("{place}.{word}[{i}]"), input, cohort))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match input {
        FilterInput::And(inputs) => Filter::And(parts("and", inputs)?),
        FilterInput::Or(inputs) => Filter::Or(parts("or", inputs)?),
        FilterInput::Not(input) => Filter::Not(Box::new(parse_part(&format!("{place}.not"), input, cohort)?)),
        FilterInput::Event(test) => {
            let place = format!("{place}.event");
            let key = test.key(&place, test.field.map(Field::from), "field")?;
            Filter::Test(Test { of: Subject::Event, key, operator: test.operator(&place)? })
        }
        FilterInput::Profile(test) => {
            let place = format!("{place}.profile");
            let key = test.key(&place, test.field.map(Field::from), "field")?;
            Filter::Test(Test { of: Subject::Profile, key, operator: test.operator(&place)? })
        }
        FilterInput::Group(test) => {
            let place = format!("{place}.group");
            let key = test.key(&place, test.field.map(Field::from), "field")?;
            Filter::Test(Test {
                of: Subject::Group(test.r#type.clone()),
                key,
                operator: test.operator(&place)?,
            })
        }
        FilterInput::Cohort(input) => Filter::Cohort(cohort(&format!("{place}.cohort.id"), &input.id)?),
    })
}

/// Reads only events of a name, where one is given: the same as a filter on it that holds as well.
pub fn only_named(scope: &mut Scope, event: Option<String>, limits: &Limits) -> Result<(), Invalid> {
    let Some(event) = event else { return Ok(()) };
    limits.check_event_name("event", &event)?;
    scope.steps = vec![Condition { event: Some(event), filter: None }];
    scope.only_marked = true;
    Ok(())
}

/// Checks how many rows are asked for: 1 to `limits.rows`.
pub fn parse_first(first: Option<i32>, default: usize, limits: &Limits) -> Result<usize, Invalid> {
    let Some(first) = first else { return Ok(default) };
    match usize::try_from(first) {
        Ok(first) if (1..=limits.rows).contains(&first) => Ok(first),
        _ => Err(Invalid::new("first", format!("is {first}; ask for 1 to {} rows", limits.rows))),
    }
}

/// Checks a group type: not empty, no longer than an id.
pub fn parse_group_type(field: &str, group_type: &str, limits: &Limits) -> Result<String, Invalid> {
    limits.check_id(field, group_type)?;
    Ok(group_type.to_owned())
}
