//! Two replicas and a primary, each a process of its own, around a server that speaks as S3 does.

use crate::objects::bucket::Bucket;
use crate::server::Server;
use crate::support::app::add_project;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TRACK: &str = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }";

/// Answers from daily sums, events in groups, and what is known of groups and profiles.
const ASKED: &str = r#"query($r: RangeInput) {
    activeUsers(groupType: "company", range: $r) { totals { groups activeUsers events } rows { group { id name } events } }
    funnel(range: $r, unit: {kind: GROUP, groupType: "company"}, window: "P7D", steps: [{event: "open"}, {event: "did"}]) {
        steps { units } }
    groups { totalCount nodes { id name properties memberCount } }
    profiles { totalCount }
}"#;

/// An answer from whole events, whose files are fetched.
const WHOLE: &str = r#"query($r: RangeInput) {
    events(range: $r, first: 5, filter: {event: {property: "n", gte: 3}}) { totalCount nodes { id properties } }
}"#;

fn batch(round: usize) -> Value {
    let event = |number: usize| {
        json!({ "id": format!("{round}-{number}"), "name": if number.is_multiple_of(3) { "open" } else { "did" },
            "profileId": format!("p{}", number % 11), "groups": [format!("né'{}", number % 4)],
            "properties": { "n": number }, "occurredAt": format!("2026-02-{:02}T10:{number:02}:00Z", 1 + round % 28) })
    };
    json!({ "events": (0..50).map(event).collect::<Vec<_>>() })
}

fn health(server: &Server) -> Value {
    serde_json::from_str(&server.get(("", ""), "/health")).expect("JSON")
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn replicas_follow_a_primary_through_a_bucket_that_is_out_of_reach_for_a_while() {
    let Some(bucket) = Bucket::start("replicas on a bucket") else { return };
    let folder = || tempfile::tempdir().expect("a temporary folder");
    let (data, caches) = (folder(), [folder(), folder()]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(async {
        let app = App::open(Config::for_testing(data.path()), Arc::new(SystemClock)).await.expect("a folder");
        let project = add_project(&app, "alpha").await;
        app.stop().await.expect("a clean stop");
        project
    });
    let client = (project.admin.id.as_str(), project.admin.secret.as_str());
    let environment = bucket.environment();
    let replicas = caches.each_ref().map(|cache| {
        let flags = ["--replica", "--replica-seconds", "1", "--segment-cache-bytes", "200000"];
        Server::start_in(cache.path(), &flags, &environment)
    });
    assert!(replicas.iter().all(|replica| !replica.is_ready()), "nothing is published yet");
    let primary = Server::start_in(data.path(), &["--seal-rows", "60", "--seal-seconds", "1"], &environment);
    let range = json!({ "r": { "from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z" } });
    let write = |round: usize| {
        let told = primary.graphql(client, TRACK, &batch(round));
        assert_eq!(told["data"]["trackBatch"]["accepted"], 50, "{told}");
    };
    let upsert = r#"mutation { upsertGroup(input: {id: "né'1", type: "company", name: "One"}) { group { id } }
        setGroups(input: {profileId: "p1", groupIds: ["né'1"]}) { profile { id } } }"#;
    assert!(primary.graphql(client, upsert, &json!({}))["errors"].is_null());
    (0..12).for_each(write);
    until("replicas are ready", || replicas.iter().all(Server::is_ready));
    let same = || {
        [ASKED, WHOLE].iter().all(|asked| {
            let there = primary.graphql(client, asked, &range);
            assert!(there["errors"].is_null(), "{there}");
            replicas.iter().all(|replica| replica.graphql(client, asked, &range) == there)
        })
    };
    until("replicas answer as the primary", same);
    let before = replicas[0].graphql(client, ASKED, &range);

    bucket.shut();
    until("a replica says so", || health(&replicas[0])["status"] == "degraded");
    write(20);
    assert_eq!(replicas[0].graphql(client, ASKED, &range), before, "it goes on with the instant it has");
    bucket.open();
    until("replicas catch up", same);
    until("a replica is well again", || health(&replicas[0])["status"] == "ok");
    for replica in replicas {
        replica.stop();
    }
    primary.stop();
}
