//! Which steps a group has done, when and by whom, and what is next.
//!
//! Each step is looked up on its own: the first of the group's events in the range that matches it, by time, then by
//! arrival. The order of the steps is not enforced, it is shown: `position` numbers the done steps by the time they
//! were first done, of equals the step given earlier first. `next` is the first step in the given order that is not
//! done. A step given twice shows the same event twice. A filter on the group's own type tests this group alone.
//!
//! The id need not have an entity. Of a deleted group no step is done, and `hint` says so; it also tells when nothing
//! was ever sent under the id.
//!
//! What customers read:

#![doc = include_str!("journey.md")]

use super::count::int;
use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput};
use super::flat::{FlatCommon, own_argument, parse_list};
use super::funnel::{FunnelStepInput, parse_condition};
use super::hint;
use super::scalars::{Date, DateTime, Duration};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::scope::{Condition, Scope, Split};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use crate::graphql::group_query::{Sighting, sighting};
use crate::graphql::known_group::KnownGroups;
use crate::graphql::profile::Profile;
use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use std::collections::HashMap;

/// Which steps a group has done.
#[derive(Debug, Clone, SimpleObject)]
pub struct Journey {
    /// The group.
    pub group: Group,
    /// The steps, in the given order.
    pub steps: Vec<JourneyStep>,
    /// How many steps are done.
    pub done: i32,
    /// The first step that is not done; null when all are.
    pub next: Option<JourneyStep>,
    /// Why the answer may be empty: the group was deleted, nothing is known of the id, an event name or a property that
    /// nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    pub hint: Option<String>,
}

/// One step of a group's journey.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(complex)]
pub struct JourneyStep {
    /// The step, counted from 1.
    pub step: i32,
    /// Name of the step's event.
    pub event: String,
    /// Whether it was done in the range.
    pub is_done: bool,
    /// When it was first done in the range; null when it was not.
    pub first_at: Option<DateTime>,
    /// Id of the user who did it first; null for nobody and when it was not done.
    pub profile_id: Option<ID>,
    /// How often it was done in the range.
    pub events: i32,
    /// Its place among the done steps by the time it was first done, from 1; null when it was not done.
    pub position: Option<i32>,
}

#[ComplexObject]
impl JourneyStep {
    /// The user who did it first; null for nobody and when it was not done.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>, Failure> {
        match &self.profile_id {
            Some(id) => Profile::selected(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }
}

/// One step of a group's journey, flat.
#[derive(Debug, Clone, SimpleObject)]
pub struct JourneyTableRow {
    /// The step, counted from 1.
    pub step: i32,
    /// Name of the step's event.
    pub event: String,
    /// Whether it was done in the range.
    pub is_done: bool,
    /// Whether it is the first step that was not done.
    pub is_next: bool,
    /// When it was first done in the range.
    pub first_at: Option<DateTime>,
    /// Id of the user who did it first.
    pub profile_id: Option<String>,
    /// How often it was done in the range.
    pub events: i32,
    /// Its place among the done steps by time, from 1.
    pub position: Option<i32>,
}

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct JourneyQuery;

#[Object]
impl JourneyQuery {
    /// Which steps a group has done, when and by whom, and what is next.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn journey(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] group_id: ID,
        #[graphql(desc = "The steps, 1 to 32.")] steps: Vec<FunnelStepInput>,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
    ) -> Result<Journey, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let common = Common { range, last, filter, attribution, users: None, group_properties };
        let scope = scope(common.scope(caller)?, &group_id, &steps, caller)?;
        answer(ctx, group_id.0, scope).await
    }

    /// A group's journey as a flat table for BI tools: one row per step.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn journey_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] group_id: String,
        #[graphql(desc = "Names of the steps' events, separated by commas; `\\,` is a comma in a name.")]
        steps: String,
        #[graphql(desc = "The first local day.")] from: Option<Date>,
        #[graphql(desc = "The local day behind the last.")] to: Option<Date>,
        #[graphql(desc = "The time before now, such as P30D, unless the two days are given.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "IANA name of the zone of the days.", default_with = "Some(\"UTC\".to_owned())")]
        time_zone: Option<String>,
        #[graphql(name = "where", desc = "The filter, as the JSON text of a FilterInput.")] filter: Option<
            String,
        >,
        #[graphql(desc = "EVENT, MEMBERSHIP_AT_EVENT or MEMBERSHIP_NOW.")] attribution: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
    ) -> Result<Vec<JourneyTableRow>, Failure> {
        let caller = ctx.caller()?;
        let common =
            FlatCommon { from, to, last, time_zone, filter, attribution, users: None, group_properties }
                .read()?;
        let steps = parse_list("steps", &steps)?;
        let steps: Vec<_> = steps.into_iter().map(|event| FunnelStepInput { event, filter: None }).collect();
        let scope = common.scope(caller).and_then(|whole| scope(whole, &group_id, &steps, caller));
        let Journey { steps, next, .. } = answer(ctx, group_id, scope.map_err(own_argument)?).await?;
        let next = next.map(|next| next.step);
        let flat = |step: JourneyStep| JourneyTableRow {
            step: step.step,
            event: step.event,
            is_done: step.is_done,
            is_next: next == Some(step.step),
            first_at: step.first_at,
            profile_id: step.profile_id.map(|id| id.0),
            events: step.events,
            position: step.position,
        };
        Ok(steps.into_iter().map(flat).collect())
    }
}

