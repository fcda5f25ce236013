//! Whatever people call their events, users, groups and properties, and wherever the data lies, it comes back equal.

use super::cluster::Cluster;
use super::{PROJECT, now, start};
use crate::support::house::House;
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::GroupPatch;
use muster::domain::write::Write;
use muster::engine::remote::Settings;
use serde_json::{Value, json};

const HOSTILE: [&str; 14] = [
    "it's",
    "''; drop table events; --",
    "\\",
    "a\\'b",
    "\\n\\0",
    "\"quoted\" $1 {x} %s",
    "tab\tnew\nline\r",
    "ünï🦆",
    "\u{202e}desrever",
    "null",
    "*",
    "' or 1=1 --",
    "${jndi:x}",
    "\u{feff}bom",
];

fn writes() -> Vec<Write> {
    let mut writes = Vec::new();
    for text in HOSTILE {
        let mut properties = Properties::new();
        properties.insert(text.to_owned(), json!(text));
        properties.insert("text".to_owned(), json!(text));
        writes.push(Write::UpsertGroup(GroupPatch {
            id: text.to_owned(),
            group_type: "company".to_owned(),
            name: text.to_owned(),
            properties: properties.clone(),
            effective_at: None,
        }));
        // Names of events have no line breaks.
        let name: String = text.chars().filter(|c| !c.is_control()).collect();
        for step in ["one", &name] {
            let at = start() + chrono::Duration::minutes(i64::try_from(writes.len()).expect("few"));
            let event = Event {
                id: format!("{text} {step}"),
                name: step.to_owned(),
                profile_id: Some(text.to_owned()),
                device_id: Some(text.to_owned()),
                session_id: Some(text.to_owned()),
                groups: vec![text.to_owned()],
                path: Some(format!("/{text}")),
                properties: properties.clone(),
                revenue: None,
                occurred_at: at,
                received_at: at,
            };
            let new = NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven };
            writes.push(Write::Track(Box::new(new)));
        }
    }
    writes
}

const EVERYTHING: &str = "{ events(first: 100) { totalCount nodes { id name profileId deviceId sessionId path properties groups { id name } } }
    eventNames { name events lastAt }
    propertyValues(of: EVENT, property: \"text\", last: \"P30D\") { value count }
    trend(last: \"P30D\", series: [{}], breakdown: [{eventProperty: \"text\"}]) { rows { keys { value } series { value } } }
    activeUsers(groupType: \"company\", last: \"P30D\") { rows { group { id name } activeUsers events } } }";

const OF_ONE: &str = "query($name: String!, $text: String!, $id: ID!) {
    group(id: $id) { name metrics(last: \"P30D\") { events activeUsers } topEvents(last: \"P30D\") { name events } topPaths(last: \"P30D\") { path events } }
    funnel(last: \"P30D\", window: \"P1D\", steps: [{event: \"one\"}, {event: $name, filter: {event: {property: \"text\", eq: $text}}}]) { steps { units } }
    named: funnel(last: \"P30D\", window: \"P1D\", steps: [{event: \"one\"}, {event: $name}]) { steps { units } } }";

async fn answers(house: &House) -> Vec<Value> {
    house.write(PROJECT, writes()).await;
    house.write(PROJECT, writes()).await;
    house.until_sealed().await;
    let mut answers = vec![house.ask(PROJECT, EVERYTHING, json!({})).await.expect("an answer")];
    for text in HOSTILE {
        let name: String = text.chars().filter(|c| !c.is_control()).collect();
        let variables = json!({ "name": name, "text": text, "id": text });
        let asked = house.ask(PROJECT, OF_ONE, variables).await;
        answers.push(asked.unwrap_or_else(|error| panic!("{text:?}: {error}")));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_come_back_equal_from_a_hostile_folder() {
    let Some(cluster) = Cluster::start("hostile texts").await else { return };
    check(cluster.settings()).await;
}

/// The same answers from DuckDB alone and where an engine computes all sealed rows.
pub(super) async fn check(settings: Settings) {
    let expected = answers(&House::open(now(), 20)).await;
    let folder = tempfile::Builder::new().prefix("it's a lake; drop % é#").tempdir().expect("a folder");
    let house = House::open_on(settings, folder, now(), 20);
    let found = answers(&house).await;
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(expected[0]["events"]["totalCount"], 2 * HOSTILE.len());
    let state = house.engine.remote().expect("there is one").state();
    assert!(state.answered > 20 && state.failures == 0 && state.replaced == 0, "{state:?}");
}
