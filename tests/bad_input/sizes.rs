//! What is too long, too deep, too wide or too far.

use super::World;
use crate::server::muster;
use serde_json::{Map, Value, json};

/// Five megabytes of brackets.
fn deep(open: &str, close: &str) -> String {
    let levels = (5 << 20) / (open.len() + close.len());
    format!("{}1{}", open.repeat(levels), close.repeat(levels))
}

/// Five megabytes of keys.
fn wide() -> Value {
    let keys = (0..50_000).map(|key| (format!("key{key}"), json!("x".repeat(90))));
    Value::Object(keys.collect::<Map<_, _>>())
}

#[test]
fn properties_of_five_megabytes_are_refused_at_every_door() {
    let world = World::start();
    let mutation = "mutation M($p: JSON) { track(input: { name: \"a\", properties: $p }) { outcome } }";
    for deep in [deep("[", "]"), deep("{\"a\":", "}")] {
        for body in [
            format!("{{\"type\":\"track\",\"payload\":{{\"name\":\"a\",\"properties\":{{\"x\":{deep}}}}}}}"),
            format!("{{\"type\":\"identify\",\"payload\":{{\"profileId\":\"a\",\"x\":{deep}}}}}"),
            format!("[{deep}]"),
        ] {
            let told = world.post_text("/track", Some(&world.write), body);
            let is_well =
                told.status == 400 && told.text.contains("nests deeper than 128 levels; send it flatter");
            world.expect(is_well, "deep to /track", &told);
        }
        let document = Value::from(mutation);
        let body = format!("{{\"query\":{document},\"variables\":{{\"p\":{deep}}}}}");
        let told = world.post_text("/graphql", Some(&world.admin), body);
        let is_well =
            told.status == 400 && told.text.contains("nests deeper than 128 levels; send it flatter");
        world.expect(is_well, "deep in a variable", &told);
    }
    for literal in [deep("[", "]"), deep("{a:", "}")] {
        let document =
            format!("mutation {{ track(input: {{ name: \"a\", properties: {literal} }}) {{ outcome }} }}");
        let told = world.graphql(&world.admin, &document, &json!({}));
        world.expect_error(&told, 400, "BAD_INPUT", Some("query"), "deep in a document");
    }
    for levels in [33, 100] {
        let nested = (0..levels).fold(json!(1), |below, _| json!({ "k": below }));
        let told = world.graphql(&world.admin, mutation, &json!({ "p": nested }));
        world.expect_error(&told, 400, "BAD_INPUT", Some("input.properties"), "deep enough to be read");
    }
    let told = world.graphql(&world.admin, mutation, &json!({ "p": wide() }));
    world.expect_error(&told, 400, "BAD_INPUT", Some("input.properties"), "wide in a variable");
    for (kind, mut payload) in [
        ("track", json!({ "name": "a" })),
        ("identify", json!({ "profileId": "a" })),
        ("group", json!({ "id": "a", "type": "t", "name": "n" })),
    ] {
        payload["properties"] = wide();
        let told = world.post("/track", Some(&world.write), &json!({ "type": kind, "payload": payload }));
        let is_well = told.status == 400 && told.text.contains("262144 at most are allowed");
        world.expect(is_well, "wide to /track", &told);
    }
    let file = world.data().join("rows.ndjson");
    let row = |key: &str, value: &str| {
        format!("{{\"name\":\"a\",\"who\":\"u\",\"at\":\"2026-01-01T00:00:00Z\",\"{key}\":{value}}}\n")
    };
    let rows = [row("x", &deep("[", "]")), row("x", &deep("{\"a\":", "}")), row("x", &wide().to_string())];
    // The columns are those of the rows that can be read.
    let known = "{\"name\":\"\",\"who\":\"\",\"at\":\"\"}\n";
    std::fs::write(&file, format!("{known}{}", rows.concat())).expect("written");
    let file = file.to_str().expect("UTF-8");
    let mapping = ["--project", "p", "--name", "name", "--profile", "who", "--time", "at"];
    let told = muster(world.data(), &[&["import", file][..], &mapping].concat());
    // Nothing was imported.
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stdout).expect("UTF-8");
    assert!(told.contains("4 rows: 0 events stored, 0 stored before, 4 bad"), "{told}");
    assert!(told.contains("line 4: properties: has ") && told.contains("262144 at most"), "{told}");
    world.end();
}

