//! Bad input, each with its answer.

use super::{App, IDENTIFY, SET_GROUPS, TRACK, TRACK_BATCH};
use muster::domain::limits::Limits;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_too_long_too_deep_or_too_late_is_refused() {
    let app = App::start();
    let deep = (0..40).fold(json!(1), |below, _| json!({ "k": below }));
    let wide: serde_json::Map<String, Value> =
        (0..50_000).map(|n| (format!("key{n}"), json!("x".repeat(90)))).collect();
    let groups: Vec<String> = (0..101).map(|n| format!("g{n}")).collect();
    let cases = [
        (json!({ "name": "x".repeat(10_240) }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x", "properties": deep }), "properties"),
        (json!({ "name": "x", "properties": wide }), "properties"),
        (json!({ "name": "x", "properties": "text" }), "properties"),
        (json!({ "name": "x", "groups": groups }), "groups"),
        (json!({ "name": "x", "groups": ["a", ""] }), "groups[1]"),
        (json!({ "name": "x", "revenue": -1 }), "revenue"),
        (json!({ "name": "x", "id": "" }), "id"),
        (json!({ "name": "x", "id": "i".repeat(513) }), "id"),
        (json!({ "name": "x", "profileId": "" }), "profileId"),
        (json!({ "name": "x", "deviceId": "a\nb" }), "deviceId"),
        (json!({ "name": "x", "path": "p".repeat(300_000) }), "path"),
        (json!({ "name": "x", "occurredAt": "2026-03-02T12:00:00.000001Z" }), "occurredAt"),
        (json!({ "name": "x", "occurredAt": "9998-01-01T00:00:00Z" }), "occurredAt"),
    ];
    for (input, field) in cases {
        let (code, argument, message) = app.fail(TRACK, json!({ "input": input })).await;
        assert_eq!((code.as_str(), argument), ("BAD_INPUT", format!("input.{field}")), "{message}");
        assert!(message.len() < 300, "{message}");
    }
    for (input, field) in [
        (json!({ "name": "x", "occurredAt": "9999-01-01T00:00:00Z" }), "occurredAt"),
        (json!({ "name": "x", "occurredAt": 7 }), "occurredAt"),
        (json!({ "name": "x", "revenue": "7" }), "revenue"),
        (json!({ "name": "x", "revenue": 2_147_483_648_i64 }), "revenue"),
        (json!({ "name": "x", "groups": [["a"]] }), "groups[0]"),
        (json!({ "name": null }), "name"),
        (json!({ "name": "x", "unknown": 1 }), "unknown"),
        (json!({}), "name"),
    ] {
        let (code, argument, _) = app.fail(TRACK, json!({ "input": input })).await;
        assert_eq!((code.as_str(), argument), ("BAD_INPUT", format!("input.{field}")), "{input}");
    }
    let data = app.run("{ events { totalCount } }", json!({})).await;
    assert_eq!(data["events"]["totalCount"], 0);
}

#[tokio::test]
async fn bad_profiles_memberships_pages_and_batches_are_refused() {
    let app = App::within(Limits { batch_events: 2, ..Limits::default() });
    for (input, field) in [
        (json!({ "profileId": "" }), "profileId"),
        (json!({ "profileId": "u", "email": "nobody" }), "email"),
        (json!({ "profileId": "u", "email": "a b@example.com" }), "email"),
        (json!({ "profileId": "u", "firstName": "x".repeat(300_000) }), "firstName"),
        (json!({ "profileId": "u", "avatar": "jane.png" }), "avatar"),
        (json!({ "profileId": "u", "avatar": "x".repeat(300_000) }), "avatar"),
        (json!({ "profileId": "u", "properties": 1 }), "properties"),
    ] {
        let (code, argument, _) = app.fail(IDENTIFY, json!({ "input": input })).await;
        assert_eq!((code.as_str(), argument), ("BAD_INPUT", format!("input.{field}")));
    }
    let groups: Vec<String> = (0..101).map(|n| format!("g{n}")).collect();
    for (ids, field) in [(json!(groups), "groupIds"), (json!(["a", ""]), "groupIds[1]")] {
        let (_, argument, _) = app.fail(SET_GROUPS, json!({ "profileId": "u", "groupIds": ids })).await;
        assert_eq!(argument, format!("input.{field}"));
    }
    let three = json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]);
    let (code, argument, _) = app.fail(TRACK_BATCH, json!({ "events": three })).await;
    assert_eq!((code.as_str(), argument.as_str()), ("BAD_INPUT", "input.events"));
    for (document, field) in [
        ("{ events(first: 0) { nodes { id } } }", "first"),
        ("{ events(first: 1001) { nodes { id } } }", "first"),
        ("{ events(after: \"banana\") { nodes { id } } }", "after"),
        ("{ events(after: \"WyJhIiwiYiJd\") { nodes { id } } }", "after"),
        ("{ profiles(after: \"WzEsMiwzXQ\") { nodes { id } } }", "after"),
        ("{ events(last: \"banana\") { nodes { id } } }", "last"),
        ("{ eventsTable(from: \"2026-01-02\", to: \"2026-01-02\") { name } }", "to"),
        (
            "{ eventsTable(from: \"2026-01-02\", to: \"2026-01-03\", timeZone: \"Mars\") { name } }",
            "timeZone",
        ),
        ("{ profilesTable(first: 100001) { profileId } }", "first"),
    ] {
        let (code, argument, _) = app.fail(document, json!({})).await;
        assert_eq!((code.as_str(), argument.as_str()), ("BAD_INPUT", field), "{document}");
    }
}
