//! A project's clients: made, given other secrets and origins, revoked, by those who may, from the next request on.

use crate::server::{Server, muster, out, stderr};
use crate::support::app::{Answer, Credentials, TestApp, TestProject};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use chrono::Duration;
use serde_json::{Value, json};
use std::net::SocketAddr;

const LIST: &str = "{ clients { id name right origins createdAt lastUsedAt revokedAt } }";
const CREATE: &str = "mutation($name: String!, $right: ClientRight!, $origins: [String!]) {
    createClient(input: { name: $name, right: $right, origins: $origins }) { client { id name right origins } secret }
}";
const ROTATE: &str = "mutation($id: ID!) { rotateClientSecret(input: { id: $id }) { client { id } secret } }";
const REVOKE: &str = "mutation($id: ID!) { revokeClient(input: { id: $id }) { client { id revokedAt } } }";
const ORIGINS: &str = "mutation($id: ID!, $origins: [String!]!) {
    setClientOrigins(input: { id: $id, origins: $origins }) { client { origins } } }";

async fn ask(t: &TestApp, client: &Credentials, document: &str, variables: Value) -> Value {
    t.gql_as(client, document, variables).await.json()
}

/// Makes a client with a right in project alpha.
async fn create(t: &TestApp, name: &str, right: &str) -> Credentials {
    let answer = ask(t, &t.alpha.admin, CREATE, json!({"name": name, "right": right, "origins": []})).await;
    let made = &answer["data"]["createClient"];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned();
    Credentials { id: text(&made["client"]["id"]), secret: text(&made["secret"]) }
}

async fn listed(t: &TestApp, project: &TestProject, id: &str) -> Value {
    let answer = ask(t, &project.admin, LIST, json!({})).await;
    let clients = answer["data"]["clients"].as_array().unwrap_or_else(|| panic!("a list: {answer:#}"));
    clients.iter().find(|client| client["id"] == id).cloned().unwrap_or_default()
}

/// What a client is answered by GraphQL, by a saved query and by ingestion.
async fn statuses(t: &TestApp, client: &Credentials) -> [u16; 3] {
    let event = json!({"type": "track", "payload": {"name": "a", "profileId": "u"}});
    [
        t.gql_as(client, "{ __typename }", json!({})).await.status,
        t.get("/queries/GroupTypes.csv", &client.headers()).await.status,
        t.track_as(client, &event).await.status,
    ]
}

