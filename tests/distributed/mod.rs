//! A distributed engine computes the sealed rows: the answers are the same ones, whatever breaks.
//!
//! The engine is the stock one (Apache Ballista), as processes on this machine. Where it is not installed these tests do
//! not run, and say so.

mod clickhouse;
mod cluster;
mod corpus;
mod failures;
mod hostile;
mod objects;
mod sealing;
mod sent;

use crate::support::house::House;
use chrono::{DateTime, Duration, Utc};
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::{GroupPatch, ProjectKey};
use muster::domain::write::Write;
use serde_json::{Value, json};

pub(crate) const PROJECT: ProjectKey = ProjectKey(1);

/// When the first event happens.
fn start() -> DateTime<Utc> {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

/// What the clock shows.
pub(crate) fn now() -> DateTime<Utc> {
    start() + Duration::days(20)
}

/// One company.
pub(crate) fn company(id: &str) -> Write {
    Write::UpsertGroup(GroupPatch {
        id: id.to_owned(),
        group_type: "company".to_owned(),
        name: id.to_uppercase(),
        properties: Properties::new(),
        effective_at: None,
    })
}

/// One event of many: of a few names, users and companies, minute by minute.
pub(crate) fn event(number: i64) -> Write {
    let at = start() + Duration::minutes(number);
    let event = Event {
        id: number.to_string(),
        name: ["signup", "invite", "report", "login"][usize::try_from(number % 4).expect("small")].to_owned(),
        profile_id: Some(format!("p{}", number % 97)),
        device_id: None,
        session_id: None,
        groups: vec![["acme", "globex", "initech"][usize::try_from(number % 3).expect("small")].to_owned()],
        path: None,
        properties: Properties::new(),
        revenue: Some(number),
        occurred_at: at,
        received_at: at,
    };
    Write::Track(Box::new(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven }))
}

/// Writes companies and so many events, which are sealed but for the last few.
async fn fill(house: &House, events: i64) {
    house.write(PROJECT, ["acme", "globex", "initech"].map(company).to_vec()).await;
    for first in (0..events).step_by(500) {
        let batch = (first..events.min(first + 500)).map(event).collect();
        house.write(PROJECT, batch).await;
    }
    house.until_sealed().await;
}

/// A funnel over everything, and what else reads each of the sources.
pub(crate) const QUESTIONS: [&str; 4] = [
    "{ funnel(steps: [{event: \"signup\"}, {event: \"invite\"}, {event: \"report\"}], window: \"P7D\", last: \"P30D\",
        unit: {kind: GROUP, groupType: \"company\"}) { steps { event units rateFromStart medianSeconds } } }",
    "{ activeUsers(groupType: \"company\", last: \"P30D\", interval: WEEK) { totals { groups activeUsers events }
        buckets { bucket activeUsers events } rows { group { id } activeUsers events lastActiveAt } } }",
    "{ group(id: \"acme\") { lastActiveAt topEvents(last: \"P30D\") { name events activeUsers } } }",
    "{ events(first: 3) { totalCount nodes { id name properties occurredAt } } }",
];

/// The answer to a question, or why there is none.
pub(crate) async fn ask(house: &House, question: &str) -> Result<Value, String> {
    house.ask(PROJECT, question, json!({})).await
}
