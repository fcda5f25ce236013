//! A bucket that cannot be reached for a while: writes go on, and what is on the disk is answered.

use super::bucket::Bucket;
use super::names;
use crate::server::Server;
use crate::support::app::{Credentials, add_project};
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DAILY: i64 = 200;

fn day(day: i64) -> Value {
    let event = |place: i64| {
        json!({"id": format!("{day}-{place}"), "name": "tick", "profileId": format!("p{place}"), "groups": ["acme"],
            "properties": {"text": format!("{:x}", (day * DAILY + place).wrapping_mul(0x1e37_79b9_7f4a_7c15))},
            "occurredAt": format!("2026-03-{day:02}T10:{:02}:{:02}Z", place / 60, place % 60)})
    };
    json!({"events": (0..DAILY).map(event).collect::<Vec<_>>()})
}

fn track(server: &Server, client: &Credentials, number: i64) {
    let document = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }";
    let told = server.graphql((&client.id, &client.secret), document, &day(number));
    assert_eq!(told["data"]["trackBatch"]["accepted"], DAILY, "{told}");
}

/// The events of a day, by reading each of them, or why there is no answer.
fn read(server: &Server, client: &Credentials, number: i64) -> Result<Value, String> {
    let document = "query($from: DateTime!, $to: DateTime!) { events(first: 1, range: {from: $from, to: $to}, filter: {event: {property: \"text\", isSet: true}}) { totalCount } }";
    let variables = json!({"from": format!("2026-03-{number:02}T00:00:00Z"), "to": format!("2026-03-{number:02}T23:00:00Z")});
    let (status, answer) = server.try_graphql((&client.id, &client.secret), document, &variables);
    match answer["errors"][0]["extensions"]["code"].as_str() {
        None => Ok(answer["data"]["events"]["totalCount"].clone()),
        Some(code) => Err(format!("{status} {code}")),
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn health(server: &Server) -> Value {
    let text = server.get(("", ""), "/health");
    serde_json::from_str(&text).expect("JSON")
}

pub(super) fn project(folder: &Path) -> crate::support::app::TestProject {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let app = App::open(Config::for_testing(folder), Arc::new(SystemClock)).await.expect("a new folder");
        let project = add_project(&app, "alpha").await;
        app.stop().await.expect("a clean stop");
        project
    })
}

#[test]
fn writes_go_on_and_what_is_here_is_answered_while_the_bucket_cannot_be_reached() {
    let Some(bucket) = Bucket::start("outage of object storage") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let client = &project.admin;
    let flags = ["--seal-rows", "200", "--segment-events", "1", "--object-keep-seconds", "0"];
    // Two of the files fit.
    let flags = [&flags[..], &["--segment-cache-bytes", "15000"]].concat();
    let server = Server::start_in(folder.path(), &flags, &bucket.environment());
    for number in 1..=8 {
        track(&server, client, number);
    }
    let files = folder.path().join("segments");
    until("all is sent, and most is put out", || bucket.segments().len() >= 8 && names(&files).len() < 4);
    assert_eq!(health(&server)["status"], "ok");
    // The first is not asked for, as an answer that was given would be given again.
    for number in 2..=8 {
        assert_eq!(read(&server, client, number), Ok(json!(DAILY)), "day {number}");
    }

    bucket.shut();
    // The last that was read is here; the first is not.
    assert_eq!(read(&server, client, 8), Ok(json!(DAILY)));
    assert_eq!(read(&server, client, 1), Err("503 UNAVAILABLE".to_owned()));
    let summed = "{ activeUsers(groupType: \"company\", range: {from: \"2026-03-01T00:00:00Z\", to: \"2026-04-01T00:00:00Z\"}) { totals { events } } }";
    let sum = |server: &Server| {
        let answer = server.graphql((&client.id, &client.secret), summed, &json!({}));
        answer["data"]["activeUsers"]["totals"]["events"].clone()
    };
    sum(&server);
    for number in 9..=14 {
        track(&server, client, number);
    }
    until("it is told", || health(&server)["objects"].is_string());
    assert_eq!(health(&server)["status"], "degraded");
    assert_eq!(read(&server, client, 14), Ok(json!(DAILY)), "what was not sent is here");
    // A start without it, too.
    server.stop();
    let server = Server::start_in(folder.path(), &flags, &bucket.environment());
    assert_eq!(health(&server)["status"], "degraded");
    track(&server, client, 15);
    assert_eq!(read(&server, client, 14), Ok(json!(DAILY)));
    assert_eq!(read(&server, client, 1), Err("503 UNAVAILABLE".to_owned()));

    bucket.open();
    until("all is sent", || bucket.segments().len() >= 14 && health(&server)["status"] == "ok");
    for number in 1..=15 {
        assert_eq!(read(&server, client, number), Ok(json!(DAILY)), "day {number}");
    }
    server.stop();
}
