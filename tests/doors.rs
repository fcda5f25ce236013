//! One verdict for each value: `/track`, GraphQL and imports take and refuse the same, and store the same.
//!
//! The table has one row for each value and the doors that must refuse it. Where doors differ, the contract demands
//! it, and the row says so.

use crate::server::{Server, muster, out};
use crate::support::app::GRAPHQL_RESPONSE;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Door {
    Track,
    Graphql,
    Import,
}

const DOORS: [Door; 3] = [Door::Track, Door::Graphql, Door::Import];
const NONE: &[Door] = &[];
const ALL: &[Door] = &DOORS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Event,
    Profile,
    Group,
}

struct Case {
    kind: Kind,
    field: &'static str,
    value: Value,
    /// The doors that refuse it.
    refused: &'static [Door],
}

/// An object nested so many levels deep, itself included.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!({ "end": 1 }), |below, _| json!({ "k": below }))
}

/// Numbers with as many digits as a float has: each must be stored to the last bit.
fn floats() -> Value {
    json!({ "floats": (1..200).map(|n| f64::from(n).sqrt() * 1234.567).collect::<Vec<_>>() })
}

fn cases() -> Vec<Case> {
    let text = |length: usize| json!("x".repeat(length));
    let ids = |count: usize| (0..count).map(|i| Value::String(format!("g{i}"))).collect::<Value>();
    let twice = |list: Value| {
        [list.as_array().expect("a list").clone(), list.as_array().expect("a list").clone()].concat()
    };
    let wide = |keys: usize| {
        Value::Object(
            (0..keys).map(|key| (format!("key{key}"), json!("x".repeat(90)))).collect::<Map<_, _>>(),
        )
    };
    let rows: Vec<(Kind, &'static str, Value, &'static [Door])> = vec![
        (Kind::Event, "name", json!("tick"), NONE),
        (Kind::Event, "name", text(80), NONE),
        (Kind::Event, "name", json!("ü".repeat(80)), NONE),
        (Kind::Event, "name", text(81), ALL),
        (Kind::Event, "name", text(10_240), ALL),
        (Kind::Event, "name", json!(""), ALL),
        (Kind::Event, "name", json!("a\nb"), ALL),
        // OpenPanel's SDKs may not send what its server makes; exports of it hold them.
        (Kind::Event, "name", json!("session_start"), &[Door::Track]),
        (Kind::Event, "name", json!("session_end"), &[Door::Track]),
        (Kind::Event, "profileId", json!("jane"), NONE),
        (Kind::Event, "profileId", text(512), NONE),
        (Kind::Event, "profileId", text(513), ALL),
        (Kind::Event, "profileId", json!("a\tb"), ALL),
        // An empty cell of a file is no value: the event is nobody's.
        (Kind::Event, "profileId", json!(""), &[Door::Track, Door::Graphql]),
        (Kind::Event, "groups", ids(100), NONE),
        (Kind::Event, "groups", Value::from(twice(ids(100))), NONE),
        (Kind::Event, "groups", ids(101), ALL),
        (Kind::Event, "groups", json!(["a", ""]), ALL),
        (Kind::Event, "groups", json!(["a\nb"]), ALL),
        (Kind::Event, "groups", json!(["x".repeat(513)]), ALL),
        (Kind::Event, "revenue", json!(0), NONE),
        (Kind::Event, "revenue", json!(2_147_483_647), NONE),
        (Kind::Event, "revenue", json!(-1), ALL),
        (Kind::Event, "revenue", json!(19.5), ALL),
        // GraphQL's Int ends at 2147483647.
        (Kind::Event, "revenue", json!(9_007_199_254_740_991_i64), &[Door::Graphql]),
        (Kind::Event, "revenue", json!(9_007_199_254_740_992_i64), ALL),
        (Kind::Event, "path", json!("/a/b"), NONE),
        (Kind::Event, "path", text(300_000), ALL),
        (Kind::Event, "properties", json!({ "a": [1, "x", null, { "b": true }] }), NONE),
        (Kind::Event, "properties", nested(32), NONE),
        (Kind::Event, "properties", floats(), NONE),
        (Kind::Event, "properties", nested(33), ALL),
        (Kind::Event, "properties", nested(100), ALL),
        (Kind::Event, "properties", json!({ "text": "x".repeat(262_000) }), NONE),
        (Kind::Event, "properties", json!({ "text": "x".repeat(262_144) }), ALL),
        (Kind::Event, "properties", wide(50_000), ALL),
        (Kind::Profile, "email", json!("jane.doe+tag@mail.example.org"), NONE),
        (Kind::Profile, "email", json!("ü@exämple.de"), NONE),
        (Kind::Profile, "email", json!("nobody"), ALL),
        (Kind::Profile, "email", json!("a@b"), ALL),
        (Kind::Profile, "email", json!("a b@example.com"), ALL),
        (Kind::Profile, "email", json!("a@b@example.com"), ALL),
        (Kind::Profile, "email", json!(format!("{}@example.com", "x".repeat(320))), ALL),
        (Kind::Profile, "email", json!(""), &[Door::Track, Door::Graphql]),
        (Kind::Profile, "avatar", json!("https://example.com/jane.png?size=2"), NONE),
        (Kind::Profile, "avatar", json!("data:image/png;base64,AAAA"), NONE),
        (Kind::Profile, "avatar", json!("jane.png"), ALL),
        (Kind::Profile, "avatar", json!("/jane.png"), ALL),
        (Kind::Profile, "avatar", json!(format!("https://example.com/{}", "x".repeat(300_000))), ALL),
        (Kind::Profile, "firstName", json!("Jane"), NONE),
        (Kind::Profile, "firstName", json!("Ja\nne"), NONE),
        (Kind::Profile, "lastName", text(300_000), ALL),
        (Kind::Profile, "properties", nested(32), NONE),
        (Kind::Profile, "properties", floats(), NONE),
        (Kind::Profile, "properties", nested(33), ALL),
        (Kind::Profile, "properties", wide(50_000), ALL),
        (Kind::Group, "name", json!("Acme"), NONE),
        (Kind::Group, "name", json!("Ac\nme"), NONE),
        (Kind::Group, "name", text(10_240), NONE),
        (Kind::Group, "name", text(300_000), ALL),
        // An empty cell of a file is no value: the group is named like its id.
        (Kind::Group, "name", json!(""), &[Door::Track, Door::Graphql]),
        (Kind::Group, "properties", floats(), NONE),
        (Kind::Group, "type", json!("company"), NONE),
        (Kind::Group, "type", text(513), ALL),
        (Kind::Group, "type", json!("a\nb"), ALL),
        (Kind::Group, "type", json!(""), ALL),
        (Kind::Group, "properties", json!({ "plan": "pro", "seats": 5, "deep": { "list": [1] } }), NONE),
        (Kind::Group, "properties", nested(33), ALL),
        (Kind::Group, "properties", wide(50_000), ALL),
    ];
    rows.into_iter().map(|(kind, field, value, refused)| Case { kind, field, value, refused }).collect()
}

