//! A log that cannot be synced: writes are refused, `/health` says so, questions are answered, a restart mends it.

#![cfg(unix)]

use crate::server::Server;
use crate::support::app::add_project;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

async fn start(folder: &Path) -> Server {
    let folder = folder.to_path_buf();
    // Every commit fills a generation, so the next one has a log of its own.
    let start = move || Server::start(&folder, &["--seal-rows", "1"]);
    tokio::task::spawn_blocking(start).await.expect("a server")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_synced_takes_no_writes_and_health_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app =
        App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("a new folder");
    let client = add_project(&app, "alpha").await.admin;
    app.stop().await.expect("a clean stop");
    let http = reqwest::Client::new();
    let track = async |server: &Server, id: &str| -> (u16, Value) {
        let event = json!({"type": "track", "payload": {"id": id, "name": "tick"}});
        let sent = http.post(format!("http://{}/track", server.address)).json(&event);
        let answer = sent.basic_auth(&client.id, Some(&client.secret)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    };
    let health = async |server: &Server| -> (u16, Value) {
        let answer = http.get(format!("http://{}/health", server.address)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    };
    let count = async |server: &Server| -> Value {
        let body = json!({ "query": "{ events { totalCount } }" });
        let sent = http.post(format!("http://{}/graphql", server.address)).json(&body);
        let answer = sent.basic_auth(&client.id, Some(&client.secret)).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")["data"]["events"]["totalCount"].clone()
    };

    let server = start(folder.path()).await;
    assert_eq!(health(&server).await.1["status"], "ok");
    // The next log takes every byte and can never be synced.
    let log = folder.path().join("log/0000000002.log");
    std::os::unix::fs::symlink("/dev/null", &log).expect("a link");
    assert_eq!(track(&server, "e1").await.0, 200);
    assert_eq!(health(&server).await.0, 200);
    for id in ["e2", "e3"] {
        let (status, answer) = track(&server, id).await;
        assert_eq!(status, 503);
        let message = answer["message"].as_str().expect("a message");
        assert!(message.contains("not known") && message.contains("restarted"), "{message}");
    }
    let (status, body) = health(&server).await;
    assert_eq!(
        (status, &body["status"], &body["error"]["code"]),
        (503, &json!("broken"), &json!("UNAVAILABLE"))
    );
    assert!(body["error"]["message"].as_str().expect("a message").contains("restart"), "{body}");
    assert_eq!(count(&server).await, 1);
    tokio::task::spawn_blocking(move || server.stop()).await.expect("it stops");

    std::fs::remove_file(log).expect("the link goes");
    let server = start(folder.path()).await;
    assert_eq!(health(&server).await.0, 200);
    assert_eq!(track(&server, "e2").await.0, 200);
    assert_eq!(count(&server).await, 2);
    tokio::task::spawn_blocking(move || server.stop()).await.expect("it stops");
}
