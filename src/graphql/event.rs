//! Events: what happened, who did it, and which groups it was sent with.

use super::group::Group;
use super::page::{PageSpec, connection, encode_cursor};
use super::profile::{Profile, foreign_cursor};
use crate::analytics::scalars::{DateTime, Json};
use crate::domain::{Invalid, event};
use crate::engine::arrow;
use crate::error::{Failure, Kind};
use ::arrow::array::RecordBatch;
use async_graphql::{Context, ID, Object};

/// A node of the API: an event as it is stored.
#[derive(Debug, Clone)]
pub struct Event(pub event::Event);

connection!(EventConnection, EventEdge, Event, "events");

/// One thing that happened.
#[Object]
impl Event {
    /// The id it was sent with, or the one it got on arrival. No two events of a project share one.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// What happened, such as `signup`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Id of the user who did it. Null for an anonymous event.
    async fn profile_id(&self) -> Option<ID> {
        self.0.profile_id.clone().map(ID)
    }

    /// The user who did it, as it is now. Null for an anonymous event.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>, Failure> {
        match &self.0.profile_id {
            Some(id) => Profile::selected(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Id of the device it happened on, when one is known.
    async fn device_id(&self) -> Option<ID> {
        self.0.device_id.clone().map(ID)
    }

    /// Id of the session it belongs to, when it belongs to one.
    async fn session_id(&self) -> Option<ID> {
        self.0.session_id.clone().map(ID)
    }

    /// The groups it is tagged with, in the order in which they were sent. Ids that were never upserted and
    /// deleted groups are listed, with a type of null.
    async fn groups(&self) -> Vec<Group> {
        self.0.groups.iter().cloned().map(Group::later).collect()
    }

    /// Path of the page or screen.
    async fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// Everything else that was sent along, types kept.
    async fn properties(&self) -> Json {
        Json(serde_json::Value::Object(self.0.properties.clone()))
    }

    /// Revenue in integer minor units, such as cents. An error when it does not fit an Int; the table form then
    /// has it.
    #[expect(clippy::unused_async, reason = "the schema knows asynchronous fields only")]
    async fn revenue(&self) -> Result<Option<i32>, Failure> {
        self.0.revenue.map(|revenue| i32::try_from(revenue).map_err(|_| too_much(revenue))).transpose()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When the server received it.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }
}

/// The failure of a revenue that an Int cannot hold.
fn too_much(revenue: i64) -> Failure {
    let message = format!("revenue is {revenue}, more than an Int can hold; eventsTable has it as a Float");
    Failure { argument: Some("revenue".to_owned()), ..Failure::new(Kind::Limited, message) }
}

impl Event {
    /// Reads the events of a batch with their arrival numbers.
    pub(super) fn decode(batch: &RecordBatch) -> Result<Vec<(u64, Self)>, Failure> {
        let seqs = arrow::naturals(batch, "seq")?;
        let (ids, names) = (arrow::texts(batch, "id")?, arrow::texts(batch, "name")?);
        let (profiles, devices) = (arrow::texts(batch, "profile_id")?, arrow::texts(batch, "device_id")?);
        let (sessions, paths) = (arrow::texts(batch, "session_id")?, arrow::texts(batch, "path")?);
        let (properties, revenues) = (arrow::texts(batch, "properties")?, arrow::integers(batch, "revenue")?);
        let occurred = arrow::instants(batch, "occurred_at")?;
        let received = arrow::instants(batch, "received_at")?;
        let row = |row: usize| -> Result<(u64, Self), Failure> {
            let event = event::Event {
                id: ids.value(row).to_owned(),
                name: names.value(row).to_owned(),
                profile_id: arrow::text(profiles, row),
                device_id: arrow::text(devices, row),
                session_id: arrow::text(sessions, row),
                groups: arrow::text_list(batch, "groups", row)?,
                path: arrow::text(paths, row),
                properties: serde_json::from_str(properties.value(row)).unwrap_or_default(),
                revenue: arrow::value(revenues, row),
                occurred_at: arrow::instant(occurred, row).unwrap_or_default(),
                received_at: arrow::instant(received, row).unwrap_or_default(),
            };
            Ok((seqs.value(row), Self(event)))
        };
        (0..batch.num_rows()).map(row).collect()
    }

    /// Microseconds UTC and arrival number of the last event already seen.
    pub(super) fn keys_behind(page: &PageSpec) -> Result<Option<(i64, u64)>, Invalid> {
        let Some(keys) = &page.after else { return Ok(None) };
        match (keys[0].as_i64(), keys[1].as_u64()) {
            (Some(at), Some(seq)) => Ok(Some((at, seq))),
            _ => Err(foreign_cursor()),
        }
    }

    /// A page from its events and the one behind them, if there is one.
    pub(super) fn connection(mut events: Vec<(u64, Self)>, page: &PageSpec, total: i32) -> EventConnection {
        let has_next = events.len() > page.first;
        events.truncate(page.first);
        let nodes = events.into_iter().map(|(seq, event)| {
            (encode_cursor(&[event.0.occurred_at.timestamp_micros().into(), seq.into()]), event)
        });
        EventConnection::page(nodes.collect(), has_next, page.after.is_some(), total)
    }
}
