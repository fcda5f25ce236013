//! `track` and `trackBatch`: events on their way in.

use super::context::ContextExt;
use super::event::Event;
use super::event_list::find_event;
use super::inputs::{check_properties, check_time, refuse_unreadable, unexpected_answer};
use crate::analytics::count::int;
use crate::analytics::scalars::{DateTime, Json};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::accept::check_revenue;
use crate::domain::event::{self, NewEvent, SessionRule};
use crate::domain::time::new_id;
use crate::domain::write::{Write, Written};
use crate::error::Failure;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// An event to store.
#[derive(Debug, Clone, InputObject)]
pub struct TrackInput {
    /// What happened, 1 to 80 characters.
    pub name: String,
    /// Your id for the event. The first event with an id is kept, later ones are duplicates. Made when left out;
    /// two equal events without an id are two events.
    pub id: Option<ID>,
    /// The user who did it; leave it out for an anonymous event.
    pub profile_id: Option<ID>,
    /// Ids of the groups it belongs to, 100 at most. Repeats are dropped, the order is kept.
    #[graphql(default)]
    pub groups: Vec<ID>,
    /// Everything else, a JSON object.
    pub properties: Option<Json>,
    /// Path of the page or screen.
    pub path: Option<String>,
    /// The device it happened on.
    pub device_id: Option<ID>,
    /// The session it belongs to. Without one it is in no session.
    pub session_id: Option<ID>,
    /// Revenue in integer minor units, such as cents.
    pub revenue: Option<i32>,
    /// When it happened; now unless given. Not more than 24 hours ahead.
    pub occurred_at: Option<DateTime>,
    /// Whether the groups that the profile belonged to when it happened are added to `groups`.
    #[graphql(default = true)]
    pub attach_memberships: bool,
}

/// Events to store.
#[derive(Debug, Clone, InputObject)]
pub struct TrackBatchInput {
    /// The events, 10,000 at most, in the order in which they are to arrive.
    pub events: Vec<TrackInput>,
}

/// What became of an event.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "TrackOutcome", remote = "event::Outcome")]
pub enum TrackOutcome {
    /// It was stored, durably.
    Accepted,
    /// An event with its id was stored before; that one stands.
    Duplicate,
}

/// What became of a `track`.
#[derive(Debug, Clone)]
pub struct TrackPayload {
    outcome: TrackOutcome,
    event: event::Event,
}

/// What became of a `track`.
#[Object]
impl TrackPayload {
    /// Whether it was stored.
    async fn outcome(&self) -> TrackOutcome {
        self.outcome
    }

    /// The event as it is stored. For a duplicate: the one that was stored first.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<Event>, Failure> {
        match self.outcome {
            TrackOutcome::Accepted => Ok(Some(Event(self.event.clone()))),
            TrackOutcome::Duplicate => find_event(ctx.caller()?, &self.event.id).await,
        }
    }
}

/// What became of a `trackBatch`.
#[derive(Debug, Clone, SimpleObject)]
pub struct TrackBatchPayload {
    /// How many events were stored.
    pub accepted: i32,
    /// How many had an id that was stored before, or that stands earlier in the batch.
    pub duplicates: i32,
    /// The events that cannot be stored; all others are.
    pub rejected: Vec<RejectedEvent>,
}

/// An event that cannot be stored.
#[derive(Debug, Clone, SimpleObject)]
pub struct RejectedEvent {
    /// Its place in the batch, the first being 0.
    pub index: i32,
    /// The field that is wrong.
    pub field: String,
    /// What is wrong with it and what to change.
    pub reason: String,
}

/// Events on their way in.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrackMutation;

#[Object]
impl TrackMutation {
    /// Stores an event. It is durable when this answers.
    async fn track(&self, ctx: &Context<'_>, input: TrackInput) -> Result<TrackPayload, Failure> {
        let sent = [
            "name",
            "profileId",
            "profile",
            "deviceId",
            "sessionId",
            "groups",
            "path",
            "properties",
            "revenue",
            "occurredAt",
            "receivedAt",
        ];
        refuse_unreadable(ctx, "event", &sent)?;
        let caller = ctx.caller()?;
        let new = parse(input, caller).map_err(|invalid| invalid.within("input"))?;
        match caller.write(vec![Write::Track(Box::new(new))]).await?.pop() {
            Some(Written::Event { outcome, event }) => {
                Ok(TrackPayload { outcome: outcome.into(), event: Arc::unwrap_or_clone(event) })
            }
            _ => Err(unexpected_answer()),
        }
    }

    /// Stores events, all that are right. They are durable when this answers.
    async fn track_batch(
        &self,
        ctx: &Context<'_>,
        input: TrackBatchInput,
    ) -> Result<TrackBatchPayload, Failure> {
        let caller = ctx.caller()?;
        let (given, most) = (input.events.len(), caller.limits().batch_events);
        if given > most {
            let reason = format!("has {given} events; {most} at most are allowed in one batch, send several");
            return Err(Invalid::new("input.events", reason).into());
        }
        let (mut writes, mut rejected) = (Vec::with_capacity(given), Vec::new());
        for (index, item) in (0..).zip(input.events) {
            match parse(item, caller) {
                Ok(new) => writes.push(Write::Track(Box::new(new))),
                Err(Invalid { field, reason }) => rejected.push(RejectedEvent { index, field, reason }),
            }
        }
        let written = caller.write(writes).await?;
        let duplicates = written
            .iter()
            .filter(|written| matches!(written, Written::Event { outcome: event::Outcome::Duplicate, .. }));
        let duplicates = duplicates.count();
        let count = |field, count: usize| int(field, i64::try_from(count).unwrap_or(i64::MAX));
        Ok(TrackBatchPayload {
            accepted: count("accepted", written.len() - duplicates)?,
            duplicates: count("duplicates", duplicates)?,
            rejected,
        })
    }
}

/// Checks an event that was sent.
fn parse(input: TrackInput, caller: &Caller) -> Result<NewEvent, Invalid> {
    let limits = caller.limits();
    // The clock and not the request's instant: an event behind a setGroup of its own request is not before it.
    let now = caller.clock().now();
    limits.check_event_name("name", &input.name)?;
    let id = |field: &str, id: Option<ID>| match id {
        Some(id) => limits.check_id(field, &id).map(|()| Some(id.0)),
        None => Ok(None),
    };
    let groups: Vec<String> = input.groups.into_iter().map(|id| id.0).collect();
    let groups = limits.check_groups("groups", groups)?;
    input.path.as_deref().map_or(Ok(()), |path| limits.check_text("path", path))?;
    let revenue = input.revenue.map(i64::from);
    revenue.map_or(Ok(()), |amount| check_revenue("revenue", amount))?;
    let event = event::Event {
        id: id("id", input.id)?.unwrap_or_else(new_id),
        name: input.name,
        profile_id: id("profileId", input.profile_id)?,
        device_id: id("deviceId", input.device_id)?,
        session_id: id("sessionId", input.session_id)?,
        groups,
        path: input.path,
        properties: check_properties("properties", input.properties, limits)?,
        revenue: input.revenue.map(i64::from),
        occurred_at: check_time("occurredAt", input.occurred_at, now)?.unwrap_or(now),
        received_at: now,
    };
    Ok(NewEvent { event, attach_memberships: input.attach_memberships, session: SessionRule::AsGiven })
}