#[test]
fn what_is_too_long_or_too_much_is_refused_with_what_is_allowed() {
    let world = World::start();
    let long = "x".repeat(10_240);
    let funnel = |steps: usize| {
        let steps: Vec<Value> = (0..steps).map(|step| json!({ "event": format!("e{step}") })).collect();
        json!({ "s": steps })
    };
    let by_steps = "query Q($s: [FunnelStepInput!]!) { funnel(steps: $s, window: \"P1D\", last: \"P1D\") { steps { units } } }";
    let table = "query Q($s: String!) { funnelTable(steps: $s, window: \"P1D\", from: \"2026-01-01\", to: \"2026-01-02\") { step } }";
    let thousand = vec!["a"; 1000].join(",");
    let events = |count: usize| vec![json!({ "name": "a" }); count];
    for (document, variables, argument) in [
        (by_steps, funnel(1000), "steps"),
        (by_steps, funnel(1), "steps"),
        (by_steps, funnel(0), "steps"),
        (by_steps, json!({ "s": [{ "event": "a" }, { "event": long }] }), "steps[1].event"),
        (table, json!({ "s": thousand }), "steps"),
        (table, json!({ "s": format!("a,{long}") }), "steps"),
        (
            "mutation M($n: String!) { track(input: { name: $n }) { outcome } }",
            json!({ "n": long }),
            "input.name",
        ),
        (
            "mutation M($n: ID!) { upsertGroup(input: { id: $n, type: \"t\", name: \"n\" }) { outcome } }",
            json!({ "n": long }),
            "input.id",
        ),
        (
            "mutation M($n: ID!) { setGroup(input: { profileId: \"a\", groupId: $n }) { __typename } }",
            json!({ "n": long }),
            "input.groupId",
        ),
        (
            "mutation M($e: [TrackInput!]!) { trackBatch(input: { events: $e }) { accepted } }",
            json!({ "e": events(10_001) }),
            "input.events",
        ),
        (
            "query Q($f: FilterInput) { events(filter: $f) { totalCount } }",
            json!({ "f": { "event": { "property": "a", "in": vec![1; 10_001] } } }),
            "filter.event.in",
        ),
        ("{ groups(first: 1001) { totalCount } }", json!({}), "first"),
        (
            "{ eventsTable(from: \"2026-01-01\", to: \"2026-01-02\", first: 100001) { name } }",
            json!({}),
            "first",
        ),
        (
            "{ activeUsers(groupType: \"a\", interval: HOUR, range: { from: \"0001-01-01T00:00:00Z\", to: \"9998-12-31T00:00:00Z\" }) { buckets { events } } }",
            json!({}),
            "interval",
        ),
    ] {
        let told = world.graphql(&world.admin, document, &variables);
        world.expect_error(&told, 400, "BAD_INPUT", Some(argument), document);
    }
    let name = json!({ "type": "track", "payload": { "name": long } });
    let told = world.post("/track", Some(&world.write), &name);
    let is_well =
        told.status == 400 && told.text.contains("has 10240 characters; a name may have 80 at most");
    world.expect(is_well, "a name of 10 kB", &told);
    let told = world.post("/track", Some(&world.write), &Value::from(vec![json!({}); 10_001]));
    world.expect(told.status == 400 && told.text.contains("10000 at most"), "too many items", &told);
    for path in ["/track", "/graphql"] {
        let told = world.post_text(path, Some(&world.admin), " ".repeat((16 << 20) + 1));
        world.expect(told.status == 413 && told.text.contains("send it in parts"), "a large body", &told);
    }
    world.end();
}

#[test]
fn the_year_9999_is_refused_and_over_track_it_is_the_present() {
    let world = World::start();
    let far = "9999-01-01T00:00:00Z";
    for (document, argument) in [
        (
            "mutation M($t: DateTime) { track(input: { name: \"a\", occurredAt: $t }) { outcome } }",
            "input.occurredAt",
        ),
        (
            "mutation M($t: DateTime) { trackBatch(input: { events: [{ name: \"a\", occurredAt: $t }] }) { accepted } }",
            "input.events[0].occurredAt",
        ),
        (
            "mutation M($t: DateTime) { setGroup(input: { profileId: \"a\", groupId: \"g\", joinedAt: $t }) { __typename } }",
            "input.joinedAt",
        ),
        (
            "mutation M($t: DateTime) { setGroups(input: { profileId: \"a\", groupIds: [\"g\"], joinedAt: $t }) { __typename } }",
            "input.joinedAt",
        ),
        (
            "mutation M($t: DateTime) { leaveGroups(input: { profileId: \"a\", groupIds: [\"g\"], leftAt: $t }) { __typename } }",
            "input.leftAt",
        ),
        (
            "mutation M($t: DateTime) { upsertGroup(input: { id: \"g\", type: \"t\", name: \"n\", effectiveAt: $t }) { outcome } }",
            "input.effectiveAt",
        ),
    ] {
        // No later than the last year there is, it still lies too far ahead.
        for time in [far, "9998-01-01T00:00:00Z"] {
            if argument.contains("events") && time != far {
                continue;
            }
            let told = world.graphql(&world.admin, document, &json!({ "t": time }));
            world.expect_error(&told, 400, "BAD_INPUT", Some(argument), document);
        }
    }
    let range = "query Q($t: DateTime!) { activeUsers(groupType: \"a\", range: { from: \"2026-01-01T00:00:00Z\", to: $t }) { totals { events } } }";
    let told = world.graphql(&world.admin, range, &json!({ "t": far }));
    world.expect_error(&told, 400, "BAD_INPUT", Some("range.to"), range);
    let file = world.data().join("rows.csv");
    std::fs::write(&file, format!("name,who,at\na,u,{far}\na,u,9998-01-01T00:00:00Z\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let mapping = ["--project", "p", "--name", "name", "--profile", "who", "--time", "at"];
    let told = muster(world.data(), &[&["import", file][..], &mapping].concat());
    // Nothing was imported.
    assert_eq!(told.status.code(), Some(1));
    let told = String::from_utf8(told.stdout).expect("UTF-8");
    assert!(told.contains("2 rows: 0 events stored, 0 stored before, 2 bad"), "{told}");
    assert!(told.contains("line 2: at: ") && told.contains("years 1 to 9998"), "{told}");
    assert!(told.contains("line 3: at: ") && told.contains("24 hours ahead"), "{told}");

    // OpenPanel takes a time that lies ahead as the time of receipt.
    let other = World::start();
    let event = json!({ "type": "track", "payload": { "id": "e", "name": "a", "properties": { "__timestamp": far } } });
    assert_eq!(other.post("/track", Some(&other.write), &event).status, 200);
    let told =
        other.graphql(&other.admin, "{ event(id: \"e\") { occurredAt receivedAt } }", &json!({})).json();
    let event = &told["data"]["event"];
    assert!(event["occurredAt"].is_string() && event["occurredAt"] == event["receivedAt"], "{told}");
    world.end();
}