/// The group's events that do a step, once the arguments are checked.
fn scope(
    mut scope: Scope,
    group_id: &str,
    steps: &[FunnelStepInput],
    caller: &Caller,
) -> Result<Scope, Invalid> {
    let limits = caller.limits();
    limits.check_id("groupId", group_id)?;
    let most = limits.funnel_steps.min(32);
    if !(1..=most).contains(&steps.len()) {
        let reason = format!("lists {} steps; a journey has 1 to {most}", steps.len());
        return Err(Invalid::new("steps", reason));
    }
    let condition = |(place, step): (usize, &FunnelStepInput)| {
        parse_condition(&format!("steps[{place}]"), &step.event, step.filter.as_ref(), caller)
    };
    scope.steps = steps.iter().enumerate().map(condition).collect::<Result<_, _>>()?;
    scope.only_marked = true;
    scope.splits = vec![Split::Ids(vec![group_id.to_owned()])];
    Ok(scope)
}

async fn answer(ctx: &Context<'_>, group_id: String, mut scope: Scope) -> Result<Journey, Failure> {
    let caller = ctx.caller()?;
    let known = ctx.loaders()?.of_group(&group_id, KnownGroups).await?;
    let seen = match &known {
        Some(known) => {
            let (group_type, id) = (known.group_type.clone(), group_id.clone());
            scope.splits = vec![Split::One { group_type, id }];
            Sighting::Seen
        }
        None => sighting(caller, &group_id).await?,
    };
    let hint = match seen {
        Sighting::Seen if ctx.look_ahead().field("hint").exists() => {
            hint::hint(ctx, &scope, &[], None).await?
        }
        Sighting::Seen => None,
        Sighting::Deleted => Some("the group was deleted; its events are no longer its own".to_owned()),
        Sighting::Never => Some("nothing was ever sent under this id".to_owned()),
    };
    let firsts = if seen == Sighting::Seen { firsts(ctx, &scope).await? } else { HashMap::new() };
    let steps = numbered(&scope.steps, &firsts)?;
    Ok(Journey {
        group: Group::known(group_id, known),
        done: int("done", firsts.len())?,
        next: steps.iter().find(|step| !step.is_done).cloned(),
        steps,
        hint,
    })
}

/// How a step was done.
struct First {
    at: chrono::DateTime<chrono::Utc>,
    profile_id: Option<String>,
    events: i64,
}

/// The steps that were done, by their place.
async fn firsts(ctx: &Context<'_>, scope: &Scope) -> Result<HashMap<usize, First>, Failure> {
    let steps = i64::try_from(scope.steps.len()).unwrap_or(i64::MAX);
    let question = Question::new("journey", include_str!("journey.sql")).with("steps", steps);
    let mut firsts = HashMap::new();
    for batch in &ctx.caller()?.run(scope, question).await? {
        let (steps, events) = (columns::integers(batch, "step")?, columns::integers(batch, "events")?);
        let (instants, ids) = (columns::instants(batch, "first_at")?, columns::texts(batch, "profile_id")?);
        for row in 0..batch.num_rows() {
            let first = First {
                at: columns::instant(instants, row).unwrap_or_default(),
                profile_id: columns::text(ids, row),
                events: events.value(row),
            };
            firsts.insert(usize::try_from(steps.value(row)).unwrap_or(usize::MAX), first);
        }
    }
    Ok(firsts)
}

/// Every step in the given order, the done ones with their place in time.
fn numbered(steps: &[Condition], firsts: &HashMap<usize, First>) -> Result<Vec<JourneyStep>, Failure> {
    let mut order: Vec<usize> = firsts.keys().copied().collect();
    order.sort_unstable_by_key(|step| (firsts[step].at, *step));
    let step = |(place, condition): (usize, &Condition)| {
        let first = firsts.get(&place);
        let position = order.iter().position(|step| *step == place);
        Ok(JourneyStep {
            step: int("step", place + 1)?,
            event: condition.event.clone().unwrap_or_default(),
            is_done: first.is_some(),
            first_at: first.map(|first| DateTime(first.at)),
            profile_id: first.and_then(|first| first.profile_id.clone()).map(ID),
            events: int("events", first.map_or(0, |first| first.events))?,
            position: position.map(|position| int("position", position + 1)).transpose()?,
        })
    };
    steps.iter().enumerate().map(step).collect()
}
