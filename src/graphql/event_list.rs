//! Look-ups of events: one by its id, or a page of a list, newest first.

use super::context::ContextExt;
use super::event::{Event, EventConnection};
use super::page::PageSpec;
use crate::analytics::count::int;
use crate::analytics::filter::{FilterInput, RangeInput, parse_filter, parse_range};
use crate::analytics::scalars::Duration;
use crate::caller::Caller;
use crate::domain::time::Range;
use crate::engine::scope::{Reads, Scope};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use async_graphql::{Context, ID, Object};
use chrono::DateTime;

/// Look-ups of events.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventQuery;

#[Object]
impl EventQuery {
    /// The event with an id, or null when there is none.
    async fn event(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Event>, Failure> {
        find_event(ctx.caller()?, &id).await
    }

    /// Events, newest first; those of one instant in reverse order of arrival. Over all time unless `range` or
    /// `last` is given.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)", desc = "How many events, 1 to 1000.")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(desc = "Only events that are tagged with this group.")] group_id: Option<ID>,
        #[graphql(desc = "Only events of this profile.")] profile_id: Option<ID>,
        #[graphql(desc = "Only events of this name.")] name: Option<String>,
        #[graphql(desc = "Only events that happened in this range.")] range: Option<RangeInput>,
        #[graphql(desc = "Only events of the last while, up to now: `P30D`. Not together with range.")] last: Option<
            Duration,
        >,
        #[graphql(desc = "What else must hold of an event.")] filter: Option<FilterInput>,
    ) -> Result<Option<EventConnection>, Failure> {
        let caller = ctx.caller()?;
        let page = PageSpec::parse(first.unwrap_or(50), after.as_deref(), 2, caller.limits())?;
        ctx.loaders()?.budget().charge("events", "first", page.first)?;
        let mut scope = match (range, &last) {
            (None, None) => caller.scope_ever()?,
            _ => caller.scope(parse_range(range, last.as_ref(), caller)?),
        };
        scope.filter = parse_filter("filter", filter.as_ref(), caller)?;
        let choice = Choice {
            id: None,
            name,
            profile_id: profile_id.map(|id| id.0),
            group_id: group_id.map(|id| id.0),
        };
        let total = if ctx.look_ahead().field("totalCount").exists() {
            int("totalCount", choice.count(caller, &scope).await?)?
        } else {
            0
        };
        let behind = Event::keys_behind(&page)?;
        let events = choice.list(caller, scope, page.first + 1, behind).await?;
        Ok(Some(Event::connection(events, &page, total)))
    }
}

/// What must be met by an event exactly.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    /// Its id.
    pub(super) id: Option<String>,
    /// Its name.
    pub(super) name: Option<String>,
    /// Who did it.
    pub(super) profile_id: Option<String>,
    /// A group it is tagged with.
    pub(super) group_id: Option<String>,
}

impl Choice {
    /// The newest events of a scope behind a cursor, to `first` of them.
    pub(super) async fn list(
        self,
        caller: &Caller,
        mut scope: Scope,
        first: usize,
        behind: Option<(i64, u64)>,
    ) -> Result<Vec<(u64, Event)>, Failure> {
        if let Some(range) = behind.and_then(|(at, _)| up_to(scope.range, at)) {
            scope.range = range;
        }
        let mut events = Vec::new();
        for part in caller.parts(&scope) {
            scope.range = part;
            let missing = first - events.len();
            let question = self
                .clone()
                .ask(Question::new("events", include_str!("events.sql")).reading(Reads::Events))
                .with("first", Value::BigInt(i64::try_from(missing).unwrap_or(i64::MAX)))
                .with("after_at", behind.map(|(at, _)| Value::BigInt(at)))
                .with("after_seq", behind.map(|(_, seq)| Value::UBigInt(seq)));
            for batch in &caller.run_unlimited(&scope, question).await? {
                events.extend(Event::decode(batch)?);
            }
            if events.len() >= first {
                break;
            }
        }
        Ok(events)
    }

    /// The events of a scope in the order in which they were stored, to `first` of them.
    pub(super) async fn list_new(
        self,
        caller: &Caller,
        scope: Scope,
        first: usize,
    ) -> Result<Vec<(u64, Event)>, Failure> {
        let question = self
            .ask(Question::new("new_events", include_str!("new_events.sql")).reading(Reads::Events))
            .with("first", Value::BigInt(i64::try_from(first).unwrap_or(i64::MAX)));
        let mut events = Vec::new();
        for batch in &caller.run_unlimited(&scope, question).await? {
            events.extend(Event::decode(batch)?);
        }
        Ok(events)
    }

    /// How many events of a scope there are.
    async fn count(&self, caller: &Caller, scope: &Scope) -> Result<i64, Failure> {
        let (mut scope, mut total) = (scope.clone(), 0);
        for part in caller.parts(&scope) {
            scope.range = part;
            let question = self
                .clone()
                .ask(Question::new("events_total", include_str!("events_total.sql")).reading(Reads::Events));
            let batches = caller.run(&scope, question).await?;
            let counts = batches.iter().filter(|batch| batch.num_rows() > 0);
            let counts = counts.map(|batch| arrow::integers(batch, "events").map(|events| events.value(0)));
            total += counts.sum::<Result<i64, _>>()?;
        }
        Ok(total)
    }

    fn ask(self, question: Question) -> Question {
        question
            .with("id", self.id)
            .with("name", self.name)
            .with("profile_id", self.profile_id)
            .with("group_id", self.group_id)
    }
}

/// The part of a range up to and with an instant; `None` when the instant lies outside, where it cuts nothing off.
fn up_to(range: Range, micros: i64) -> Option<Range> {
    let end = DateTime::from_timestamp_micros(micros.checked_add(1)?)?;
    Range::new(range.from(), end.min(range.to())).ok()
}

/// The event with an id, if there is one.
pub(super) async fn find_event(caller: &Caller, id: &str) -> Result<Option<Event>, Failure> {
    let choice = Choice { id: Some(id.to_owned()), ..Choice::default() };
    let events = choice.list(caller, caller.scope_ever()?, 1, None).await?;
    Ok(events.into_iter().next().map(|(_, event)| event))
}
