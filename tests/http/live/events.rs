//! Subscriptions as server-sent events, and the clients of npm.

use crate::http::sdk::{packages, script};
use crate::support::app::TestApp;
use reqwest::Response;
use serde_json::{Value, json};

/// A stream of events, read event by event.
struct Stream {
    response: Response,
    read: String,
}

impl Stream {
    async fn open(t: &TestApp, url: &str, query: &str) -> Self {
        let client = &t.alpha.read;
        let sent = reqwest::Client::new().post(format!("{url}/graphql")).json(&json!({ "query": query }));
        let sent = sent.basic_auth(&client.id, Some(&client.secret)).header("accept", "text/event-stream");
        let response = sent.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event: its name and its data. `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let line = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
                };
                let told =
                    (line("event:").to_owned(), serde_json::from_str(line("data:")).unwrap_or_default());
                let rest = rest.to_owned();
                self.read = rest;
                if told.0.is_empty() {
                    continue;
                }
                return Some(told);
            }
            let part = self.response.chunk().await.expect("a part")?;
            self.read.push_str(std::str::from_utf8(&part).expect("UTF-8"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_events_tells_the_same() {
    let t = TestApp::start_with(|config| config.live_pause_ms = 0).await;
    let served = t.serve().await;
    let mut stream = Stream::open(
        &t,
        &served.url,
        "subscription { newEvents(name: \"login\") { events { name profileId } } }",
    )
    .await;
    let next = |events: Value| Some(("next".to_owned(), json!({"data": {"newEvents": {"events": events}}})));
    assert_eq!(stream.next().await, next(json!([])));
    for (name, profile) in [("login", "ann"), ("logout", "ann"), ("login", "bob")] {
        t.track(&json!({"type": "track", "payload": {"name": name, "profileId": profile}})).await;
    }
    let mut profiles = Vec::new();
    while profiles.len() < 2 {
        let (_, told) = stream.next().await.expect("it goes on");
        let events = told["data"]["newEvents"]["events"].as_array().expect("a list").clone();
        profiles.extend(events.into_iter().map(|event| event["profileId"].clone()));
    }
    assert_eq!(profiles, ["ann", "bob"]);
    drop(stream);
    while t.app.live().count() > 0 {
        t.track(&json!({"type": "track", "payload": {"name": "login", "profileId": "ann"}})).await;
    }

    // A query is answered once; what is refused is told and completed.
    let mut stream = Stream::open(&t, &served.url, "{ __typename }").await;
    assert_eq!(stream.next().await, Some(("next".to_owned(), json!({"data": {"__typename": "Query"}}))));
    assert_eq!(stream.next().await, Some(("complete".to_owned(), Value::Null)));
    assert_eq!(stream.next().await, None);
    let mut stream = Stream::open(&t, &served.url, "subscription { nothing }").await;
    let (event, told) = stream.next().await.expect("an event");
    assert_eq!(
        (event.as_str(), told["errors"][0]["extensions"]["code"].as_str()),
        ("next", Some("BAD_INPUT"))
    );
    assert_eq!(stream.next().await.map(|(event, _)| event).as_deref(), Some("complete"));
    // Who may not come in is told so by a status, and no mutation comes by GET.
    let headers = [("accept", "text/event-stream".to_owned())];
    assert_eq!(t.get("/graphql?query=%7B__typename%7D", &headers).await.status, 401);
    let admin = [t.alpha.admin.headers(), headers.to_vec()].concat();
    let change = "/graphql?query=mutation%7Btrack(input%3A%7Bname%3A%22x%22%7D)%7Boutcome%7D%7D";
    let answer = t.get(change, &admin).await;
    assert!(answer.text.contains("never by GET"), "{}", answer.text);
    let events = t.gql("{ events(name: \"x\") { totalCount } }", json!({})).await;
    assert_eq!(events["data"]["events"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_of_npm_are_told() {
    let t = TestApp::start_with_system_clock().await;
    let served = t.serve().await;
    let packages = tokio::task::spawn_blocking(packages).await.expect("they are installed");
    let client = &t.alpha.admin;
    let arguments =
        vec![packages.display().to_string(), served.url.clone(), client.id.clone(), client.secret.clone()];
    let told = script("live.mjs", arguments).await;
    assert_eq!(told["overSocket"], json!(["event-0", "event-1"]));
    assert_eq!(told["overEvents"], json!(["event-0", "event-1"]));
    assert_eq!(told["once"], json!({"__typename": "Query"}));
    assert_eq!(
        (&told["refused"]["code"], &told["refused"]["argument"]),
        (&json!("BAD_INPUT"), &json!("first"))
    );
}
