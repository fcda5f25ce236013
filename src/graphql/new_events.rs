//! Events as they are stored: what a subscription tells, page by page, in order of arrival.
//!
//! They are read from the store like every other list of events, behind the last row that was told. So nothing waits in
//! memory for a slow reader, nothing is left out, and who comes back with the last cursor goes on where it stopped.

use super::context::ContextExt;
use super::event::Event;
use super::event_list::Choice;
use super::page::{decode_cursor, encode_cursor};
use crate::analytics::filter::{FilterInput, parse_filter};
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::{Arc, Mutex, PoisonError};

/// The name of the field in the schema.
pub const FIELD: &str = "newEvents";

/// How far a subscription has told what is stored.
#[derive(Debug, Default)]
pub struct Told(Mutex<Progress>);

#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// The number of the last row that is told; none before the first message.
    row: Option<u64>,
    /// Whether the last message held events.
    has_events: bool,
    /// Whether there was more than it holds.
    is_behind: bool,
}

impl Told {
    /// Whether there is more to tell at once.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.get().is_behind
    }

    /// Whether the last message held events.
    #[must_use]
    pub fn has_events(&self) -> bool {
        self.get().has_events
    }

    fn get(&self) -> Progress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

/// Events that were stored.
#[derive(Debug, SimpleObject)]
pub struct NewEvents {
    /// The events, in the order in which they were stored.
    pub events: Vec<Event>,
    /// Give it as `after` when you subscribe again, and no event is left out or told twice.
    pub cursor: String,
}

/// Events as they are stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewEventsQuery;

#[Object]
impl NewEventsQuery {
    /// Events as they are stored, whenever they happened: those that `events` lists, from the moment of subscribing on
    /// or behind a cursor. One message holds what was stored since the one before; the first one comes at once and tells
    /// from where on.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn new_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events that are tagged with this group.")] group_id: Option<ID>,
        #[graphql(desc = "Only events of this profile.")] profile_id: Option<ID>,
        #[graphql(desc = "Only events of this name.")] name: Option<String>,
        #[graphql(desc = "What else must hold of an event.")] filter: Option<FilterInput>,
        #[graphql(
            desc = "How many events one message holds at most, 1 to 1000.",
            default_with = "Some(100)"
        )]
        first: Option<i32>,
        #[graphql(desc = "The cursor of the last message, to go on behind it.")] after: Option<String>,
    ) -> Result<NewEvents, Failure> {
        let caller = ctx.caller()?;
        let told = ctx.data_opt::<Arc<Told>>().ok_or_else(not_subscribed)?;
        let first = within(first.unwrap_or(100), caller.limits().page)?;
        ctx.loaders()?.budget().charge(FIELD, "first", first)?;
        let mut scope = caller.scope_ever()?;
        let last = scope.snapshot.visible_seq;
        let row = match (told.get().row, after) {
            (Some(row), _) => row,
            (None, Some(after)) => row_of(&after)?.min(last),
            (None, None) => last,
        };
        scope.stored_after = row;
        scope.filter = parse_filter("filter", filter.as_ref(), caller)?;
        let choice = Choice {
            id: None,
            name,
            profile_id: profile_id.map(|id| id.0),
            group_id: group_id.map(|id| id.0),
        };
        let events = choice.list_new(caller, scope, first).await?;
        let is_behind = events.len() == first;
        let reached = events.last().filter(|_| is_behind).map_or(last, |(row, _)| *row);
        told.set(Progress { row: Some(reached), has_events: !events.is_empty(), is_behind });
        let events = events.into_iter().map(|(_, event)| event).collect();
        Ok(NewEvents { events, cursor: encode_cursor(&[reached.into()]) })
    }
}

/// How many events one message holds.
fn within(first: i32, most: usize) -> Result<usize, Invalid> {
    let count = usize::try_from(first).ok().filter(|first| (1..=most).contains(first));
    count.ok_or_else(|| Invalid::new("first", format!("is {first}; ask for 1 to {most} events in a message")))
}

fn row_of(cursor: &str) -> Result<u64, Invalid> {
    let keys = decode_cursor(cursor, 1).ok();
    let row = keys.and_then(|keys| keys.first().and_then(serde_json::Value::as_u64));
    row.ok_or_else(|| Invalid::new("after", "is no cursor of newEvents; give the cursor of its last message"))
}

fn not_subscribed() -> Failure {
    Failure::new(Kind::BadInput, "new events are told to those who subscribe")
}
