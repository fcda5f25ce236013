//! A real server, killed again and again in the middle of ingest, sealing and compaction: what it acknowledged is
//! there, and once, and every answer is what the stored events say.
//!
//! `MUSTER_EFFORT=long` kills it two hundred times instead of twenty.

use crate::server::{Server, muster, stderr};
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
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What an event is follows from its number: who did what, in which company and workspace.
fn event(number: u64) -> Value {
    let (name, [company, workspace]) = (name_of(number), groups_of(number));
    let profile = profile_of(number);
    json!({"type": "track", "payload": {"id": format!("e{number}"), "name": name, "profileId": profile, "groups": [company, workspace]}})
}

pub(crate) fn number_of(id: &str) -> u64 {
    id[1..].parse().expect("an id of ours")
}

fn name_of(number: u64) -> &'static str {
    ["look", "invite", "pay"][usize::try_from(number % 3).expect("small")]
}

fn profile_of(number: u64) -> String {
    format!("p{}", number % 17)
}

fn groups_of(number: u64) -> [String; 2] {
    [format!("c{}", number % 5), format!("w{}", number % 7)]
}

/// Asks who was active where, by name of event too, and compares with the events that are stored.
pub(crate) fn compare(server: &Server, reader: &Credentials, stored: &HashMap<String, i64>) {
    let document = r#"query($type: String!, $filter: FilterInput) {
        activeUsers(groupType: $type, last: "P1D", first: 100, filter: $filter) {
            rows { group { id } activeUsers events }
        }
    }"#;
    for (place, group_type) in ["company", "workspace"].into_iter().enumerate() {
        for name in [None, Some("look"), Some("pay")] {
            let mut expected: BTreeMap<String, (BTreeSet<String>, u64)> = BTreeMap::new();
            for number in
                stored.keys().map(|id| number_of(id)).filter(|n| name.is_none_or(|name| name_of(*n) == name))
            {
                let (users, events) = expected.entry(groups_of(number)[place].clone()).or_default();
                users.insert(profile_of(number));
                *events += 1;
            }
            let expected: BTreeMap<String, Value> = expected
                .into_iter()
                .map(|(id, (users, events))| (id, json!([users.len(), events])))
                .collect();
            let filter = name.map(|name| json!({"event": {"field": "NAME", "eq": name}}));
            let variables = json!({"type": group_type, "filter": filter});
            let answer = server.graphql((&reader.id, &reader.secret), document, &variables);
            let rows = answer["data"]["activeUsers"]["rows"].as_array().unwrap_or_else(|| panic!("{answer}"));
            let found: BTreeMap<String, Value> = rows
                .iter()
                .map(|row| {
                    let id = row["group"]["id"].as_str().expect("an id").to_owned();
                    (id, json!([row["activeUsers"], row["events"]]))
                })
                .collect();
            assert_eq!(found, expected, "{group_type} {name:?}");
        }
    }
}

/// Connections that send at once.
pub(crate) const CONNECTIONS: usize = 6;

/// Sends until the server is gone; gives the ids that were acknowledged. Some ids are sent twice.
pub(crate) async fn send_until_killed(
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
        let items: Vec<Value> = ids.iter().map(|id| event(number_of(id))).collect();
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

/// What a sender knows of what it sent.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) acknowledged: Vec<String>,
    /// Sent, but nobody said what became of them.
    pub(crate) unknown: Vec<String>,
}

/// Makes the companies and workspaces.
pub(crate) async fn groups(server: &Server, writer: &Credentials) {
    let groups =
        (0..5).map(|n| ("company", format!("c{n}"))).chain((0..7).map(|n| ("workspace", format!("w{n}"))));
    let groups: Value = groups
        .map(|(kind, id)| json!({"type": "group", "payload": {"id": id, "type": kind, "name": id}}))
        .collect();
    let sent = reqwest::Client::new().post(format!("http://{}/track", server.address)).json(&groups);
    let answer = sent.basic_auth(&writer.id, Some(&writer.secret)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
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
    let path = folder.path().to_path_buf();
    let server = tokio::task::spawn_blocking(move || Server::start(&path, &[])).await.expect("a server");
    groups(&server, &project.write).await;
    tokio::task::spawn_blocking(move || server.stop()).await.expect("it stops");

    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let next = Arc::new(AtomicU64::new(0));
    let (mut acknowledged, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..kills {
        let path = folder.path().to_path_buf();
        // So few rows that sealing goes on all the time.
        let mut server = tokio::task::spawn_blocking(move || Server::start(&path, &["--seal-rows", "100"]))
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
        assert!(*copies == 1 && number_of(id) < most, "event {id} is there {copies} times (seed {seed})");
    }
    app.stop().await.expect("a clean stop");

    let listed = std::fs::read_dir(folder.path().join("segments")).expect("the segments");
    let numbers: Vec<u64> = listed
        .filter_map(|entry| entry.expect("a file").path().file_stem()?.to_str()?.parse().ok())
        .collect();
    let highest = numbers.iter().max().copied().unwrap_or(0);
    assert!(highest > numbers.len() as u64, "segments were sealed and compacted meanwhile: {numbers:?}");
    tokio::task::block_in_place(|| {
        let server = Server::start(folder.path(), &[]);
        compare(&server, &project.read, &stored);
        server.stop();
        let checked = muster(folder.path(), &["check"]);
        assert!(
            checked.status.success(),
            "{} {}",
            stderr(&checked),
            String::from_utf8_lossy(&checked.stdout)
        );
    });
}
