//! Requests whose changes write far more than they bring: cut into commits and answered once, up to a bound.

use crate::server::Server;
use crate::support::app::{TestApp, add_project};
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use muster::engine::{Question, arrow};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// An array of changes of one group with `kilobytes` of properties: each writes all it has then.
fn changes_of_a_large_group(kilobytes: usize, changes: usize) -> Value {
    let group = |properties: Value| json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme", "properties": properties}});
    let large = group(json!({ "text": "x".repeat(kilobytes * 1024) }));
    let small = (1..=changes).map(|change| group(json!({ "change": change })));
    [large].into_iter().chain(small).collect()
}

/// The lengths of the commits in a log.
fn commits(log: &Path) -> Vec<usize> {
    let bytes = std::fs::read(log).expect("a log");
    let (mut at, mut lengths) = (0, Vec::new());
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        lengths.push(length);
        at += 8 + length;
    }
    lengths
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_too_large_for_a_commit_is_cut_and_answered_once() {
    let t = TestApp::start_with(|config| {
        config.seal_bytes = 1 << 40;
        config.memory_limit_bytes = 1 << 30;
    });
    let t = t.await;
    let served = t.serve().await;
    let sent = reqwest::Client::new().post(format!("{}/track", served.url));
    let sent = sent.basic_auth(&t.alpha.write.id, Some(&t.alpha.write.secret));
    let sent = sent.json(&changes_of_a_large_group(250, 400));
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let results: Vec<Value> = answer.json().await.expect("JSON");
    assert_eq!(results.len(), 401);
    assert!(results.iter().all(|result| result["outcome"] == "ACCEPTED"));
    let lengths = commits(&t.app.config().data_dir.join("log/0000000001.log"));
    assert_eq!(lengths.len(), 2, "{lengths:?}");
    assert!(lengths.iter().all(|length| *length < 80 << 20), "{lengths:?}");
    assert_eq!(t.groups(&t.alpha).await[0]["properties"]["change"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_memory_is_too_small_for_is_made_visible_in_portions() {
    let t = TestApp::start_with(|config| {
        config.seal_bytes = 1 << 40;
        config.memory_limit_bytes = 96 << 20;
    });
    let mut t = t.await;
    let served = t.serve().await;
    let sent = reqwest::Client::new().post(format!("{}/track", served.url));
    let sent = sent.basic_auth(&t.alpha.write.id, Some(&t.alpha.write.secret));
    let answer = sent.json(&changes_of_a_large_group(250, 240)).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let lengths = commits(&t.app.config().data_dir.join("log/0000000001.log"));
    assert!(lengths.len() == 1 && lengths[0] > 55 << 20, "one commit: {lengths:?}");
    drop(served);
    // The next start has no more memory for the same commit.
    let versions = "with g as (select count(*) as versions from all_group_versions) select versions::varchar as line from g";
    for _ in 0..2 {
        assert_eq!(t.lines(&t.alpha, versions).await, [json!(241)]);
        t = t.restart().await;
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_that_fails_halfway_says_how_much_of_it_is_stored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app =
        App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("a new folder");
    let project = add_project(&app, "alpha").await;
    app.stop().await.expect("a clean stop");
    let path = folder.path().to_path_buf();
    // No file may grow larger than this: the log takes the first commit and not the second.
    let start = move || Server::start_with_file_limit(&path, 90 << 20);
    let server = tokio::task::spawn_blocking(start).await.expect("a server");
    let send = |body: &Value| {
        let sent = reqwest::Client::new().post(format!("http://{}/track", server.address));
        sent.basic_auth(&project.write.id, Some(&project.write.secret)).json(body).send()
    };
    let answer = send(&changes_of_a_large_group(250, 400)).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after").is_some()), (503, true));
    let answer: Value = answer.json().await.expect("JSON");
    let message = answer["message"].as_str().expect("a message");
    let stored = message.split("the first ").nth(1).and_then(|rest| rest.split(' ').next());
    let stored: usize = stored.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{message}"));
    // The next write that fits is taken.
    let small = json!({"type": "track", "payload": {"name": "tick", "groups": ["acme"]}});
    assert_eq!(send(&small).await.expect("an answer").status(), 200);
    tokio::task::spawn_blocking(move || server.stop()).await.expect("it stops");

    let app =
        App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("the folder opens");
    let caller = app.caller(project.key, muster::domain::identity::Right::Read);
    let sql = "with g as (select properties from known_groups) select properties as line from g";
    let scope = caller.scope_ever().expect("a scope");
    let batches = caller.run_unlimited(&scope, Question::new("test", sql)).await.expect("an answer");
    let kept: Value =
        serde_json::from_str(arrow::texts(&batches[0], "line").expect("texts").value(0)).expect("JSON");
    // The first write is the large group itself.
    assert_eq!(kept["change"], json!(stored - 1), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_beyond_what_one_request_may_write_are_refused_one_by_one_and_can_be_sent_again() {
    let t = TestApp::start_with(|config| {
        config.seal_bytes = 1 << 40;
        config.memory_limit_bytes = 1 << 30;
    });
    let t = t.await;
    let sent = changes_of_a_large_group(250, 1_200);
    let answer = t.track(&sent).await;
    assert_eq!(answer.status, 200);
    let results = answer.json();
    let results = results.as_array().expect("an array");
    let taken = results.iter().take_while(|result| result["outcome"] == "ACCEPTED").count();
    assert!((1_000..1_200).contains(&taken), "{taken}");
    for refused in &results[taken..] {
        let message = refused.to_string();
        assert!(message.contains("payload/properties") && message.contains("another request"), "{message}");
    }
    assert_eq!(t.groups(&t.alpha).await[0]["properties"]["change"], taken - 1);
    let rest = Value::from(sent.as_array().expect("an array")[taken..].to_vec());
    let answer = t.track(&rest).await.json();
    assert!(answer.as_array().expect("an array").iter().all(|result| result["outcome"] == "ACCEPTED"));
    assert_eq!(t.groups(&t.alpha).await[0]["properties"]["change"], 1_200);
}
