//! Lists, pages and tables, and what they cost.

use super::{App, EVENTS, IDENTIFY, SET_GROUP, SET_GROUPS, TRACK};
use serde_json::{Value, json};

fn texts(nodes: &Value, field: &str) -> Vec<String> {
    let text = |node: &Value| node[field].as_str().unwrap_or_default().to_owned();
    nodes.as_array().expect("a list").iter().map(text).collect()
}

#[tokio::test]
async fn pages_of_events_at_one_instant_lose_and_repeat_none() {
    let app = App::start();
    let event = |n: usize| {
        let at = ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"][usize::from(n >= 5)];
        json!({ "name": "tick", "id": format!("e{n:02}"), "profileId": "u1", "occurredAt": at })
    };
    app.track((0..25).map(event).collect::<Vec<_>>().into()).await;
    let expected: Vec<String> = (0..25).rev().map(|n| format!("e{n:02}")).collect();
    let of_profile = "query($after: String) { profile(id: \"u1\") { events(first: 3, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { id } } } }";
    for through_profile in [false, true] {
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = if through_profile {
                app.run(of_profile, json!({ "after": after })).await["profile"].take()
            } else {
                app.run(EVENTS, json!({ "first": 4, "after": after, "name": "tick" })).await
            };
            let page = &data["events"];
            if through_profile {
                assert_eq!(page["totalCount"], 25);
            }
            seen.extend(texts(&page["nodes"], "id"));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn events_are_chosen_by_range_filter_profile_group_and_name() {
    let app = App::start();
    app.run(IDENTIFY, json!({ "input": { "profileId": "u1", "email": "ada@example.com" } })).await;
    app.track(json!([
        { "name": "a", "id": "1", "occurredAt": "2026-01-01T00:00:00Z", "profileId": "u1", "groups": ["g,1", "g2"] },
        { "name": "b", "id": "2", "occurredAt": "2026-01-02T00:00:00Z", "properties": { "plan": "pro" } },
        { "name": "a", "id": "3", "occurredAt": "2026-02-28T00:00:00Z", "profileId": "u2", "groups": ["g2"] },
    ]))
    .await;
    let cases = [
        ("range: { from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\" }", vec!["1"]),
        ("last: \"P2D\"", vec!["3"]),
        ("profileId: \"u1\"", vec!["1"]),
        ("groupId: \"g2\"", vec!["3", "1"]),
        ("name: \"a\", groupId: \"g,1\"", vec!["1"]),
        ("filter: { event: { property: \"plan\", eq: \"pro\" } }", vec!["2"]),
        ("filter: { profile: { field: EMAIL, endsWith: \"example.com\" } }", vec!["1"]),
        ("first: 2", vec!["3", "2"]),
    ];
    for (arguments, expected) in cases {
        let data =
            app.run(&format!("{{ events({arguments}) {{ totalCount nodes {{ id }} }} }}"), json!({})).await;
        assert_eq!(texts(&data["events"]["nodes"], "id"), expected, "{arguments}");
        let total = if arguments == "first: 2" { 3 } else { expected.len() };
        assert_eq!(data["events"]["totalCount"], json!(total), "{arguments}");
    }
    let table = "{ eventsTable(from: \"2026-01-01\", to: \"2026-01-02\", timeZone: \"Europe/Berlin\") {
        eventId name profileId groups properties revenue occurredAt } }";
    let row = json!({
        "eventId": "1", "name": "a", "profileId": "u1", "groups": "g\\,1,g2", "properties": "{}", "revenue": null,
        "occurredAt": "2026-01-01T00:00:00Z",
    });
    assert_eq!(app.run(table, json!({})).await["eventsTable"], json!([row]));
}

