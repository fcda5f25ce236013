//! Profiles, events and memberships through GraphQL, on a real store.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod limits;
mod lists;
mod members;
mod track;

use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use muster::caller::Caller;
use muster::domain::identity::{ProjectKey, Right};
use muster::domain::limits::Limits;
use muster::domain::time::{Clock, ManualClock};
use muster::engine::Engine;
use muster::graphql::context::with_caller;
use muster::graphql::{Schema, schema};
use muster::ingest::sessions::Sessions;
use muster::ingest::writer::Writer;
use muster::store::{Options, Store};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A store in a folder of its own, and everything above it.
struct App {
    engine: Arc<Engine>,
    writer: Writer,
    clock: Arc<ManualClock>,
    limits: Arc<Limits>,
    schema: Schema,
    _folder: tempfile::TempDir,
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a test instant")
}

impl App {
    fn start() -> Self {
        Self::within(Limits::default())
    }

    fn within(limits: Limits) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, appender) = Store::open(folder.path(), Options::default()).expect("a store");
        let clock = Arc::new(ManualClock::starting_at(utc("2026-03-01T12:00:00Z")));
        let dyn_clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        let (writer, _thread) = Writer::start(appender, dyn_clock, Sessions::default());
        let engine = Arc::new(Engine::new(store, 2, Duration::from_secs(30), limits.rows));
        let schema = schema();
        Self { engine, writer, clock, limits: Arc::new(limits), schema, _folder: folder }
    }

    /// Runs a document; gives the whole response as JSON.
    async fn respond(&self, project: u32, right: Right, document: &str, variables: Value) -> Value {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let caller = Caller::new(
            ProjectKey(project),
            right,
            Arc::clone(&self.engine),
            self.writer.clone(),
            clock,
            Arc::clone(&self.limits),
        );
        let request = Request::new(document).variables(Variables::from_json(variables));
        let response = muster::graphql::run::run(&self.schema, with_caller(request, Arc::new(caller))).await;
        serde_json::to_value(response).expect("JSON")
    }

    /// Runs a document in a project that must succeed; gives its data.
    async fn run_in(&self, project: u32, document: &str, variables: Value) -> Value {
        let mut response = self.respond(project, Right::Admin, document, variables).await;
        assert!(response["errors"].is_null(), "{document}\n{response:#}");
        response["data"].take()
    }

    /// Runs a document that must succeed; gives its data.
    async fn run(&self, document: &str, variables: Value) -> Value {
        self.run_in(1, document, variables).await
    }

    /// Runs a document that must fail; gives its first error's code, argument and message.
    async fn fail(&self, document: &str, variables: Value) -> (String, String, String) {
        let response = self.respond(1, Right::Admin, document, variables).await;
        let error = &response["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert!(error.is_object(), "{document}\n{response:#}");
        (text(&error["extensions"]["code"]), text(&error["extensions"]["argument"]), text(&error["message"]))
    }

    /// Tracks events, all of which must be stored.
    async fn track(&self, events: Value) {
        let count = events.as_array().expect("events").len();
        let data = self.run(TRACK_BATCH, json!({ "events": events })).await;
        assert_eq!(data["trackBatch"]["accepted"], json!(count), "{data:#}");
    }
}

const IDENTIFY: &str = "mutation Identify($input: IdentifyInput!) {
  identify(input: $input) { profile { id email firstName lastName properties firstSeenAt lastSeenAt } }
}";

const TRACK: &str = "mutation Track($input: TrackInput!) {
  track(input: $input) { outcome event { id name profileId groups { id } properties occurredAt receivedAt } }
}";

const TRACK_BATCH: &str = "mutation TrackBatch($events: [TrackInput!]!) {
  trackBatch(input: { events: $events }) { accepted duplicates rejected { index field reason } }
}";

const EVENTS: &str = "query Events($first: Int = 50, $after: String, $groupId: ID, $name: String) {
  events(first: $first, after: $after, groupId: $groupId, name: $name) {
    pageInfo { hasNextPage endCursor }
    nodes { id name profile { id email } groups { id name } path properties revenue occurredAt }
  }
}";

const PROFILE_PAGE: &str = "query ProfilePage($id: ID!) {
  profile(id: $id) {
    id email firstName lastName avatar properties firstSeenAt lastSeenAt
    groups(first: 20) { nodes { id type name } }
    events(first: 20) { nodes { name occurredAt } }
  }
}";

const SET_GROUP: &str = "mutation SetGroup($profileId: ID!, $groupId: ID!) {
  setGroup(input: { profileId: $profileId, groupId: $groupId }) {
    profile { id groups(first: 50) { totalCount nodes { id type name } } }
  }
}";

const SET_GROUPS: &str = "mutation SetGroups($profileId: ID!, $groupIds: [ID!]!) {
  setGroups(input: { profileId: $profileId, groupIds: $groupIds }) {
    profile { id groups(first: 50) { nodes { id } } }
  }
}";

const LEAVE_GROUPS: &str = "mutation LeaveGroups($profileId: ID!, $groupIds: [ID!]!) {
  leaveGroups(input: { profileId: $profileId, groupIds: $groupIds }) {
    profile { id groups(first: 50) { nodes { id } } }
  }
}";
