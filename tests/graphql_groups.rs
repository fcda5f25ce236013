//! Groups over GraphQL: what is written comes back, by every field and from every list.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod analyses;
mod lists;
mod world;

use muster::domain::identity::Right;
use serde_json::json;
use world::World;

#[tokio::test]
async fn the_operations_of_the_contract_run_as_they_stand() {
    let world = World::new();
    let input =
        json!({"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "seats": 5}});
    let made = world.operation("UpsertGroup", json!({"input": input})).await;
    assert_eq!(made["upsertGroup"]["outcome"], "CREATED");
    assert_eq!(made["upsertGroup"]["group"]["properties"], json!({"plan": "pro", "seats": 5}));
    let again = world.operation("UpsertGroup", json!({"input": input})).await;
    assert_eq!(again["upsertGroup"]["outcome"], "UNCHANGED");
    world.identify(0, "ann", "Ann", "Lee").await;
    world.join(0, "ann", &["acme"], None).await;
    world
        .events(0, "ann screen_view 2026-06-14T10:00:00Z acme /home\nann login 2026-06-14T09:00:00Z acme")
        .await;
    let list = world.operation("GroupList", json!({})).await;
    assert_eq!(
        list["groups"]["nodes"],
        json!([{
            "id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro", "seats": 5},
            "memberCount": 1, "lastActiveAt": "2026-06-14T10:00:00Z", "createdAt": "2026-06-15T12:00:00Z"
        }])
    );
    let types = world.operation("GroupTypes", json!({})).await;
    assert_eq!(types["groupTypes"], json!([{"type": "company", "groups": 1}]));
    let range = json!({"id": "acme", "from": "2026-06-13T22:00:00Z", "to": "2026-06-15T22:00:00Z"});
    let page = world.operation("GroupPage", range).await;
    let group = &page["group"];
    assert_eq!(
        group["metrics"],
        json!({
            "events": 2, "activeUsers": 1, "members": 1,
            "firstSeenAt": "2026-06-14T09:00:00Z", "lastSeenAt": "2026-06-14T10:00:00Z"
        })
    );
    assert_eq!(
        group["activity"],
        json!([
            {"bucket": "2026-06-13T22:00:00Z", "events": 2, "activeUsers": 1, "isPartial": false},
            {"bucket": "2026-06-14T22:00:00Z", "events": 0, "activeUsers": 0, "isPartial": false}
        ])
    );
    assert_eq!(group["topEvents"], json!([{"name": "login", "events": 1, "activeUsers": 1}]));
    assert_eq!(group["topPaths"], json!([{"path": "/home", "events": 1}]));
    let member = json!({"id": "ann", "email": "ann@example.com", "firstName": "Ann", "lastName": "Lee"});
    assert_eq!(group["members"], json!({"totalCount": 1, "nodes": [member]}));
    assert_eq!(group["propertyHistory"]["nodes"][0]["changedAt"], "2026-06-15T12:00:00Z");
    let range = json!({"id": "acme", "from": "2026-06-14T00:00:00Z", "to": "2026-06-15T00:00:00Z"});
    let daily = world.operation("DailyActiveUsersOfOneCompany", range).await;
    let day = json!({"bucket": "2026-06-14T00:00:00Z", "activeUsers": 1, "events": 2});
    assert_eq!(daily["group"]["activity"], json!([day]));
    let gone = world.operation("DeleteGroup", json!({"id": "acme"})).await;
    assert_eq!(gone["deleteGroup"]["deletedId"], "acme");
    let none = world.operation("DeleteGroup", json!({"id": "acme"})).await;
    assert_eq!(none["deleteGroup"]["deletedId"], json!(null));
}

#[tokio::test]
async fn a_deleted_group_stays_deleted_until_it_begins_a_new_life() {
    let world = World::new();
    world
        .ask(r#"mutation { upsertGroup(input: {id: "g", type: "team", name: "Old", properties: {a: 1}}) { outcome } }"#)
        .await;
    world.join(0, "ann", &["g"], None).await;
    world.clock.advance(chrono::Duration::hours(1));
    world.ask(r#"mutation { deleteGroup(input: {id: "g"}) { deletedId } }"#).await;
    world.events(0, "ann login 2026-06-15T12:30:00Z g").await;
    world.join(0, "bob", &["g"], None).await;
    let gone = world.ask(r#"{ group(id: "g") { id } groups { totalCount } groupTypes { type } }"#).await;
    assert_eq!(gone, json!({"group": null, "groups": {"totalCount": 0}, "groupTypes": []}));
    world.leave(0, "bob", &["g"], None).await;
    world.clock.advance(chrono::Duration::hours(1));
    let again = r#"mutation { upsertGroup(input: {id: "g", type: "team", name: "New"}) { outcome group { properties } } }"#;
    let made = world.ask(again).await;
    assert_eq!(made["upsertGroup"], json!({"outcome": "CREATED", "group": {"properties": {}}}));
    let alive = world
        .ask(r#"{ group(id: "g") { name createdAt memberCount lastActiveAt propertyHistory { totalCount } members { totalCount nodes { id } } } }"#)
        .await;
    assert_eq!(
        alive["group"],
        json!({
            "name": "New", "createdAt": "2026-06-15T14:00:00Z", "memberCount": 0,
            "lastActiveAt": "2026-06-15T12:30:00Z", "propertyHistory": {"totalCount": 1},
            "members": {"totalCount": 0, "nodes": []}
        })
    );
}

#[tokio::test]
async fn an_id_that_was_only_seen_is_a_group_without_type() {
    let world = World::new();
    world.upsert(0, "known", "team", "Known").await;
    world.events(0, "ann login 2026-06-15T10:00:00Z seen").await;
    world.join(0, "ann", &["joined"], None).await;
    let found = world
        .ask(
            r#"{ a: group(id: "seen") { id type name properties createdAt propertyHistory { nodes { name } } }
                 b: group(id: "joined") { id type memberCount } c: group(id: "never") { id } }"#,
        )
        .await;
    assert_eq!(
        found,
        json!({
            "a": {"id": "seen", "type": null, "name": null, "properties": {}, "createdAt": null,
                  "propertyHistory": {"nodes": []}},
            "b": {"id": "joined", "type": null, "memberCount": 1},
            "c": null
        })
    );
    let all = world.ask("{ groups(orderBy: {field: ID}) { totalCount nodes { id } } }").await;
    assert_eq!(all["groups"]["nodes"], json!([{"id": "joined"}, {"id": "known"}, {"id": "seen"}]));
    let teams = world.ask(
        r#"{ groups(type: "team") { totalCount nodes { id } } none: groups(type: "x") { totalCount } }"#,
    );
    assert_eq!(
        teams.await,
        json!({"groups": {"totalCount": 1, "nodes": [{"id": "known"}]}, "none": {"totalCount": 0}})
    );
    // Once it is upserted, its old events count.
    world.upsert(0, "seen", "team", "Seen").await;
    let now = world.ask(r#"{ group(id: "seen") { type lastActiveAt } }"#).await;
    assert_eq!(now["group"], json!({"type": "team", "lastActiveAt": "2026-06-15T10:00:00Z"}));
}

#[tokio::test]
async fn history_is_told_by_when_changes_took_effect() {
    let world = World::new();
    for (effective, properties) in [
        ("2026-06-10T00:00:00Z", "{a: 1, b: 1}"),
        ("2026-06-12T00:00:00Z", "{b: 2}"),
        ("2026-06-11T00:00:00Z", "{a: null, c: {d: true}}"),
    ] {
        let document = format!(
            r#"mutation {{ upsertGroup(input: {{id: "g", type: "team", name: "G", properties: {properties},
               effectiveAt: "{effective}"}}) {{ outcome }} }}"#
        );
        world.ask(&document).await;
        world.clock.advance(chrono::Duration::minutes(1));
    }
    let page = r#"{ group(id: "g") { properties createdAt updatedAt
        propertyHistory(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { changedAt properties } } } }"#;
    let data = world.ask(page).await;
    let group = &data["group"];
    assert_eq!(group["properties"], json!({"b": 2, "c": {"d": true}}));
    assert_eq!(group["createdAt"], "2026-06-10T00:00:00Z");
    assert_eq!(group["updatedAt"], "2026-06-15T12:02:00Z");
    let history = &group["propertyHistory"];
    assert_eq!(history["totalCount"], 3);
    assert_eq!(
        history["nodes"],
        json!([
            {"changedAt": "2026-06-12T00:00:00Z", "properties": {"b": 2, "c": {"d": true}}},
            {"changedAt": "2026-06-11T00:00:00Z", "properties": {"b": 1, "c": {"d": true}}}
        ])
    );
    assert_eq!(history["pageInfo"]["hasNextPage"], true);
    let after = history["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let rest = format!(
        r#"{{ group(id: "g") {{ propertyHistory(first: 2, after: "{after}") {{
            totalCount pageInfo {{ hasNextPage hasPreviousPage }} nodes {{ properties }} }} }} }}"#
    );
    assert_eq!(
        world.ask(&rest).await["group"]["propertyHistory"],
        json!({"totalCount": 3, "pageInfo": {"hasNextPage": false, "hasPreviousPage": true},
               "nodes": [{"properties": {"a": 1, "b": 1}}]})
    );
}

