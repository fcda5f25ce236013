//! Rights, over every field that the schema has, and what a client may do that lost its own.

use crate::support::app::{Credentials, TestApp};
use crate::support::schema::{Schema, document};
use crate::support::socket::{Heard, Socket};
use serde_json::{Value, json};

/// What becomes of a field with the least that it asks for: the code of the first error, `DONE` without one.
async fn outcome(t: &TestApp, client: &Credentials, schema: &Schema, operation: &str, name: &str) -> String {
    let object = if operation == "query" { "Query" } else { "Mutation" };
    let field = schema.fields(object).into_iter().find(|field| field.name.node == name).expect("a field");
    let given = schema.required(field);
    let document = document(operation, field, schema.has_selection(&field.ty.node), &given);
    let answer = t.gql_as(client, &document, given).await.json();
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or("DONE").to_owned()
}

fn names(schema: &Schema, object: &str) -> Vec<String> {
    schema.fields(object).iter().map(|field| field.name.node.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_asks_for_its_right() {
    let t = TestApp::start().await;
    let schema = Schema::read();
    let (mut by_write, mut by_nobody) = (Vec::new(), Vec::new());
    let mutations = names(&schema, "Mutation");
    for name in &mutations {
        assert_eq!(outcome(&t, &t.alpha.read, &schema, "mutation", name).await, "FORBIDDEN", "READ: {name}");
        match outcome(&t, &t.alpha.write, &schema, "mutation", name).await.as_str() {
            "FORBIDDEN" => by_nobody.push(name.as_str()),
            _ => by_write.push(name.as_str()),
        }
    }
    by_write.sort_unstable();
    // What sends data and names sets of it; everything else is for ADMIN.
    let sends = [
        "deleteCohort",
        "deleteGroup",
        "identify",
        "leaveGroups",
        "saveCohort",
        "setGroup",
        "setGroups",
        "track",
        "trackBatch",
        "upsertGroup",
    ];
    assert_eq!(by_write, sends);
    assert!(by_nobody.len() >= 5 && by_nobody.contains(&"createClient"), "{by_nobody:?}");
    let (mut open, mut managed, mut forbidden) = (Vec::new(), Vec::new(), 0);
    for name in names(&schema, "Query") {
        match outcome(&t, &t.alpha.write, &schema, "query", &name).await.as_str() {
            "DONE" => open.push(name.clone()),
            "FORBIDDEN" => forbidden += 1,
            // What is wrong with an argument may be told first.
            other => assert_eq!(other, "BAD_INPUT", "WRITE: {name}"),
        }
        if outcome(&t, &t.alpha.read, &schema, "query", &name).await == "FORBIDDEN" {
            managed.push(name);
        }
    }
    assert_eq!(open, ["limits"]);
    assert!(managed.contains(&"clients".to_owned()) && managed.len() < 6, "{managed:?}");
    assert!(forbidden > 30, "{forbidden}");
    let served = t.serve().await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.write).await;
    for field in schema.fields("Subscription") {
        let given = schema.required(field);
        let document = document("subscription", field, schema.has_selection(&field.ty.node), &given);
        let payload = json!({"query": document, "variables": given});
        socket.say(&json!({"type": "subscribe", "id": "1", "payload": payload})).await;
        let error = socket.refusal("1").await;
        let code = error["extensions"]["code"].as_str().expect("a code");
        assert!(matches!(code, "FORBIDDEN" | "BAD_INPUT"), "{} {error}", field.name.node);
    }
    assert!(t.groups(&t.beta).await.is_empty() && t.events(&t.beta).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_revoked_is_cut_off_at_once() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let (mut socket, mut other) = (
        Socket::open_as(&served.url, &t.alpha.read).await,
        Socket::open_as(&served.url, &t.alpha.admin).await,
    );
    for socket in [&mut socket, &mut other] {
        socket.subscribe("1", "subscription { newEvents { events { name } } }").await;
        assert_eq!(socket.answer("1").await, json!({"newEvents": {"events": []}}));
    }
    let stream = reqwest::Client::new().post(format!("{}/graphql", served.url));
    let stream = stream.json(&json!({"query": "subscription { newEvents { events { name } } }"}));
    let stream = stream.basic_auth(&t.alpha.read.id, Some(&t.alpha.read.secret));
    let mut stream = stream.header("accept", "text/event-stream").send().await.expect("an answer");
    assert!(stream.chunk().await.expect("a part").is_some());
    let revoke = "mutation($id: ID!) { revokeClient(input: {id: $id}) { client { revokedAt } } }";
    let revoked = t.gql(revoke, json!({"id": t.alpha.read.id})).await;
    assert!(revoked["data"]["revokeClient"]["client"]["revokedAt"].is_string(), "{revoked}");
    // Nothing happens but this, and yet they end.
    let Heard::Closed(code, _) = socket.hear().await else { panic!("it goes on") };
    assert_eq!(code, 4403);
    let mut rest = String::new();
    while let Some(part) = stream.chunk().await.expect("it ends well") {
        rest.push_str(std::str::from_utf8(&part).expect("UTF-8"));
    }
    assert!(rest.contains("UNAUTHORIZED"), "{rest}");
    // Who was not revoked hears on.
    let event = json!({"type": "track", "payload": {"name": "after"}});
    assert_eq!(t.track(&event).await.status, 200);
    assert_eq!(other.answer("1").await["newEvents"]["events"], json!([{"name": "after"}]));
}

#[tokio::test]
async fn a_client_sees_the_schema_as_its_admin_says() {
    for hide_schema in [false, true] {
        let t = TestApp::start_with(|config| config.hide_schema = hide_schema).await;
        let set = "mutation($id: ID!, $on: Boolean) {
          setClientIntrospection(input: {id: $id, introspection: $on}) { client { introspection } } }";
        let clients = [(&t.alpha.read, !hide_schema), (&t.alpha.write, false), (&t.alpha.admin, true)];
        for (client, by_right) in clients {
            for (given, is_told) in [(json!(true), true), (json!(false), false), (Value::Null, by_right)] {
                let answer =
                    t.gql_as(&t.alpha.admin, set, json!({"id": client.id, "on": given})).await.json();
                assert_eq!(
                    answer["data"]["setClientIntrospection"]["client"]["introspection"], given,
                    "{answer}"
                );
                let schema = t.gql_as(client, "{ __schema { queryType { name } } }", json!({})).await;
                assert_eq!(
                    schema.status,
                    if is_told { 200 } else { 403 },
                    "{hide_schema} {given} {}",
                    schema.text
                );
                let wrong = t.gql_as(client, "{ grups { totalCount } }", json!({})).await;
                assert_eq!(wrong.text.contains("groups"), is_told, "{hide_schema} {given} {}", wrong.text);
            }
        }
        let strange = t.gql_as(&t.beta.admin, set, json!({"id": t.alpha.read.id, "on": true})).await.json();
        assert_eq!(strange["errors"][0]["extensions"]["code"], "NOT_FOUND", "{strange}");
        let document = "mutation { createClient(input: {name: \"x\", right: READ, introspection: false}) { client { introspection } } }";
        let made = t.gql(document, json!({})).await;
        assert_eq!(made["data"]["createClient"]["client"]["introspection"], false, "{made}");
        let listed = t.gql("{ clients { introspection } }", json!({})).await;
        let listed = listed["data"]["clients"].as_array().expect("clients").clone();
        assert_eq!(listed.iter().filter(|client| client["introspection"] == json!(false)).count(), 1);
    }
}
