//! Journeys beyond their definition: the flat form, ids without an entity, deleted groups, arguments that are refused.

use crate::support::house::House;
use muster::domain::identity::ProjectKey;
use serde_json::{Value, json};

const KEY: ProjectKey = ProjectKey(1);
const STEPS: &str = "steps: [{event: \"signup\"}, {event: \"project_created\"}, {event: \"invite_sent\"}]";
const RANGE: &str = "range: {from: \"2026-06-01T00:00:00Z\", to: \"2026-07-01T00:00:00Z\"}";

/// A store in which acme invited before it signed up, once by nobody in particular, and gone did the same.
async fn house() -> House {
    let house = House::open("2026-06-15T12:00:00Z".parse().expect("an instant"), 1_000);
    let mut events = Vec::new();
    for (at, name, profile) in [
        ("2026-05-31T23:59:59Z", "project_created", json!("ann")),
        ("2026-06-02T00:00:00Z", "invite_sent", Value::Null),
        ("2026-06-02T00:00:00Z", "invite_sent", json!("bob")),
        ("2026-06-03T00:00:00Z", "signup", json!("ann")),
    ] {
        events.push(json!({"name": name, "occurredAt": at, "profileId": profile, "groups": ["acme", "gone", "ghost"]}));
    }
    let document = "mutation($events: [TrackInput!]!) {
        a: upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\"}) { group { id } }
        b: upsertGroup(input: {id: \"gone\", type: \"company\", name: \"Gone\"}) { group { id } }
        trackBatch(input: {events: $events}) { accepted }
        deleteGroup(input: {id: \"gone\"}) { deletedId } }";
    house.ask(KEY, document, json!({"events": events})).await.expect("written");
    house
}

async fn journey(house: &House, group_id: &str) -> Value {
    let document = format!(
        "{{ journey(groupId: \"{group_id}\", {STEPS}, {RANGE}) {{ group {{ id name }} hint done next {{ step event }}
             steps {{ step isDone firstAt profileId profile {{ id }} events position }} }} }}"
    );
    house.ask(KEY, &document, json!({})).await.expect(group_id)["journey"].clone()
}

#[tokio::test]
async fn steps_are_shown_in_time_and_the_first_gap_is_next() {
    let house = house().await;
    let acme = journey(&house, "acme").await;
    let missing = json!({"step": 2, "isDone": false, "firstAt": null, "profileId": null, "profile": null, "events": 0, "position": null});
    assert_eq!(
        acme,
        json!({
            "group": {"id": "acme", "name": "Acme"}, "hint": null, "done": 2,
            "next": {"step": 2, "event": "project_created"},
            "steps": [
                {"step": 1, "isDone": true, "firstAt": "2026-06-03T00:00:00Z", "profileId": "ann", "profile": {"id": "ann"}, "events": 1, "position": 2},
                missing,
                {"step": 3, "isDone": true, "firstAt": "2026-06-02T00:00:00Z", "profileId": null, "profile": null, "events": 2, "position": 1},
            ]
        })
    );
    // An id that only events carry has the same journey, without a name.
    let ghost = journey(&house, "ghost").await;
    assert_eq!((&ghost["steps"], &ghost["hint"]), (&acme["steps"], &Value::Null));
    assert_eq!(ghost["group"], json!({"id": "ghost", "name": null}));
}

#[tokio::test]
async fn the_flat_form_marks_what_is_next() {
    let house = house().await;
    let document = "{ journeyTable(groupId: \"acme\", steps: \"signup, project_created,invite_sent\", from: \"2026-06-01\", to: \"2026-07-01\") {
        step event isDone isNext firstAt profileId events position } }";
    let found = house.ask(KEY, document, json!({})).await.expect("rows");
    assert_eq!(
        found["journeyTable"],
        json!([
            {"step": 1, "event": "signup", "isDone": true, "isNext": false, "firstAt": "2026-06-03T00:00:00Z", "profileId": "ann", "events": 1, "position": 2},
            {"step": 2, "event": "project_created", "isDone": false, "isNext": true, "firstAt": null, "profileId": null, "events": 0, "position": null},
            {"step": 3, "event": "invite_sent", "isDone": true, "isNext": false, "firstAt": "2026-06-02T00:00:00Z", "profileId": null, "events": 2, "position": 1},
        ])
    );
}

#[tokio::test]
async fn a_deleted_group_and_an_unknown_id_have_done_nothing_and_are_told() {
    let house = house().await;
    for (id, hint) in [
        ("gone", "the group was deleted; its events are no longer its own"),
        ("nobody", "nothing was ever sent under this id"),
    ] {
        let found = journey(&house, id).await;
        assert_eq!(
            (&found["hint"], &found["done"], &found["next"]["step"]),
            (&json!(hint), &json!(0), &json!(1))
        );
        assert_eq!(found["group"], json!({"id": id, "name": null}));
    }
    // A new life has the events again.
    let again =
        "mutation { upsertGroup(input: {id: \"gone\", type: \"company\", name: \"Back\"}) { group { id } } }";
    house.ask(KEY, again, json!({})).await.expect("written");
    assert_eq!(journey(&house, "gone").await["done"], 2);
    // Another project knows nothing of it.
    let document = format!("{{ journey(groupId: \"acme\", {STEPS}, {RANGE}) {{ done hint }} }}");
    let other = house.ask(ProjectKey(2), &document, json!({})).await.expect("an answer");
    assert_eq!(other["journey"], json!({"done": 0, "hint": "nothing was ever sent under this id"}));
}

#[tokio::test]
async fn wrong_steps_and_ids_are_named_with_what_to_do() {
    let house = house().await;
    let many = vec!["{event: \"a\"}"; 33].join(", ");
    let flat_many = vec!["a"; 33].join(",");
    let flat = "from: \"2026-06-01\", to: \"2026-07-01\") { step } }";
    for (document, message) in [
        (
            format!("{{ journey(groupId: \"a\", steps: [], {RANGE}) {{ done }} }}"),
            "steps: lists 0 steps; a journey has 1 to 32",
        ),
        (
            format!("{{ journey(groupId: \"a\", steps: [{many}], {RANGE}) {{ done }} }}"),
            "steps: lists 33 steps; a journey has 1 to 32",
        ),
        (
            format!("{{ journeyTable(groupId: \"a\", steps: \"{flat_many}\", {flat}"),
            "steps: lists 33 steps; a journey has 1 to 32",
        ),
        (
            format!("{{ journey(groupId: \"a\", steps: [{{event: \"\"}}], {RANGE}) {{ done }} }}"),
            "steps[0].event: is empty; name the event",
        ),
        (format!("{{ journeyTable(groupId: \"\", steps: \"a\", {flat}"), "groupId: is empty"),
    ] {
        let told = house.ask(KEY, &document, json!({})).await.expect_err(message);
        assert!(told.starts_with(message), "{told}");
    }
}
