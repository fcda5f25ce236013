//! Memberships with their dates, and what is known of profiles.

use super::{App, IDENTIFY, LEAVE_GROUPS, PROFILE_PAGE, SET_GROUP, SET_GROUPS, TRACK};
use chrono::Duration;
use muster::domain::event::Properties;
use muster::domain::identity::{GroupPatch, ProjectKey, Right};
use muster::domain::write::Write;
use serde_json::json;

fn upsert(id: &str, group_type: &str) -> Write {
    Write::UpsertGroup(GroupPatch {
        id: id.to_owned(),
        group_type: group_type.to_owned(),
        name: id.to_uppercase(),
        properties: Properties::new(),
        effective_at: None,
    })
}

#[tokio::test]
async fn memberships_keep_their_dates_through_leaving_and_rejoining() {
    let app = App::start();
    app.writer.write(ProjectKey(1), vec![upsert("acme", "company")]).await.expect("stored");
    let data = app.run(SET_GROUP, json!({ "profileId": "u1", "groupId": "acme" })).await;
    let groups = &data["setGroup"]["profile"]["groups"];
    assert_eq!(groups["totalCount"], 1);
    assert_eq!(groups["nodes"], json!([{ "id": "acme", "type": "company", "name": "ACME" }]));
    app.clock.advance(Duration::hours(1));
    let data = app.run(SET_GROUPS, json!({ "profileId": "u1", "groupIds": ["acme", "w2", "w1"] })).await;
    let ids = json!([{ "id": "acme" }, { "id": "w1" }, { "id": "w2" }]);
    assert_eq!(data["setGroups"]["profile"]["groups"]["nodes"], ids, "a union, idempotent");
    app.clock.advance(Duration::hours(1));
    let data = app.run(LEAVE_GROUPS, json!({ "profileId": "u1", "groupIds": ["acme", "never"] })).await;
    assert_eq!(data["leaveGroups"]["profile"]["groups"]["nodes"], json!([{ "id": "w1" }, { "id": "w2" }]));
    app.clock.advance(Duration::hours(1));
    app.run(SET_GROUP, json!({ "profileId": "u1", "groupId": "acme" })).await;
    let document =
        "{ profile(id: \"u1\") { memberships { totalCount nodes { group { id } joinedAt leftAt } } } }";
    let data = app.run(document, json!({})).await;
    let history = json!({ "totalCount": 4, "nodes": [
        { "group": { "id": "acme" }, "joinedAt": "2026-03-01T12:00:00Z", "leftAt": "2026-03-01T14:00:00Z" },
        { "group": { "id": "w1" }, "joinedAt": "2026-03-01T13:00:00Z", "leftAt": null },
        { "group": { "id": "w2" }, "joinedAt": "2026-03-01T13:00:00Z", "leftAt": null },
        { "group": { "id": "acme" }, "joinedAt": "2026-03-01T15:00:00Z", "leftAt": null },
    ] });
    assert_eq!(data["profile"]["memberships"], history);
    let document = "query($after: String) { profile(id: \"u1\") {
        groups(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id } } } }";
    let data = app.run(document, json!({})).await;
    let page = &data["profile"]["groups"];
    assert_eq!(page["nodes"], json!([{ "id": "w1" }, { "id": "w2" }]));
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let data = app.run(document, json!({ "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(data["profile"]["groups"]["nodes"], json!([{ "id": "acme" }]));
    assert_eq!(data["profile"]["groups"]["totalCount"], 3);
    assert_eq!(data["profile"]["groups"]["pageInfo"]["hasNextPage"], false);
    let typed = "{ profile(id: \"u1\") { groups(type: \"company\") { totalCount nodes { id } } } }";
    let data = app.run(typed, json!({})).await;
    assert_eq!(data["profile"]["groups"], json!({ "totalCount": 1, "nodes": [{ "id": "acme" }] }));
}

#[tokio::test]
async fn a_deleted_group_is_no_group_of_a_profile_even_when_it_is_joined_again() {
    let app = App::start();
    app.writer.write(ProjectKey(1), vec![upsert("acme", "company")]).await.expect("stored");
    app.run(SET_GROUPS, json!({ "profileId": "u1", "groupIds": ["acme", "ghost"] })).await;
    let delete = Write::DeleteGroup { id: "acme".to_owned() };
    app.writer.write(ProjectKey(1), vec![delete]).await.expect("stored");
    let data = app.run(SET_GROUP, json!({ "profileId": "u1", "groupId": "acme" })).await;
    let nodes = json!([{ "id": "ghost", "type": null, "name": null }]);
    assert_eq!(data["setGroup"]["profile"]["groups"], json!({ "totalCount": 1, "nodes": nodes }));
}

#[tokio::test]
async fn times_of_joining_and_leaving_may_be_given() {
    let app = App::start();
    let join = "mutation($at: DateTime) {
        setGroup(input: { profileId: \"u1\", groupId: \"g1\", joinedAt: $at }) { profile { id } } }";
    let leave = "mutation($at: DateTime) {
        leaveGroups(input: { profileId: \"u1\", groupIds: [\"g1\"], leftAt: $at }) { profile { id } } }";
    app.run(join, json!({ "at": "2026-01-10T00:00:00Z" })).await;
    let (code, argument, _) = app.fail(leave, json!({ "at": "2026-01-09T00:00:00Z" })).await;
    assert_eq!((code.as_str(), argument.as_str()), ("BAD_INPUT", "input.leftAt"));
    for (document, field) in [(join, "joinedAt"), (leave, "leftAt")] {
        app.run(document, json!({ "at": "2026-03-02T12:00:00Z" })).await;
        let (code, argument, _) = app.fail(document, json!({ "at": "2026-03-02T12:00:00.000001Z" })).await;
        assert_eq!((code.as_str(), argument), ("BAD_INPUT", format!("input.{field}")));
    }
}

#[tokio::test]
async fn identify_merges_and_profiles_are_there_once_something_names_them() {
    let app = App::start();
    let input = json!({ "profileId": "u1", "email": "ada@example.com", "firstName": "Ada", "properties": { "a": 1, "b": { "c": 2 } } });
    let data = app.run(IDENTIFY, json!({ "input": input })).await;
    assert_eq!(data["identify"]["profile"]["firstSeenAt"], json!(null));
    let input = json!({ "profileId": "u1", "lastName": "Lovelace", "properties": { "a": null, "b": { "d": [true] } } });
    let data = app.run(IDENTIFY, json!({ "input": input })).await;
    let profile = json!({
        "id": "u1", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
        "properties": { "b": { "c": 2, "d": [true] } }, "firstSeenAt": null, "lastSeenAt": null,
    });
    assert_eq!(data["identify"]["profile"], profile);
    app.run(SET_GROUP, json!({ "profileId": "member", "groupId": "g1" })).await;
    app.run(TRACK, json!({ "input": { "name": "seen", "profileId": "active" } })).await;
    for id in ["u1", "member", "active"] {
        let data = app.run(PROFILE_PAGE, json!({ "id": id })).await;
        assert_eq!(data["profile"]["id"], json!(id));
    }
    let data = app.run(PROFILE_PAGE, json!({ "id": "active" })).await;
    assert_eq!(data["profile"]["firstSeenAt"], "2026-03-01T12:00:00Z");
    assert_eq!(
        data["profile"]["events"]["nodes"],
        json!([{ "name": "seen", "occurredAt": "2026-03-01T12:00:00Z" }])
    );
    assert_eq!(app.run(PROFILE_PAGE, json!({ "id": "nobody" })).await["profile"], json!(null));
}

#[tokio::test]
async fn rights_hold_for_writing_and_reading() {
    let app = App::start();
    let writes = [
        (IDENTIFY, json!({ "input": { "profileId": "u1" } })),
        (TRACK, json!({ "input": { "name": "x" } })),
        (super::TRACK_BATCH, json!({ "events": [] })),
        (SET_GROUP, json!({ "profileId": "u1", "groupId": "g1" })),
        (LEAVE_GROUPS, json!({ "profileId": "u1", "groupIds": ["g1"] })),
    ];
    for (document, variables) in writes {
        let response = app.respond(1, Right::Read, document, variables).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "FORBIDDEN", "{response:#}");
    }
    let reads = [
        "{ events { nodes { id } } }",
        "{ profiles { nodes { id } } }",
        "{ profile(id: \"u1\") { id } }",
        "{ event(id: \"e1\") { id } }",
        "{ profilesTable { profileId } }",
        "{ groupsTable { groupId } }",
        "{ eventsTable(from: \"2026-01-01\", to: \"2026-01-02\") { eventId } }",
    ];
    for document in reads {
        let response = app.respond(1, Right::Write, document, json!({})).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "FORBIDDEN", "{response:#}");
    }
    // What a writer sent it may have back; nothing else.
    let input = json!({ "input": { "name": "x", "id": "e1", "profileId": "u1", "groups": ["g1"] } });
    let response = app.respond(1, Right::Write, TRACK, input.clone()).await;
    assert_eq!(response["data"]["track"]["event"]["groups"], json!([{ "id": "g1" }]), "{response:#}");
    let response = app.respond(1, Right::Write, TRACK, input).await;
    assert_eq!(response["data"]["track"]["outcome"], "DUPLICATE", "{response:#}");
    assert_eq!(response["data"]["track"]["event"], json!(null), "{response:#}");
    assert_eq!(response["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
