//! The most common events after, or before, an event.
//!
//! A unit's events in the range that pass the filter, by time, then by arrival; a run of events of one name is one
//! stop. An occurrence is every stop of the asked name; its path is the next (or the previous) `length` stops.
//! Nodes are what paths share from the occurrence on; node 0 is the event itself. Of a node's children the `top`
//! most frequent (occurrences descending, then name) are kept; the rest is one child, "other", which has none.
//! `ended` are the occurrences whose path ends at a node because the unit has no further stop; it is 0 at the depth
//! `length` and for "other". Nodes are numbered depth first: a node, then its children in order, "other" last. An
//! event of several groups belongs to each of them.
//!
//! What customers read:

#![doc = include_str!("paths.md")]

mod theirs;
mod tree;

pub use tree::PathNode;

use super::filter::{AttributionInput, Common, FilterInput, GroupPropertiesInput, RangeInput, UsersInput};
use super::flat::{FlatCommon, own_argument, parse_unit, parse_word};
use super::hint::hint;
use super::keys::event_names;
use super::scalars::{Date, Duration};
use super::unit::{Counted, UnitInput};
use crate::analytics::count::int;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::Question;
use crate::engine::scope::source::Source;
use crate::engine::scope::{Condition, Reads, Scope};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Enum, Object, SimpleObject};
use theirs::Theirs;
use tokio::sync::OnceCell;
use tree::{Shape, Trails, Tree};

/// Which way paths are followed.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum PathDirection {
    /// What came after the event.
    After,
    /// What came before the event.
    Before,
}

/// The words for directions.
const DIRECTIONS: [(&str, PathDirection); 2] =
    [("AFTER", PathDirection::After), ("BEFORE", PathDirection::Before)];

/// The whole.
#[derive(Debug, Clone, SimpleObject)]
pub struct PathsTotals {
    /// How often the event happened, a run of repeats once.
    pub occurrences: i32,
    /// Distinct units it happened in.
    pub units: i32,
}

/// The arguments of both forms.
#[derive(Debug)]
struct PathsInput {
    event: String,
    direction: PathDirection,
    length: i32,
    top: i32,
    unit: UnitInput,
    common: Common,
}

/// The paths from, or to, an event.
#[derive(Debug)]
pub struct Paths {
    event: String,
    shape: Shape,
    unit: Counted,
    scope: Scope,
    tree: OnceCell<Tree>,
}

/// The fields of this analysis in the schema.
#[derive(Debug, Default)]
pub struct PathsQuery;

#[Object]
impl PathsQuery {
    /// The most common events after, or before, an event.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn paths(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the event.")] event: String,
        #[graphql(desc = "Which way paths are followed.", default_with = "Some(PathDirection::After)")]
        direction: Option<PathDirection>,
        #[graphql(desc = "How many stops, 1 to 10.", default_with = "Some(3)")] length: Option<i32>,
        #[graphql(
            desc = "How many children a node keeps, 1 to 50; the rest is one child.",
            default_with = "Some(5)"
        )]
        top: Option<i32>,
        #[graphql(
            desc = "Whose events make a path: a profile's, a session's or a group's.",
            default_with = "Some(UnitInput::default())"
        )]
        unit: Option<UnitInput>,
        #[graphql(desc = "The range of time. Either this or `last`.")] range: Option<RangeInput>,
        #[graphql(
            desc = "The time up to now instead of a range: `P30D`, `PT6H` (ISO 8601). A day of it is 24 hours."
        )]
        last: Option<Duration>,
        #[graphql(desc = "What must hold of every event.")] filter: Option<FilterInput>,
        #[graphql(desc = "Which events belong to a group.", default_with = "Some(AttributionInput::Event)")]
        attribution: Option<AttributionInput>,
        #[graphql(desc = "Who counts as a user.", default_with = "Some(UsersInput::Identified)")]
        users: Option<UsersInput>,
        #[graphql(
            desc = "When the properties of groups are read.",
            default_with = "Some(GroupPropertiesInput::Event)"
        )]
        group_properties: Option<GroupPropertiesInput>,
    ) -> Result<Paths, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let input = PathsInput {
            event,
            direction: direction.unwrap_or(PathDirection::After),
            length: length.unwrap_or(3),
            top: top.unwrap_or(5),
            unit: unit.unwrap_or_default(),
            common: Common { range, last, filter, attribution, users, group_properties },
        };
        Ok(Paths::new(caller, input)?)
    }

    /// Paths as a flat table for BI tools: one row per node.
    #[expect(clippy::too_many_arguments, reason = "they are the named arguments of a field")]
    async fn paths_table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the event.")] event: String,
        #[graphql(desc = "AFTER or BEFORE; AFTER unless given.")] direction: Option<String>,
        #[graphql(desc = "How many stops, 1 to 10.", default_with = "Some(3)")] length: Option<i32>,
        #[graphql(desc = "How many children a node keeps, 1 to 50.", default_with = "Some(5)")] top: Option<
            i32,
        >,
        #[graphql(desc = "PROFILE, SESSION or GROUP.")] unit: Option<String>,
        #[graphql(desc = "The type of the groups when the unit is GROUP.")] unit_group_type: Option<String>,
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
        #[graphql(desc = "IDENTIFIED or ALL.")] users: Option<String>,
        #[graphql(desc = "AS_OF_EVENT or NOW; AS_OF_EVENT unless given.")] group_properties: Option<String>,
    ) -> Result<Vec<PathNode>, Failure> {
        let caller = ctx.caller()?;
        let input = PathsInput {
            event,
            direction: parse_word("direction", direction.as_deref(), &DIRECTIONS)?
                .unwrap_or(PathDirection::After),
            length: length.unwrap_or(3),
            top: top.unwrap_or(5),
            unit: parse_unit(unit.as_deref(), unit_group_type)?,
            common: FlatCommon { from, to, last, time_zone, filter, attribution, users, group_properties }
                .read()?,
        };
        let paths = Paths::new(caller, input).map_err(own_argument)?;
        Ok(paths.tree(ctx).await?.nodes.clone())
    }
}

