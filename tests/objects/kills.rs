//! A real server on a real bucket's protocol, killed again and again while it seals, compacts, sends and puts out: what it
//! acknowledged is there, and once.
//!
//! `MUSTER_EFFORT=long` kills it fifty times instead of five.

use super::bucket::Bucket;
use super::outage::project;
use crate::server::{Server, muster_in, stderr};
use crate::store::durability::{CONNECTIONS, compare, groups, number_of, send_until_killed};
use crate::support::app::Credentials;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often each event id is stored, by reading every page of events.
fn stored(server: &Server, client: &Credentials) -> HashMap<String, i64> {
    let document = "query($after: String) { events(first: 1000, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }";
    let (mut stored, mut after) = (HashMap::new(), json!(null));
    loop {
        let answer = server.graphql((&client.id, &client.secret), document, &json!({ "after": after }));
        let page = &answer["data"]["events"];
        for node in page["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")) {
            *stored.entry(node["id"].as_str().expect("an id").to_owned()).or_default() += 1;
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return stored;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn what_was_acknowledged_survives_sigkill_in_the_middle_of_uploads() {
    let kills = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { 50 } else { 5 };
    let Some(bucket) = Bucket::start("kills with object storage") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = project(folder.path());
    let environment = bucket.environment();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let tiny = [
        "--seal-rows",
        "100",
        "--segment-cache-bytes",
        "1",
        "--object-keep-seconds",
        "0",
        "--segment-events",
        "2000",
    ];
    let server = Server::start_in(folder.path(), &tiny, &environment);
    runtime.block_on(groups(&server, &project.write));
    server.stop();

    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let next = Arc::new(AtomicU64::new(0));
    let (mut acknowledged, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..kills {
        let mut server = Server::start_in(folder.path(), &tiny, &environment);
        let url = format!("http://{}", server.address);
        let pause = Duration::from_millis(random.random_range(100..1_500));
        let again = std::mem::take(&mut lost);
        let (sent, unknown) = runtime.block_on(async {
            let mut again = Some(again);
            let senders: Vec<_> = (0..CONNECTIONS)
                .map(|_| {
                    let again = again.take().unwrap_or_default();
                    let client = project.write.clone();
                    tokio::spawn(send_until_killed(url.clone(), client, Arc::clone(&next), again))
                })
                .collect();
            tokio::time::sleep(pause).await;
            server.kill();
            let (mut all, mut unknown) = (Vec::new(), Vec::new());
            for sender in senders {
                let sent = sender.await.expect("a sender ends with its server");
                all.extend(sent.acknowledged);
                unknown.extend(sent.unknown);
            }
            (all, unknown)
        });
        acknowledged.extend(sent);
        lost.extend(unknown);
    }

    let server = Server::start_in(folder.path(), &[], &environment);
    let stored = stored(&server, &project.read);
    assert!(acknowledged.len() > kills * 10, "the test sent something: {}", acknowledged.len());
    for id in &acknowledged {
        assert_eq!(stored.get(id), Some(&1), "event {id} (seed {seed})");
    }
    let most = next.load(Ordering::Relaxed);
    for (id, copies) in &stored {
        assert!(*copies == 1 && number_of(id) < most, "event {id} is there {copies} times (seed {seed})");
    }
    compare(&server, &project.read, &stored);
    server.stop();
    let checked = muster_in(folder.path(), &["check"], &environment);
    assert!(checked.status.success(), "{} {}", stderr(&checked), String::from_utf8_lossy(&checked.stdout));
    assert!(!bucket.segments().is_empty(), "something was sent");
}