fn error(answer: &Value) -> (String, String, String) {
    let error = &answer["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["extensions"]["code"]), text(&error["extensions"]["argument"]), text(&error["message"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_rotated_and_a_client_that_was_revoked_are_refused_at_once() {
    let t = TestApp::start().await;
    let first = create(&t, "Second desk", "ADMIN").await;
    assert_eq!(statuses(&t, &first).await, [200, 200, 200]);
    let rotated = ask(&t, &first, ROTATE, json!({"id": first.id})).await;
    let secret = rotated["data"]["rotateClientSecret"]["secret"].as_str().expect("a secret").to_owned();
    assert_eq!(statuses(&t, &first).await, [401, 401, 401]);
    let second = Credentials { id: first.id.clone(), secret };
    assert_eq!(statuses(&t, &second).await, [200, 200, 200]);
    let t = t.restart().await;
    assert_eq!((statuses(&t, &first).await, statuses(&t, &second).await), ([401; 3], [200; 3]));

    let revoked = ask(&t, &t.alpha.admin, REVOKE, json!({"id": first.id})).await;
    assert_eq!(revoked["data"]["revokeClient"]["client"]["revokedAt"], "2026-03-10T12:00:00Z", "{revoked:#}");
    assert_eq!(statuses(&t, &second).await, [401; 3]);
    let told = t.gql_as(&second, "{ __typename }", json!({})).await;
    assert!(told.text.contains("This client was revoked"), "{}", told.text);
    let t = t.restart().await;
    assert_eq!(statuses(&t, &second).await, [401; 3]);
    assert_eq!(listed(&t, &t.alpha, &first.id).await["revokedAt"], "2026-03-10T12:00:00Z");
    // Nothing brings it back.
    for (mutation, variables) in [
        (ROTATE, json!({"id": first.id})),
        (REVOKE, json!({"id": first.id})),
        (ORIGINS, json!({"id": first.id, "origins": []})),
    ] {
        let (code, argument, message) = error(&ask(&t, &t.alpha.admin, mutation, variables).await);
        assert_eq!((code.as_str(), argument.as_str()), ("CONFLICT", "input.id"), "{message}");
        assert!(message.contains("stays so; create another"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_listed_with_their_last_use_and_without_their_secrets() {
    let t = TestApp::start().await;
    let made = create(&t, "Warehouse", "READ").await;
    let expected = json!({
        "id": made.id, "name": "Warehouse", "right": "READ", "origins": [], "createdAt": "2026-03-10T12:00:00Z",
        "lastUsedAt": null, "revokedAt": null,
    });
    assert_eq!(listed(&t, &t.alpha, &made.id).await, expected);
    t.advance(Duration::seconds(3_725));
    assert_eq!(t.gql_as(&made, "{ __typename }", json!({})).await.status, 200);
    assert_eq!(listed(&t, &t.alpha, &made.id).await["lastUsedAt"], "2026-03-10T13:02:00Z");
    // A wrong secret is no use.
    t.advance(Duration::hours(1));
    let wrong = Credentials { secret: "sec_x".to_owned(), ..made.clone() };
    assert_eq!(t.gql_as(&wrong, "{ __typename }", json!({})).await.status, 401);
    let t = t.restart().await;
    let answer = ask(&t, &t.alpha.admin, LIST, json!({})).await;
    assert_eq!(listed(&t, &t.alpha, &made.id).await["lastUsedAt"], "2026-03-10T13:02:00Z");
    for secret in [&made.secret, &t.alpha.admin.secret] {
        assert!(!answer.to_string().contains(secret.as_str()));
        assert!(!answer.to_string().contains(&muster::saved::sha256_hex(secret)));
    }
    assert_eq!(answer["data"]["clients"].as_array().map(Vec::len), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_of_the_project_manages_its_clients() {
    let t = TestApp::start().await;
    let id = &t.alpha.read.id;
    let all = [
        (LIST, json!({})),
        (CREATE, json!({"name": "x", "right": "ADMIN", "origins": []})),
        (ROTATE, json!({"id": id})),
        (REVOKE, json!({"id": id})),
        (ORIGINS, json!({"id": id, "origins": ["*"]})),
    ];
    for (document, variables) in &all {
        for client in [&t.alpha.read, &t.alpha.write] {
            let (code, _, message) = error(&ask(&t, client, document, variables.clone()).await);
            assert_eq!(code, "FORBIDDEN", "{document} {message}");
        }
    }
    // To another project's ADMIN the client does not exist.
    for (document, variables) in &all[2..] {
        let (code, argument, message) = error(&ask(&t, &t.beta.admin, document, variables.clone()).await);
        assert_eq!((code.as_str(), argument.as_str()), ("NOT_FOUND", "input.id"), "{document} {message}");
    }
    assert_eq!(statuses(&t, &t.alpha.read).await, [200, 200, 401]);
    assert_eq!(listed(&t, &t.beta, id).await, Value::Null);
    assert_eq!(
        ask(&t, &t.alpha.admin, LIST, json!({})).await["data"]["clients"].as_array().map(Vec::len),
        Some(3)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_cannot_be_revoked_and_other_mistakes_are_told() {
    let t = TestApp::start_with(|config| config.max_clients = 5).await;
    let admin = &t.alpha.admin;
    let (code, argument, message) = error(&ask(&t, admin, REVOKE, json!({"id": admin.id})).await);
    assert_eq!((code.as_str(), argument.as_str()), ("CONFLICT", "input.id"), "{message}");
    assert!(message.contains("create another ADMIN client first"), "{message}");
    assert_eq!(statuses(&t, admin).await, [200; 3]);
    let other = create(&t, "Other", "ADMIN").await;
    let revoked = ask(&t, admin, REVOKE, json!({"id": admin.id})).await;
    assert_eq!(revoked["errors"], Value::Null, "{revoked:#}");
    let (code, ..) = error(&ask(&t, &other, REVOKE, json!({"id": other.id})).await);
    assert_eq!(code, "CONFLICT", "one that was revoked is no ADMIN that is left");
    for (name, right, origins, code, argument) in [
        ("", "READ", json!([]), "BAD_INPUT", "input.name"),
        ("a\nb", "READ", json!([]), "BAD_INPUT", "input.name"),
        ("x", "READ", json!(["not an origin"]), "BAD_INPUT", "input.origins"),
        ("x", "READ", json!(["https://a.example", "banana"]), "BAD_INPUT", "input.origins"),
        ("x", "READ", json!(vec!["https://a.example"; 101]), "BAD_INPUT", "input.origins"),
    ] {
        let answer = ask(&t, &other, CREATE, json!({"name": name, "right": right, "origins": origins})).await;
        let (found, at, message) = error(&answer);
        assert_eq!((found.as_str(), at.as_str()), (code, argument), "{message}");
    }
    for n in 0..2 {
        let answer = ask(&t, &other, CREATE, json!({"name": format!("n{n}"), "right": "WRITE"})).await;
        assert_eq!(answer["errors"], Value::Null, "{answer:#}");
    }
    let (code, argument, message) =
        error(&ask(&t, &other, CREATE, json!({"name": "x", "right": "READ"})).await);
    assert_eq!((code.as_str(), argument.as_str()), ("LIMITED", "input.name"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn origins_are_set_and_taken_away() {
    let t = TestApp::start().await;
    let client = create(&t, "Website", "WRITE").await;
    let event = json!({"type": "track", "payload": {"name": "a", "profileId": "u"}});
    let from = [("openpanel-client-id", client.id.clone()), ("origin", "https://app.example.com".to_owned())];
    assert_eq!(t.post("/track", &from, &event).await.status, 401);
    for (origins, status) in [(json!(["https://*.example.com"]), 200), (json!([]), 401)] {
        let answer = ask(&t, &t.alpha.admin, ORIGINS, json!({"id": client.id, "origins": origins})).await;
        assert_eq!(answer["data"]["setClientOrigins"]["client"]["origins"], origins, "{answer:#}");
        assert_eq!(t.post("/track", &from, &event).await.status, status);
    }
}

/// A request from an address, with a secret.
async fn from(t: &TestApp, address: &str, client: &Credentials, secret: &str) -> Answer {
    let peer: SocketAddr = format!("{address}:5000").parse().expect("an address");
    let request = Request::post("/graphql")
        .header("openpanel-client-id", &client.id)
        .header("openpanel-client-secret", secret)
        .header("content-type", "application/json")
        .extension(ConnectInfo(peer));
    t.send(request.body(Body::from("{\"query\": \"{ __typename }\"}")).expect("a request")).await
}

#[tokio::test]
async fn wrong_secrets_are_slowed_where_they_come_from_and_nowhere_else() {
    let t = TestApp::start().await;
    let (read, write) = (&t.alpha.read, &t.alpha.write);
    let (bad, good) = ("192.0.2.1", "192.0.2.2");
    for _ in 0..5 {
        assert_eq!(from(&t, bad, read, "sec_guess").await.status, 401);
    }
    // Now not even the right one is looked at, for a second.
    for secret in ["sec_guess", &read.secret] {
        let answer = from(&t, bad, read, secret).await;
        assert_eq!((answer.status, &answer.headers["retry-after"]), (429, &"1".parse().expect("text")));
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{}", answer.text);
    }
    let track =
        json!({"type": "track", "payload": {"name": "a"}, "clientId": write.id, "clientSecret": "sec_x"});
    for status in [401, 401, 401, 401, 401, 429] {
        let answer = t.post("/track", &[], &track).await;
        assert_eq!(
            (answer.status, answer.headers.contains_key("retry-after")),
            (status, status == 429),
            "{}",
            answer.text
        );
    }
    // Others, from there and from elsewhere, are let in.
    assert_eq!(from(&t, bad, &t.beta.read, &t.beta.read.secret).await.status, 200);
    assert_eq!(from(&t, good, read, &read.secret).await.status, 200);
    t.advance(Duration::seconds(1));
    assert_eq!(from(&t, bad, read, &read.secret).await.status, 200);
    // Where the right one came from, wrong ones keep nobody out.
    for _ in 0..50 {
        assert_eq!(from(&t, good, read, "sec_guess").await.status, 401);
    }
    assert_eq!(from(&t, good, read, &read.secret).await.status, 200);
    // However many come, the next wait is half a minute at most.
    let other = "192.0.2.3";
    for _ in 0..100 {
        from(&t, other, read, "sec_guess").await;
        t.advance(Duration::seconds(10));
    }
    t.advance(Duration::seconds(30));
    assert_eq!(from(&t, other, read, &read.secret).await.status, 200);
}

#[tokio::test]
async fn a_client_asks_so_often_a_minute_and_is_told_what_is_left() {
    let t = TestApp::start_with(|config| config.max_requests_per_minute = 6).await;
    let (read, write) = (&t.alpha.read, &t.alpha.write);
    let header = |answer: &Answer, name: &str| {
        answer.headers.get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
    };
    let told = |answer: &Answer| {
        let names = ["ratelimit-policy", "ratelimit", "retry-after"];
        (answer.status, names.map(|name| header(answer, name)))
    };
    let policy = "\"requests\";q=6;w=60";
    let expect = |status: u16, rate: &str, retry: &str| {
        (status, [policy.to_owned(), rate.to_owned(), retry.to_owned()])
    };
    let limits = t.gql_as(read, "{ limits { requestsPerMinute } }", json!({})).await;
    assert_eq!(limits.json()["data"]["limits"]["requestsPerMinute"], 6);
    assert_eq!(told(&limits), expect(200, "\"requests\";r=5;t=10", ""));
    let answer = t.get("/queries/GroupTypes.csv", &read.headers()).await;
    assert_eq!(told(&answer), expect(200, "\"requests\";r=4;t=20", ""));
    for _ in 0..4 {
        assert_eq!(t.get("/queries", &read.headers()).await.status, 200);
    }
    let answer = t.get("/queries", &read.headers()).await;
    assert_eq!(told(&answer), expect(429, "\"requests\";r=0;t=60", "10"));
    assert!(
        answer.text.contains("RATE_LIMITED") && answer.text.contains("6 requests a minute"),
        "{}",
        answer.text
    );
    let headers = read.headers();
    let answer = t.post("/graphql", &headers, &json!({"query": "{ __typename }"})).await;
    assert_eq!(told(&answer), expect(429, "\"requests\";r=0;t=60", "10"));
    // Who is not let in is told nothing of the client's rate.
    let wrong = Credentials { secret: "sec_x".to_owned(), ..read.clone() };
    assert_eq!(told(&t.get("/queries", &wrong.headers()).await), (401, [const { String::new() }; 3]));
    // Other clients have their own rate, and a browser without the secret takes nothing from who has it.
    assert_eq!(t.gql_as(&t.alpha.admin, "{ __typename }", json!({})).await.status, 200);
    let origins = json!({"id": write.id, "origins": ["https://app.example.com"]});
    assert_eq!(ask(&t, &t.alpha.admin, ORIGINS, origins).await["errors"], Value::Null);
    let event = json!({"type": "track", "payload": {"name": "a", "profileId": "u"}});
    let browser =
        [("openpanel-client-id", write.id.clone()), ("origin", "https://app.example.com".to_owned())];
    for status in [200, 200, 200, 200, 200, 200, 429] {
        assert_eq!(t.post("/track", &browser, &event).await.status, status);
    }
    assert_eq!(told(&t.track_as(write, &event).await), expect(200, "\"requests\";r=5;t=10", ""));
    // Ten seconds bring one request back.
    t.advance(Duration::seconds(10));
    assert_eq!(t.get("/queries", &read.headers()).await.status, 200);
    assert_eq!(t.get("/queries", &read.headers()).await.status, 429);
}

#[tokio::test]
async fn the_peer_of_a_real_connection_is_known() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let http = reqwest::Client::new();
    let ask = async |secret: &str| {
        let request = http.get(format!("{}/queries", served.url)).basic_auth(&t.alpha.read.id, Some(secret));
        request.send().await.expect("an answer").status().as_u16()
    };
    for status in [401, 401, 401, 401, 401, 429] {
        assert_eq!(ask("sec_guess").await, status);
    }
    assert_eq!(from(&t, "192.0.2.1", &t.alpha.read, &t.alpha.read.secret).await.status, 200);
    assert_eq!(ask(&t.alpha.read.secret).await, 429);
}

/// What a server answers to a client that lists the saved queries.
fn answered(server: &Server, id: &str, secret: &str) -> (u16, String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let request =
        reqwest::Client::new().get(format!("http://{}/queries", server.address)).basic_auth(id, Some(secret));
    runtime.block_on(async {
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    })
}

#[test]
fn the_command_line_manages_clients_on_a_free_folder_and_on_a_served_one() {
    let data = tempfile::tempdir().expect("a folder");
    out(&muster(data.path(), &["project", "create", "p"]));
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = ["client"].iter().chain(arguments).copied().collect();
        muster(data.path(), &all)
    };
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&out(&run(arguments))).expect("JSON") };
    let list = || json(&["list", "--project", "p", "--json"]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let made = json(&["create", "--project", "p", "--right", "admin", "--name", "Desk", "--json"]);
    let (id, first) = (text(&made["id"]), text(&made["secret"]));
    let listed = list();
    assert_eq!(
        (&listed[0]["id"], &listed[0]["name"], &listed[0]["right"], &listed[0]["revokedAt"]),
        (&json!(id), &json!("Desk"), &json!("ADMIN"), &Value::Null)
    );
    let origins =
        ["origins", &id, "--origin", "https://a.example", "--origin", "https://b.example", "--json"];
    assert_eq!(json(&origins)["origins"], json!(["https://a.example", "https://b.example"]));
    let drawn = out(&run(&["list", "--project", "p"]));
    assert!(drawn.contains(&id) && drawn.contains("Desk") && drawn.contains("https://b.example"), "{drawn}");

    let introspection = |on: &str| json(&["introspection", &id, on, "--json"])["introspection"].clone();
    assert_eq!(introspection("off"), json!(false));
    assert!(out(&run(&["list", "--project", "p"])).contains("introspection off"));
    assert_eq!([introspection("on"), introspection("default")], [json!(true), Value::Null]);

    let server = Server::start(data.path(), &[]);
    let ask = |secret: &str| answered(&server, &id, secret);
    assert_eq!(ask(&first).0, 200);
    let second = text(&json(&["rotate", &id, "--json"])["secret"]);
    let (status, body) = ask(&first);
    assert!(status == 401 && body.contains("Invalid client secret"), "{body}");
    assert_eq!(ask(&second).0, 200);
    assert!(list()[0]["lastUsedAt"].is_string());
    let refused = run(&["revoke", &id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("create another ADMIN client first"), "{}", stderr(&refused));
    let other = json(&["create", "--project", "p", "--right", "ADMIN", "--json"]);
    assert_eq!(json(&["revoke", &id, "--json"])["id"], json!(id));
    let (status, body) = ask(&second);
    assert!(status == 401 && body.contains("was revoked"), "{body}");
    server.stop();
    let revoked: Vec<bool> =
        list().as_array().expect("a list").iter().map(|client| client["revokedAt"].is_string()).collect();
    assert_eq!(revoked, [true, false]);
    for (arguments, code, part) in [
        (["rotate", &id].as_slice(), 1, "stays so; create another"),
        (&["rotate", "nobody"], 1, "no client nobody"),
        (&["revoke", &text(&other["id"])], 1, "create another ADMIN client first"),
        (&["origins", &text(&other["id"]), "--origin", "two words"], 2, "origins"),
        (&["introspection", &text(&other["id"]), "maybe"], 2, "possible values: on, off, default"),
        (&["introspection", &id, "on"], 1, "stays so; create another"),
        (&["list", "--project", "nowhere"], 1, "no project \"nowhere\""),
    ] {
        let told = run(arguments);
        assert_eq!(told.status.code(), Some(code), "{}", stderr(&told));
        assert!(stderr(&told).contains(part), "{}", stderr(&told));
    }
    assert_eq!(json(&["origins", &text(&other["id"]), "--json"])["origins"], json!([]));
}