/// The id of what a case sends through a door.
fn id_of(door: Door, number: usize) -> String {
    format!("{door:?}-{number}")
}

/// A case as `/track` takes it.
fn track_body(case: &Case, id: &str) -> Value {
    let mut payload = match case.kind {
        Kind::Event => json!({ "id": id, "name": "tick", "properties": {} }),
        Kind::Profile => json!({ "profileId": id }),
        Kind::Group => json!({ "id": id, "type": "company", "name": "Acme" }),
    };
    match case.field {
        "revenue" => {
            payload["name"] = "revenue".into();
            payload["properties"]["__revenue"] = case.value.clone();
        }
        "path" => payload["properties"]["__path"] = case.value.clone(),
        field => payload[field] = case.value.clone(),
    }
    let kind = match case.kind {
        Kind::Event => "track",
        Kind::Profile => "identify",
        Kind::Group => "group",
    };
    json!({ "type": kind, "payload": payload })
}

/// A case as GraphQL takes it: a document and its variables.
fn graphql_body(case: &Case, id: &str) -> (&'static str, Value) {
    let (document, mut input) = match case.kind {
        Kind::Event => (
            "mutation M($input: TrackInput!) { track(input: $input) { outcome } }",
            json!({ "id": id, "name": "tick" }),
        ),
        Kind::Profile => (
            "mutation M($input: IdentifyInput!) { identify(input: $input) { profile { id } } }",
            json!({ "profileId": id }),
        ),
        Kind::Group => (
            "mutation M($input: UpsertGroupInput!) { upsertGroup(input: $input) { group { id } } }",
            json!({ "id": id, "type": "company", "name": "Acme" }),
        ),
    };
    input[case.field] = case.value.clone();
    (document, json!({ "input": input }))
}