/// What was done after, or before, an event. The server tells at `/docs/paths` what exactly is counted, with an example.
#[Object]
impl Paths {
    /// Always false: an event may be in the paths of several groups, and in several paths.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The whole.
    async fn totals(&self, ctx: &Context<'_>) -> Result<PathsTotals, Failure> {
        let tree = self.tree(ctx).await?;
        let root = tree.nodes.first();
        Ok(PathsTotals {
            occurrences: root.map_or(0, |root| root.occurrences),
            units: root.map_or(0, |root| root.units),
        })
    }

    /// The tree of paths, depth first: a node, then its children, most occurrences first, "other" last. Empty when the event never happened.
    async fn nodes(&self, ctx: &Context<'_>) -> Result<&[PathNode], Failure> {
        Ok(&self.tree(ctx).await?.nodes)
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        let scope = Scope { steps: vec![self.named()], ..self.scope.clone() };
        hint(ctx, &scope, &[], self.unit.group_type()).await
    }
}

impl Paths {
    fn new(caller: &Caller, input: PathsInput) -> Result<Self, Invalid> {
        let limits = caller.limits();
        limits.check_event_name("event", &input.event)?;
        let within = |name: &str, given: i32, most: usize| {
            let number = usize::try_from(given).ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| Invalid::new(name, format!("is {given}; give 1 to {most}")))
        };
        let shape = Shape {
            length: within("length", input.length, 10)?,
            top: within("top", input.top, 50)?,
            backward: input.direction == PathDirection::Before,
        };
        let unit = Counted::parse(&input.unit, limits)?;
        let mut scope = input.common.scope(caller)?;
        unit.count_in(&mut scope);
        Ok(Self { event: input.event, shape, unit, scope, tree: OnceCell::new() })
    }

    async fn tree(&self, ctx: &Context<'_>) -> Result<&Tree, Failure> {
        self.tree.get_or_try_init(|| self.grow(ctx)).await
    }

    /// The condition that an event is of the name asked for.
    fn named(&self) -> Condition {
        Condition { event: Some(self.event.clone()), filter: None }
    }

    /// What the units did that the event happened in, where units are keys.
    async fn theirs(&self, ctx: &Context<'_>) -> Result<Theirs, Failure> {
        let caller = ctx.caller()?;
        let scope = Scope { steps: vec![self.named()], only_marked: true, ..self.scope.clone() };
        let question = Question::new("paths.units", include_str!("units.sql"));
        let mut theirs = Theirs::default();
        let units = caller.run_unlimited(&scope, question).await?;
        units.iter().try_for_each(|batch| theirs.add_units(batch))?;
        if theirs.is_empty() {
            return Ok(theirs);
        }
        let question = Question::new("paths", include_str!("events.sql"));
        let theirs = caller.fold(&self.scope, question, theirs, |theirs, batch| theirs.add(&batch)).await?;
        Ok(theirs.done()?)
    }

    async fn grow(&self, ctx: &Context<'_>) -> Result<Tree, Failure> {
        let caller = ctx.caller()?;
        let trails = if self.scope.source(Reads::Keys, false) == Source::Events {
            let question =
                Question::new("paths", include_str!("paths.sql")).with("event", self.event.clone());
            Trails::read(&caller.run_unlimited(&self.scope, question).await?, self.shape)?
        } else {
            let theirs = self.theirs(ctx).await?;
            Trails::of(&theirs.places, &theirs.events, self.shape)
        };
        let names = event_names(ctx, &self.scope, &trails.names()).await?;
        let shape = self.shape;
        // The walk may take long; it must not hold up other requests.
        let grown = tokio::task::spawn_blocking(move || trails.grow(shape, &names));
        grown.await.map_err(Failure::internal)?
    }
}
