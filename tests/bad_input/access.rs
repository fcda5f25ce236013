//! Who is let in, and to what.

use super::{Client, World};
use serde_json::{Value, json};

const MUTATIONS: [(&str, &str); 8] = [
    ("track", "(input: { name: \"a\" }) { outcome }"),
    ("trackBatch", "(input: { events: [{ name: \"a\" }] }) { accepted }"),
    ("identify", "(input: { profileId: \"a\" }) { profile { id } }"),
    ("upsertGroup", "(input: { id: \"a\", type: \"t\", name: \"n\" }) { group { id } }"),
    ("deleteGroup", "(input: { id: \"a\" }) { deletedId }"),
    ("setGroup", "(input: { profileId: \"a\", groupId: \"g\" }) { profile { id } }"),
    ("setGroups", "(input: { profileId: \"a\", groupIds: [\"g\"] }) { profile { id } }"),
    ("leaveGroups", "(input: { profileId: \"a\", groupIds: [\"g\"] }) { profile { id } }"),
];

#[test]
fn wrong_or_missing_credentials_are_401_at_every_address() {
    let world = World::start();
    let client = |id: &str, secret: &str| Some(Client { id: id.to_owned(), secret: secret.to_owned() });
    let (admin, read) = (&world.admin, &world.read);
    let event = json!({ "type": "track", "payload": { "name": "a" } });
    let question = json!({ "query": "{ __typename }" });
    // Where the right secret came from, wrong ones are not slowed: each is told what it is.
    let told = world.post("/graphql", Some(admin), &question);
    world.expect(told.status == 200, "the right secret", &told);
    for (shown, what) in [
        (None, "nothing"),
        (client("", ""), "empty texts"),
        (client("banana", &admin.secret), "an id that is none"),
        (client("00000000-0000-4000-8000-000000000000", &admin.secret), "an id of nobody"),
        (client(&admin.id.to_uppercase(), &admin.secret), "an id in capitals"),
        (client(&admin.id, ""), "no secret"),
        (client(&admin.id, "sec_wrong"), "a wrong secret"),
        (client(&admin.id, &read.secret), "another client's secret"),
        (client(&admin.id, &admin.secret[..admin.secret.len() - 1]), "a shortened secret"),
        (client(&admin.id, &format!("{} ", admin.secret)), "a longer secret"),
    ] {
        let shown = shown.as_ref();
        for told in
            [world.post("/graphql", shown, &question), world.get("/graphql?query=%7B__typename%7D", shown)]
        {
            world.expect_error(&told, 401, "UNAUTHORIZED", None, what);
        }
        for path in
            ["/queries", "/queries/GroupTypes.json", "/queries/GroupTypes.csv", "/queries/Nothing.csv"]
        {
            let told = world.get(path, shown);
            let is_well = told.status == 401 && told.json()["error"]["code"] == "UNAUTHORIZED";
            world.expect(is_well, what, &told);
        }
        for told in [
            world.post("/track", shown, &event),
            world.post("/track", shown, &json!([event])),
            world.get("/track/device-id", shown),
        ] {
            let is_well = told.status == 401 && told.json()["code"] == "UNAUTHORIZED";
            world.expect(is_well, what, &told);
        }
    }
    world.end();
}

#[test]
fn a_read_client_writes_nothing_and_a_write_client_reads_nothing() {
    let world = World::start();
    for (name, rest) in MUTATIONS {
        let document = format!("mutation {{ {name}{rest} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect_error(&told, 403, "FORBIDDEN", None, &document);
        let message = told.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        world.expect(message.contains("WRITE or ADMIN"), &document, &told);
    }
    let event = json!({ "type": "track", "payload": { "name": "a" } });
    for body in [event.clone(), json!([event])] {
        let told = world.post("/track", Some(&world.read), &body);
        let is_well =
            told.status == 401 && told.text.contains("may not write; use one with the right WRITE or ADMIN");
        world.expect(is_well, "a READ client at /track", &told);
    }
    for document in [
        "{ events { totalCount } }",
        "{ groups { totalCount } }",
        "{ profile(id: \"a\") { id } }",
        "{ activeUsers(groupType: \"a\", last: \"P1D\") { totals { events } } }",
        "{ funnelTable(steps: \"a,b\", window: \"P1D\", from: \"2026-01-01\", to: \"2026-01-02\") { step } }",
        "mutation { identify(input: { profileId: \"a\" }) { profile { email } } }",
    ] {
        let told = world.graphql(&world.write, document, &json!({}));
        world.expect_error(&told, 403, "FORBIDDEN", None, document);
    }
    for path in ["/queries", "/queries/GroupTypes.json", "/queries/GroupTypes.csv"] {
        let told = world.get(path, Some(&world.write));
        let is_well = told.status == 403 && told.json()["error"]["code"] == "FORBIDDEN";
        world.expect(is_well, path, &told);
    }
    world.end();
}

#[test]
fn a_mutation_over_get_is_refused() {
    let world = World::start();
    for (name, rest) in MUTATIONS {
        let query = format!("mutation {{ {name}{rest} }}");
        let url = reqwest::Url::parse_with_params(&world.url("/graphql"), &[("query", query.as_str())])
            .expect("a URL");
        let told = world.send(world.http.get(url), Some(&world.admin));
        let error: Value = told.json()["errors"][0]["message"].clone();
        let is_well = told.status == 405 && error.as_str().is_some_and(|text| text.contains("POST"));
        world.expect(is_well, name, &told);
    }
    world.end();
}