/// A case as a row of an import file; its properties are columns.
fn row(case: &Case, id: &str) -> Value {
    let mut row = match case.kind {
        Kind::Event => json!({ "id": id, "name": "tick", "time": "2026-01-01T00:00:00Z" }),
        Kind::Profile => json!({ "id": id }),
        Kind::Group => json!({ "id": id, "type": "company", "name": "Acme" }),
    };
    if case.field == "properties" {
        let properties = case.value.as_object().expect("an object").clone();
        row.as_object_mut().expect("an object").extend(properties);
    } else {
        row[case.field] = case.value.clone();
    }
    row
}

/// Imports the cases of a kind by the command line; the columns that some row lacks are given in a first row.
fn import(data: &Path, cases: &[Case], kind: Kind) {
    let own = cases.iter().enumerate().filter(|(_, case)| case.kind == kind);
    let rows: Vec<String> =
        own.map(|(number, case)| row(case, &id_of(Door::Import, number)).to_string()).collect();
    let (first, command, columns): (Value, &str, &[&str]) = match kind {
        Kind::Event => (
            json!({ "id": "first", "name": "tick", "time": "2026-01-01T00:00:00Z", "profileId": "jane", "groups": [], "revenue": 1, "path": "/" }),
            "import",
            &[
                "--id",
                "id",
                "--name",
                "name",
                "--time",
                "time",
                "--profile",
                "profileId",
                "--groups",
                "groups",
                "--revenue",
                "revenue",
                "--path",
                "path",
            ],
        ),
        Kind::Profile => (
            json!({ "id": "first", "email": null, "avatar": null, "firstName": null, "lastName": null }),
            "import-profiles",
            &[
                "--id",
                "id",
                "--email",
                "email",
                "--avatar",
                "avatar",
                "--first-name",
                "firstName",
                "--last-name",
                "lastName",
            ],
        ),
        Kind::Group => (
            json!({ "id": "first", "type": "company", "name": "Acme" }),
            "import-groups",
            &["--id", "id", "--type", "type", "--name", "name"],
        ),
    };
    let file = data.join("rows.ndjson");
    std::fs::write(&file, format!("{first}\n{}\n", rows.join("\n"))).expect("written");
    let arguments = [&[command, file.to_str().expect("UTF-8"), "--project", "p"], columns].concat();
    let told = out(&muster(data, &arguments));
    let bad = cases.iter().filter(|case| case.kind == kind && case.refused.contains(&Door::Import)).count();
    assert!(told.contains(&format!("{} rows: ", rows.len() + 1)), "{told}");
    assert!(told.contains(&format!("{bad} bad")), "{bad} bad rows are expected: {told}");
}

/// What is stored of every event, profile and group, by id.
fn stored(server: &Server, who: (&str, &str)) -> HashMap<String, Value> {
    let document = "{
      events: eventsTable(from: \"2000-01-01\", to: \"2100-01-01\", first: 10000) { id: eventId name profileId groups path properties revenue }
      profiles: profilesTable(first: 10000) { id: profileId firstName lastName email avatar properties }
      groups: groupsTable(first: 10000) { id: groupId groupName groupType properties }
    }";
    let answer = server.graphql(who, document, &json!({}));
    let tables =
        ["events", "profiles", "groups"].map(|table| answer["data"][table].as_array().expect("rows").clone());
    let rows = tables.into_iter().flatten();
    rows.map(|row| (row["id"].as_str().expect("an id").to_owned(), row)).collect()
}

