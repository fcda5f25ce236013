//! A real server, killed again and again in the middle of ingest: what it acknowledged is there, and once.
//!
//! `MUSTER_EFFORT=long` kills it two hundred times instead of twenty.

use crate::server::Server;
use crate::support::app::{Credentials, add_project};
use muster::app::App;
use muster::config::Config;
use muster::domain::identity::{ProjectKey, Right};
use muster::domain::time::SystemClock;
use muster::engine::scope::Reads;
use muster::engine::{Question, arrow};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Connections that send at once.
const CONNECTIONS: usize = 6;

/// Sends until the server is gone; gives the ids that were acknowledged. Some ids are sent twice.
async fn send_until_killed(
    url: String,
    client: Credentials,
    next: Arc<AtomicU64>,
    again: Vec<String>,
) -> Sent {
    let http = reqwest::Client::new();
    let mut sent = Sent::default();
    let mut again = again.into_iter();
    loop {
        let count = 1 + next.load(Ordering::Relaxed) % 7;
        let mut ids: Vec<String> =
            (0..count).map(|_| format!("e{}", next.fetch_add(1, Ordering::Relaxed))).collect();
        // What was lost on the way is sent again, as an SDK does.
        ids.extend(again.by_ref().take(2));
        let event =
            |id: &String| json!({"type": "track", "payload": {"id": id, "name": "tick", "groups": ["acme"]}});
        let items: Vec<Value> = ids.iter().map(event).collect();
        let body = if items.len() == 1 { items[0].clone() } else { Value::from(items) };
        let request = http.post(format!("{url}/track")).json(&body);
        let request = request
            .header("openpanel-client-id", &client.id)
            .header("openpanel-client-secret", &client.secret);
        match request.send().await {
            Ok(answer) if answer.status() == 200 => sent.acknowledged.extend(ids),
            Ok(answer) => panic!("{} {:?}", answer.status(), answer.text().await),
            Err(_) => {
                sent.unknown = ids;
                return sent;
            }
        }
    }
}

#[derive(Default)]
struct Sent {
    acknowledged: Vec<String>,
    /// Sent, but nobody said what became of them.
    unknown: Vec<String>,
}

/// How often each event id is stored.
async fn stored(app: &App, project: ProjectKey) -> HashMap<String, i64> {
    let caller = app.caller(project, Right::Read);
    let scope = caller.scope_ever().expect("a scope");
    let sql =
        "with e as (select id, count(*) as copies from scoped_events group by id) select id, copies from e";
    let batches = caller
        .run_unlimited(&scope, Question::new("stored", sql).reading(Reads::Events))
        .await
        .expect("an answer");
    let mut stored = HashMap::new();
    for batch in &batches {
        let ids = arrow::texts(batch, "id").expect("ids");
        let copies = arrow::integers(batch, "copies").expect("counts");
        stored.extend((0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), copies.value(row))));
    }
    stored
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_event_survives_sigkill_and_is_there_once() {
    let kills = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { 200 } else { 20 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app =
        App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("a new folder");
    let project = add_project(&app, "alpha").await;
    app.stop().await.expect("a clean stop");

    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let next = Arc::new(AtomicU64::new(0));
    let (mut acknowledged, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..kills {
        let path = folder.path().to_path_buf();
        // So few rows that sealing goes on all the time.
        let mut server = tokio::task::spawn_blocking(move || Server::start(&path, &["--seal-rows", "700"]))
            .await
            .expect("a server");
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let again = std::mem::take(&mut lost);
                tokio::spawn(send_until_killed(
                    format!("http://{}", server.address),
                    project.write.clone(),
                    Arc::clone(&next),
                    again,
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.random_range(1..400))).await;
        server.kill();
        for sender in senders {
            let sent = sender.await.expect("a sender ends with its server");
            acknowledged.extend(sent.acknowledged);
            lost.extend(sent.unknown);
        }
    }

    let app =
        App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("the folder opens");
    let stored = stored(&app, project.key).await;
    assert!(acknowledged.len() > kills * 10, "the test sent something: {}", acknowledged.len());
    for id in &acknowledged {
        assert_eq!(stored.get(id), Some(&1), "event {id} (seed {seed})");
    }
    let most = next.load(Ordering::Relaxed);
    for (id, copies) in &stored {
        let number: u64 = id[1..].parse().expect("an id of ours");
        assert!(*copies == 1 && number < most, "event {id} is there {copies} times (seed {seed})");
    }
    let segments = std::fs::read_dir(folder.path().join("segments")).expect("the segments").count();
    assert!(segments > 0, "sealing went on meanwhile");
    app.stop().await.expect("a clean stop");
}