#[tokio::test]
async fn profiles_are_listed_searched_sorted_and_paged() {
    let app = App::start();
    for (id, first, email) in
        [("u3", "Grace", "b@example.com"), ("u1", "Ada", "A@example.com"), ("u2", "Edsger", "")]
    {
        let mut input = json!({ "profileId": id, "firstName": first });
        if !email.is_empty() {
            input["email"] = json!(email);
        }
        app.run(IDENTIFY, json!({ "input": input })).await;
    }
    app.run(SET_GROUP, json!({ "profileId": "m1", "groupId": "g1" })).await;
    app.run(SET_GROUP, json!({ "profileId": "u1", "groupId": "g1" })).await;
    app.track(json!([
        { "name": "x", "profileId": "u2", "occurredAt": "2026-02-02T00:00:00Z" },
        { "name": "x", "profileId": "z9", "occurredAt": "1960-01-01T00:00:00Z" },
        { "name": "x" },
    ]))
    .await;
    let cases = [
        ("", vec!["m1", "u1", "u2", "u3", "z9"]),
        ("search: \"GRA\"", vec!["u3"]),
        ("search: \"EXAMPLE\"", vec!["u1", "u3"]),
        ("groupId: \"g1\"", vec!["m1", "u1"]),
        ("orderBy: { field: ID, direction: DESC }", vec!["z9", "u3", "u2", "u1", "m1"]),
        ("orderBy: { field: EMAIL }", vec!["u1", "u3", "m1", "u2", "z9"]),
        ("orderBy: { field: EMAIL, direction: DESC }", vec!["u3", "u1", "m1", "u2", "z9"]),
        ("orderBy: { field: LAST_SEEN_AT, direction: DESC }", vec!["u2", "z9", "m1", "u1", "u3"]),
        ("orderBy: { field: FIRST_SEEN_AT }", vec!["z9", "u2", "m1", "u1", "u3"]),
    ];
    for (arguments, expected) in cases {
        for first in 1..=3 {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let document = format!(
                    "{{ profiles({arguments}, first: {first}{after}) {{
                        totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ id }} }} }}"
                );
                let data = app.run(&document, json!({})).await;
                let page = &data["profiles"];
                assert_eq!(page["totalCount"], json!(expected.len()), "{arguments}");
                seen.extend(texts(&page["nodes"], "id"));
                after = format!(", after: {}", page["pageInfo"]["endCursor"]);
                if page["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
            }
            assert_eq!(seen, expected, "{arguments}");
        }
    }
    let data = app.run("{ profiles(search: \"nobody\") { totalCount nodes { id } } }", json!({})).await;
    assert_eq!(data["profiles"], json!({ "totalCount": 0, "nodes": [] }));
    let table =
        "{ profilesTable(search: \"u2\") { profileId firstName groups properties lastSeenAt events } }";
    let row = json!({
        "profileId": "u2", "firstName": "Edsger", "groups": "", "properties": "{}",
        "lastSeenAt": "2026-02-02T00:00:00Z", "events": 1,
    });
    assert_eq!(app.run(table, json!({})).await["profilesTable"], json!([row]));
    let data = app.run("{ profilesTable(first: 2) { profileId groups } groupsTable { groupId groupType members events } }", json!({})).await;
    let rows = json!([{ "profileId": "m1", "groups": "g1" }, { "profileId": "u1", "groups": "g1" }]);
    assert_eq!(data["profilesTable"], rows);
    assert_eq!(
        data["groupsTable"],
        json!([{ "groupId": "g1", "groupType": null, "members": 2, "events": 0 }])
    );
}

#[tokio::test]
async fn two_projects_with_the_same_ids_never_meet() {
    let app = App::start();
    for project in [1, 2] {
        let input = json!({ "profileId": "u1", "firstName": format!("P{project}") });
        app.run_in(project, IDENTIFY, json!({ "input": input })).await;
        app.run_in(
            project,
            SET_GROUPS,
            json!({ "profileId": "u1", "groupIds": [format!("g{project}"), "g"] }),
        )
        .await;
        let input = json!({ "name": format!("n{project}"), "id": "e1", "profileId": "u1" });
        let data = app.run_in(project, TRACK, json!({ "input": input })).await;
        assert_eq!(data["track"]["outcome"], "ACCEPTED");
    }
    let document = "{
        event(id: \"e1\") { name profile { firstName } groups { id } }
        events { totalCount } profiles { totalCount }
        profile(id: \"u1\") { firstName groups { nodes { id } } events { totalCount nodes { name } } }
        profilesTable { groups events }
        groupsTable { groupId members events }
        eventsTable(from: \"2026-01-01\", to: \"2027-01-01\") { name }
    }";
    for project in [1, 2] {
        let (own, name, first) = (format!("g{project}"), format!("n{project}"), format!("P{project}"));
        let groups = json!([{ "id": "g" }, { "id": own }]);
        let expected = json!({
            "event": { "name": name, "profile": { "firstName": first }, "groups": [{ "id": own }, { "id": "g" }] },
            "events": { "totalCount": 1 }, "profiles": { "totalCount": 1 },
            "profile": { "firstName": first, "groups": { "nodes": groups },
                "events": { "totalCount": 1, "nodes": [{ "name": name }] } },
            "profilesTable": [{ "groups": format!("g,{own}"), "events": 1 }],
            "groupsTable": [
                { "groupId": "g", "members": 1, "events": 1 }, { "groupId": own, "members": 1, "events": 1 },
            ],
            "eventsTable": [{ "name": name }],
        });
        assert_eq!(app.run_in(project, document, json!({})).await, expected);
    }
    let nothing =
        app.run_in(3, "{ events { totalCount nodes { id } } profile(id: \"u1\") { id } }", json!({})).await;
    assert_eq!(nothing, json!({ "events": { "totalCount": 0, "nodes": [] }, "profile": null }));
}

#[tokio::test]
async fn a_page_of_fifty_costs_a_constant_number_of_statements() {
    let app = App::start();
    let event =
        |n: usize| json!({ "name": "x", "profileId": format!("u{n}"), "groups": [format!("g{n}"), "all"] });
    app.track((0..60).map(event).collect::<Vec<_>>().into()).await;
    let cases = [
        ("{ events(first: 50) { nodes { id profile { id } groups { id } } } }", 1),
        (
            "{ events(first: 50) { nodes { id profile { email firstSeenAt lastSeenAt } groups { id type name } } } }",
            4,
        ),
        (
            "{ profiles(first: 50) { totalCount nodes { email firstSeenAt lastSeenAt
                groups(first: 5) { totalCount nodes { id type name } }
                memberships(first: 5) { nodes { joinedAt group { name } } }
                events(first: 5) { totalCount nodes { name } } } } }",
            4,
        ),
    ];
    for (document, most) in cases {
        let before = app.engine.statements();
        app.run(document, json!({})).await;
        let statements = app.engine.statements() - before;
        assert!(statements <= most, "{statements} statements for {document}");
    }
}
