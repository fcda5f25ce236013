//! Events on their way in: memberships attached, duplicates, rejections.

use super::{App, EVENTS, LEAVE_GROUPS, SET_GROUP, SET_GROUPS, TRACK, TRACK_BATCH};
use chrono::Duration;
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::ProjectKey;
use muster::domain::write::Write;
use serde_json::{Value, json};

fn ids(groups: &Value) -> Vec<&str> {
    groups.as_array().expect("groups").iter().map(|group| group["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn memberships_at_the_time_of_the_event_are_attached() {
    let app = App::start();
    app.run(SET_GROUP, json!({ "profileId": "u1", "groupId": "a" })).await;
    app.clock.advance(Duration::hours(1));
    app.run(SET_GROUPS, json!({ "profileId": "u1", "groupIds": ["b"] })).await;
    app.clock.advance(Duration::hours(1));
    app.run(LEAVE_GROUPS, json!({ "profileId": "u1", "groupIds": ["a"] })).await;
    let cases = [
        ("2026-03-01T11:59:59Z", vec!["x"]),
        ("2026-03-01T12:00:00Z", vec!["x", "a"]),
        ("2026-03-01T13:00:00Z", vec!["x", "a", "b"]),
        ("2026-03-01T14:00:00Z", vec!["x", "b"]),
    ];
    for (at, expected) in cases {
        let input = json!({ "name": "e", "profileId": "u1", "groups": ["x", "x"], "occurredAt": at });
        let data = app.run(TRACK, json!({ "input": input })).await;
        assert_eq!(ids(&data["track"]["event"]["groups"]), expected, "at {at}");
    }
    let bare = json!({ "name": "e", "profileId": "u1", "groups": ["b", "x"], "attachMemberships": false });
    let data = app.run(TRACK, json!({ "input": bare })).await;
    assert_eq!(ids(&data["track"]["event"]["groups"]), ["b", "x"]);
    let both = "mutation {
        setGroup(input: { profileId: \"u2\", groupId: \"g\" }) { profile { id } }
        track(input: { name: \"e\", profileId: \"u2\" }) { event { groups { id } } } }";
    let data = app.run(both, json!({})).await;
    assert_eq!(ids(&data["track"]["event"]["groups"]), ["g"]);
}

#[tokio::test]
async fn the_first_event_with_an_id_stands() {
    let app = App::start();
    let first = json!({ "name": "first", "id": "e1", "properties": { "n": 1 } });
    let data = app.run(TRACK, json!({ "input": first })).await;
    assert_eq!(data["track"]["outcome"], "ACCEPTED");
    let data = app.run(TRACK, json!({ "input": { "name": "second", "id": "e1" } })).await;
    assert_eq!(data["track"]["outcome"], "DUPLICATE");
    assert_eq!(data["track"]["event"]["name"], "first");
    assert_eq!(data["track"]["event"]["properties"], json!({ "n": 1 }));
    let batch = json!([
        { "name": "third", "id": "e1" }, { "name": "new", "id": "e2" }, { "name": "again", "id": "e2" },
        { "name": "alike" }, { "name": "alike" },
    ]);
    let data = app.run(TRACK_BATCH, json!({ "events": batch })).await;
    assert_eq!(data["trackBatch"], json!({ "accepted": 3, "duplicates": 2, "rejected": [] }));
    let data = app.run("{ event(id: \"e2\") { name } events { totalCount } }", json!({})).await;
    assert_eq!(data["event"]["name"], "new");
    assert_eq!(data["events"]["totalCount"], 4);
    assert_eq!(app.run("{ event(id: \"e9\") { name } }", json!({})).await["event"], json!(null));
}

#[tokio::test]
async fn a_batch_stores_what_is_right_and_names_what_is_not() {
    let app = App::start();
    let batch = json!([
        { "name": "good" },
        { "name": "" },
        { "name": "late", "occurredAt": "2026-03-03T00:00:00Z" },
        { "name": "list", "properties": [1] },
        { "name": "empty", "profileId": "" },
        { "name": "also good" },
    ]);
    let data = app.run(TRACK_BATCH, json!({ "events": batch })).await;
    let payload = &data["trackBatch"];
    assert_eq!(payload["accepted"], 2);
    let rejected: Vec<(i64, &str)> = payload["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (item["index"].as_i64().expect("a number"), item["field"].as_str().expect("a field")))
        .collect();
    assert_eq!(rejected, [(1, "name"), (2, "occurredAt"), (3, "properties"), (4, "profileId")]);
    let wrong = json!({ "events": [{ "name": "good" }, { "name": 7 }] });
    let (code, argument, _) = app.fail(TRACK_BATCH, wrong).await;
    assert_eq!((code.as_str(), argument.as_str()), ("BAD_INPUT", "input.events[1].name"));
    let data = app.run("{ events { totalCount } }", json!({})).await;
    assert_eq!(data["events"]["totalCount"], 2);
}

#[tokio::test]
async fn an_anonymous_event_has_no_profile_and_keeps_all_else() {
    let app = App::start();
    let input = json!({
        "name": "view", "id": "e1", "deviceId": "d1", "sessionId": "s1", "path": "/a", "revenue": 5,
        "groups": ["ghost"], "properties": { "n": 1.5, "deep": { "list": [null, "x"] } },
        "occurredAt": "2025-12-31T23:00:00+01:00",
    });
    app.run(TRACK, json!({ "input": input })).await;
    let data = app.run(EVENTS, json!({ "groupId": "ghost" })).await;
    let event = json!({
        "id": "e1", "name": "view", "profile": null, "groups": [{ "id": "ghost", "name": null }], "path": "/a",
        "properties": { "n": 1.5, "deep": { "list": [null, "x"] } }, "revenue": 5,
        "occurredAt": "2025-12-31T22:00:00Z",
    });
    assert_eq!(data["events"]["nodes"], json!([event]));
    let more = "{ event(id: \"e1\") { profileId deviceId sessionId receivedAt } }";
    let expected = json!({ "profileId": null, "deviceId": "d1", "sessionId": "s1", "receivedAt": "2026-03-01T12:00:00Z" });
    assert_eq!(app.run(more, json!({})).await["event"], expected);
}

#[tokio::test]
async fn a_revenue_above_an_int_is_named_and_the_table_has_it() {
    let app = App::start();
    let at = super::utc("2026-02-01T00:00:00Z");
    let event = Event {
        id: "e1".to_owned(),
        name: "sale".to_owned(),
        profile_id: None,
        device_id: None,
        session_id: None,
        groups: Vec::new(),
        path: None,
        properties: Properties::new(),
        revenue: Some(3_000_000_000),
        occurred_at: at,
        received_at: at,
    };
    let new = NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven };
    app.writer.write(ProjectKey(1), vec![Write::Track(Box::new(new))]).await.expect("stored");
    let (code, argument, _) = app.fail("{ event(id: \"e1\") { revenue } }", json!({})).await;
    assert_eq!((code.as_str(), argument.as_str()), ("LIMITED", "revenue"));
    let table = "{ eventsTable(from: \"2026-02-01\", to: \"2026-02-02\") { revenue } }";
    let data = app.run(table, json!({})).await;
    assert_eq!(data["eventsTable"], json!([{ "revenue": 3_000_000_000.0 }]));
}