/// A stored row without what differs between doors by nature: its id, and what `/track` makes of its own fields.
fn comparable(case: &Case, row: &Value) -> Value {
    let mut row = row.clone();
    row["id"] = Value::Null;
    if case.field == "revenue" {
        row["name"] = Value::Null;
    }
    row
}

#[test]
fn every_door_gives_the_same_verdict_and_stores_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    out(&muster(data, &["project", "create", "p"]));
    let made = out(&muster(data, &["client", "create", "--project", "p", "--right", "ADMIN", "--json"]));
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let who = (made["id"].as_str().expect("an id"), made["secret"].as_str().expect("a secret"));
    let server = Server::start(data, &[]);
    let cases = cases();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let http = reqwest::Client::new();
    let post = |path: &str, body: &Value| -> (u16, Value) {
        runtime.block_on(async {
            let sent = http.post(format!("http://{}{path}", server.address)).basic_auth(who.0, Some(who.1));
            let sent = sent.header("accept", GRAPHQL_RESPONSE);
            let answer = sent.json(body).send().await.expect("an answer");
            (answer.status().as_u16(), answer.json().await.expect("JSON"))
        })
    };
    for (number, case) in cases.iter().enumerate() {
        let shown: String = case.value.to_string().chars().take(80).collect();
        let is_refused = |door| case.refused.contains(&door);
        let (status, answer) = post("/track", &track_body(case, &id_of(Door::Track, number)));
        let expected = if is_refused(Door::Track) { 400 } else { 200 };
        assert_eq!(status, expected, "/track {:?}.{} {shown} {answer}", case.kind, case.field);
        let (document, variables) = graphql_body(case, &id_of(Door::Graphql, number));
        let (status, answer) = post("/graphql", &json!({ "query": document, "variables": variables }));
        let expected = if is_refused(Door::Graphql) { 400 } else { 200 };
        assert_eq!(status, expected, "GraphQL {:?}.{} {shown} {answer}", case.kind, case.field);
        if status == 400 {
            let argument = answer["errors"][0]["extensions"]["argument"].as_str().unwrap_or_default();
            assert!(argument.starts_with(&format!("input.{}", case.field)), "{argument}: {answer}");
        }
    }
    for kind in [Kind::Event, Kind::Profile, Kind::Group] {
        import(data, &cases, kind);
    }

    let stored = stored(&server, who);
    for (number, case) in cases.iter().enumerate() {
        let shown: String = case.value.to_string().chars().take(80).collect();
        let rows: Vec<(Door, &Value)> = DOORS
            .into_iter()
            .filter_map(|door| stored.get(&id_of(door, number)).map(|row| (door, row)))
            .collect();
        let taken: Vec<Door> = rows.iter().map(|(door, _)| *door).collect();
        let expected: Vec<Door> = DOORS.into_iter().filter(|door| !case.refused.contains(door)).collect();
        assert_eq!(taken, expected, "{:?}.{} {shown}", case.kind, case.field);
        if case.value == floats() {
            for (door, row) in &rows {
                let kept: Value =
                    serde_json::from_str(row["properties"].as_str().expect("JSON text")).expect("JSON");
                assert_eq!(kept, case.value, "{:?} through {door:?}", case.kind);
            }
        }
        for pair in rows.windows(2) {
            let [one, other] = [pair[0], pair[1]].map(|(_, row)| comparable(case, row));
            assert_eq!(
                one, other,
                "{:?}.{} {shown}: {:?} and {:?}",
                case.kind, case.field, pair[0].0, pair[1].0
            );
        }
    }
    server.stop();
}