#[tokio::test]
async fn two_projects_with_the_same_ids_never_see_each_other() {
    let world = World::new();
    world.upsert(0, "g", "team", "First").await;
    world.upsert(1, "g", "crew", "Second").await;
    world.join(0, "ann", &["g"], None).await;
    world.events(0, "ann login 2026-06-14T10:00:00Z g,only-here").await;
    let document = r#"{ groupTypes { type groups } groups { totalCount nodes { id name memberCount lastActiveAt } }
        group(id: "g") { metrics(last: "P30D") { events activeUsers members } } other: group(id: "only-here") { id } }"#;
    assert_eq!(
        world.ask_in(1, document).await,
        json!({
            "groupTypes": [{"type": "crew", "groups": 1}],
            "groups": {"totalCount": 1, "nodes": [{"id": "g", "name": "Second", "memberCount": 0, "lastActiveAt": null}]},
            "group": {"metrics": {"events": 0, "activeUsers": 0, "members": 0}},
            "other": null
        })
    );
    world.ask_in(1, r#"mutation { deleteGroup(input: {id: "g"}) { deletedId } }"#).await;
    let first = world.ask(r#"{ group(id: "g") { name memberCount } groups { totalCount } }"#).await;
    assert_eq!(first, json!({"group": {"name": "First", "memberCount": 1}, "groups": {"totalCount": 2}}));
}

#[tokio::test]
async fn wrong_input_names_the_argument() {
    let world = World::new();
    world.upsert(0, "g", "team", "G").await;
    let long = "x".repeat(513);
    let deep = format!("{}1{}", "{a: ".repeat(40), "}".repeat(40));
    let upsert = |fields: &str| format!("mutation {{ upsertGroup(input: {{{fields}}}) {{ outcome }} }}");
    let group = |field: &str| format!(r#"{{ group(id: "g") {{ {field} }} }}"#);
    for (document, argument) in [
        (upsert(r#"id: "", type: "t", name: "n""#), "input.id"),
        (upsert(&format!(r#"id: "{long}", type: "t", name: "n""#)), "input.id"),
        (upsert(r#"id: "g", type: "", name: "n""#), "input.type"),
        (upsert(r#"id: "g", type: "t", name: """#), "input.name"),
        (upsert(r#"id: "g", type: "t", name: "n", properties: [1]"#), "input.properties"),
        (upsert(&format!(r#"id: "g", type: "t", name: "n", properties: {deep}"#)), "input.properties"),
        (
            upsert(r#"id: "g", type: "t", name: "n", effectiveAt: "2026-06-17T00:00:00Z""#),
            "input.effectiveAt",
        ),
        ("{ groups(first: 0) { totalCount } }".to_owned(), "first"),
        ("{ groups(first: 1001) { totalCount } }".to_owned(), "first"),
        (r#"{ groups(after: "nonsense") { totalCount } }"#.to_owned(), "after"),
        (group("metrics { events }"), "range"),
        (
            group(
                r#"metrics(last: "P1D", range: {from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"}) { events }"#,
            ),
            "last",
        ),
        (
            group(r#"metrics(range: {from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"}) { events }"#),
            "range",
        ),
        (group(r#"activity(last: "P1D", timeZone: "Mars/Base") { events }"#), "timeZone"),
        (group(r#"memberGrowth(last: "P1000D", interval: HOUR) { joined }"#), "interval"),
        (group(r#"topEvents(last: "P1D", first: -1) { name }"#), "first"),
        (group(r#"members(after: "nonsense") { totalCount }"#), "after"),
    ] {
        assert_eq!(world.error(&document).await, ("BAD_INPUT".to_owned(), argument.to_owned()), "{document}");
    }
}

#[tokio::test]
async fn rights_are_kept() {
    let world = World::new();
    let code = |answer: serde_json::Value| answer["errors"][0]["extensions"]["code"].clone();
    let upsert =
        r#"mutation { upsertGroup(input: {id: "g", type: "t", name: "G"}) { outcome group { id } } }"#;
    assert_eq!(code(world.answer(0, Right::Read, upsert, json!({})).await), "FORBIDDEN");
    // What a client that may not read selects beyond the id is refused before anything is written.
    let reads = upsert.replace("group { id }", "group { id properties }");
    assert_eq!(code(world.answer(0, Right::Write, &reads, json!({})).await), "FORBIDDEN");
    let written = world.answer(0, Right::Write, upsert, json!({})).await;
    assert_eq!(written["data"]["upsertGroup"]["outcome"], "CREATED");
    assert_eq!(written["data"]["upsertGroup"]["group"]["id"], "g");
    for document in [
        "{ groups { totalCount } }",
        "{ groupTypes { type } }",
        r#"{ group(id: "g") { id } }"#,
        r#"mutation { upsertGroup(input: {id: "g", type: "t", name: "G"}) { group { memberCount } } }"#,
    ] {
        assert_eq!(code(world.answer(0, Right::Write, document, json!({})).await), "FORBIDDEN", "{document}");
    }
}
