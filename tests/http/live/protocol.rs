//! Who may subscribe, to how much, and how connections end.

use crate::support::app::{Credentials, TestApp, add_project};
use crate::support::socket::{Heard, Socket};
use muster::http;
use serde_json::json;
use std::sync::Arc;

const PROTOCOL: &str = "graphql-transport-ws";
const NEW: &str = "subscription { newEvents { cursor } }";

fn init(client: &Credentials) -> serde_json::Value {
    json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {}:{}", client.id, client.secret)}})
}

/// Waits for a connection to be closed; gives the code.
async fn closed(mut socket: Socket) -> u16 {
    loop {
        if let Heard::Closed(code, _) = socket.hear().await {
            return code;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_shown_by_headers_or_by_the_first_message() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let url = &served.url;
    let wrong = Credentials { secret: "wrong".to_owned(), ..t.alpha.read.clone() };
    assert_eq!(Socket::open(url, &wrong.headers(), PROTOCOL).await.err(), Some(401));
    assert_eq!(Socket::open(url, &[], "").await.err(), Some(400), "no sub-protocol");
    assert_eq!(Socket::open(url, &[], "graphql-ws").await.err(), Some(400), "another one");
    let mut socket = Socket::open(url, &t.alpha.read.headers(), PROTOCOL).await.expect("a connection");
    socket.say(&json!({"type": "connection_init"})).await;
    assert_eq!(socket.hear().await, Heard::Message(json!({"type": "connection_ack"})));
    socket.subscribe("q", "{ __typename }").await;
    assert_eq!(socket.answer("q").await, json!({"__typename": "Query"}));
    assert_eq!(socket.hear().await, Heard::Message(json!({"type": "complete", "id": "q"})));
    for (message, code) in [
        (init(&wrong), 4403),
        (json!({"type": "connection_init", "payload": {"clientId": t.alpha.read.id}}), 4403),
        (json!({"type": "connection_init"}), 4403),
        (json!({"type": "subscribe", "id": "1", "payload": {"query": NEW}}), 4401),
        (json!({"type": "nonsense"}), 4400),
        (json!([]), 4400),
    ] {
        let mut socket = Socket::open(url, &[], PROTOCOL).await.expect("a connection");
        socket.say(&message).await;
        assert_eq!(closed(socket).await, code, "{message}");
    }
    // Who may not read is told so, as of any question.
    let mut socket = Socket::open_as(url, &t.alpha.write).await;
    socket.subscribe("e", NEW).await;
    assert_eq!(socket.refusal("e").await["extensions"]["code"], "FORBIDDEN");
    // A mutation is answered once as well.
    socket.subscribe("m", "mutation { track(input: {name: \"login\"}) { outcome } }").await;
    assert_eq!(socket.answer("m").await["track"]["outcome"], "ACCEPTED");
    assert_eq!(socket.hear().await, Heard::Message(json!({"type": "complete", "id": "m"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_protocol_closes_the_connection_with_its_code() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    for (messages, code) in [
        (vec![init(&t.alpha.read)], 4429),
        (vec![json!({"type": "subscribe", "id": "1", "payload": {"query": NEW}}); 2], 4409),
        (vec![json!({"type": "subscribe", "id": "1", "payload": {"query": 5}})], 4400),
        (vec![json!({"type": "subscribe", "id": "1"})], 4400),
    ] {
        let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
        for message in &messages {
            socket.say(message).await;
        }
        assert_eq!(closed(socket).await, code, "{messages:?}");
    }
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    socket.say_text("{").await;
    assert_eq!(closed(socket).await, 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_operation_is_told_of_it_alone() {
    let t = TestApp::start_with(|config| config.max_query_cost = 1_000).await;
    let served = t.serve().await;
    let mut socket = Socket::open_as(&served.url, &t.alpha.read).await;
    for (query, code, names) in [
        ("subscription { newEvents(first: 0) { cursor } }", "BAD_INPUT", "first"),
        ("subscription { newEvents(after: \"banana\") { cursor } }", "BAD_INPUT", "after"),
        ("subscription { newEvents { cursor } eventNames { name } }", "BAD_INPUT", "ask for one"),
        ("subscription { nothing }", "BAD_INPUT", "nothing"),
        ("subscription { groups { totalCount } }", "BAD_INPUT", "groups"),
        ("subscription { activeUsers(groupType: 5, last: \"P1D\") { hint } }", "BAD_INPUT", "groupType"),
        ("subscription { retention(last: \"P300D\") { hint } }", "LIMITED", "interval"),
        ("subscription {", "BAD_INPUT", ""),
    ] {
        socket.subscribe("1", query).await;
        let error = socket.refusal("1").await;
        assert_eq!(error["extensions"]["code"], code, "{query} {error}");
        assert!(error["message"].as_str().expect("text").contains(names), "{query} {error}");
    }
    let plain = t.gql_as(&t.alpha.read, NEW, json!({})).await;
    assert_eq!(plain.status, 400, "{}", plain.text);
    assert!(plain.text.contains("text/event-stream"), "{}", plain.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_so_many_subscriptions_over_all_its_connections() {
    let t = TestApp::start_with(|config| config.max_subscriptions = 2).await;
    let limits = t.gql("{ limits { subscriptions } }", json!({})).await;
    assert_eq!(limits["data"]["limits"]["subscriptions"], 2);
    let served = t.serve().await;
    let (mut first, mut second) = (
        Socket::open_as(&served.url, &t.alpha.read).await,
        Socket::open_as(&served.url, &t.alpha.read).await,
    );
    first.subscribe("1", NEW).await;
    first.answer("1").await;
    second.subscribe("2", NEW).await;
    second.answer("2").await;
    second.subscribe("3", NEW).await;
    let error = second.refusal("3").await;
    assert_eq!(error["extensions"]["code"], "LIMITED", "{error}");
    let mut other = Socket::open_as(&served.url, &t.alpha.admin).await;
    other.subscribe("1", NEW).await;
    other.answer("1").await;
    // A place is free again when its subscription is completed, and when its connection is gone.
    second.say(&json!({"type": "complete", "id": "2"})).await;
    drop(first);
    while t.app.live().count() > 1 {
        tokio::task::yield_now().await;
    }
    for id in ["4", "5"] {
        second.subscribe(id, NEW).await;
        second.answer(id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_all_of_them_and_lets_go_of_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = muster::config::Config::for_testing(folder.path());
    let clock = Arc::new(muster::domain::time::SystemClock);
    let app = muster::app::App::open(config.clone(), Arc::<muster::domain::time::SystemClock>::clone(&clock))
        .await
        .expect("a new folder");
    let project = add_project(&app, "alpha").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(http::serve(listener, app, async {
        let _ = stopped.await;
    }));
    let mut socket = Socket::open_as(&url, &project.read).await;
    socket.subscribe("1", NEW).await;
    socket.answer("1").await;
    let sent = reqwest::Client::new().post(format!("{url}/graphql")).json(&json!({ "query": NEW }));
    let sent =
        sent.basic_auth(&project.read.id, Some(&project.read.secret)).header("accept", "text/event-stream");
    let mut stream = sent.send().await.expect("an answer");
    assert!(stream.chunk().await.expect("a part").is_some());
    stop.send(()).expect("it still runs");
    assert_eq!(closed(socket).await, 1001);
    let mut rest = String::new();
    while let Ok(Some(part)) = stream.chunk().await {
        rest.push_str(&String::from_utf8_lossy(&part));
    }
    assert!(!rest.contains("complete"), "{rest}");
    serving.await.expect("it ran").expect("a clean end");
    muster::app::App::open(config, clock).await.expect("the folder is free again");
}
