//! A cluster that sees no data folder: it reads what the primary puts in a bucket, for a replica elsewhere.

use super::cluster::Cluster;
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

/// From daily sums, from events in groups, from whole events.
const ASKED: [&str; 3] = [
    r#"query($r: RangeInput) { activeUsers(groupType: "company", range: $r) {
        totals { groups activeUsers events } rows { group { id } activeUsers events } } }"#,
    r#"query($r: RangeInput) { funnel(range: $r, unit: {kind: GROUP, groupType: "company"}, window: "P7D",
        steps: [{event: "open"}, {event: "did"}]) { steps { units medianSeconds } } }"#,
    r#"query($r: RangeInput) { events(range: $r, first: 5, filter: {event: {property: "n", gte: 3}}) {
        totalCount nodes { id properties } } }"#,
];

fn batch(round: usize) -> Value {
    let event = |number: usize| {
        json!({ "id": format!("{round}-{number}"), "name": if number.is_multiple_of(3) { "open" } else { "did" },
            "profileId": format!("p{}", number % 11), "groups": [format!("né'{}", number % 4)],
            "properties": { "n": number }, "occurredAt": format!("2026-02-{:02}T10:{number:02}:00Z", 1 + round) })
    };
    json!({ "events": (0..50).map(event).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_reads_objects_for_a_replica() {
    let test = "a cluster that reads objects";
    let Some(cluster) = Cluster::start(test).await else { return };
    let bucket = tokio::task::spawn_blocking(move || Bucket::start(test)).await.expect("it ends");
    let Some(bucket) = bucket else { return };
    let [data, cache] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let app = App::open(Config::for_testing(data.path()), Arc::new(SystemClock)).await.expect("a folder");
    let project = add_project(&app, "alpha").await;
    app.stop().await.expect("a clean stop");
    let address = cluster.address();
    let asking = move || {
        let client = (project.admin.id.as_str(), project.admin.secret.as_str());
        let environment = bucket.environment();
        let primary =
            Server::start_in(data.path(), &["--seal-rows", "60", "--seal-seconds", "1"], &environment);
        let endpoint = environment.iter().find(|(name, _)| *name == "MUSTER_OBJECT_STORE_ENDPOINT");
        let endpoint = endpoint.expect("it has an address").1.as_str();
        let set = format!(
            "s3.endpoint={endpoint},s3.allow_http=true,s3.region=us-east-1,s3.access_key_id=test,s3.secret_access_key=test"
        );
        // Nothing is answered here: what is answered was computed there.
        let flags = [
            ["--engine", "flight_sql"],
            ["--flight-sql-address", &address],
            ["--flight-sql-set", &set],
            ["--flight-sql-seconds", "60"],
            ["--query-seconds", "90"],
            ["--remote-above-bytes", "0"],
            ["--local-up-to-bytes", "0"],
            ["--replica-seconds", "1"],
        ];
        let flags = [&["--replica", "--flight-sql-objects"], flags.as_flattened()].concat();
        let replica = Server::start_in(cache.path(), &flags, &environment);
        for round in 0..6 {
            let told = primary.graphql(client, TRACK, &batch(round));
            assert_eq!(told["data"]["trackBatch"]["accepted"], 50, "{told}");
        }
        let range = json!({ "r": { "from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z" } });
        let began = Instant::now();
        loop {
            let answers = ASKED.map(|asked| {
                let there =
                    if replica.is_ready() { replica.graphql(client, asked, &range) } else { Value::Null };
                (there, primary.graphql(client, asked, &range))
            });
            if answers.iter().all(|(there, here)| there == here) {
                assert!(answers.iter().all(|(there, _)| there["errors"].is_null()), "{answers:?}");
                break;
            }
            assert!(began.elapsed() < Duration::from_mins(2), "{answers:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
        replica.stop();
        primary.stop();
    };
    tokio::task::spawn_blocking(asking).await.expect("the answers are the same");
    let finished = cluster.finished();
    assert!(finished.iter().all(|tasks| *tasks > 0), "both executors worked: {finished:?}");
}
