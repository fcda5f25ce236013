//! What operators see: readiness, metrics at an address of their own, and a log that machines read.

use crate::support::app::TestApp;
use muster::http;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// The value of a line of the metrics' text.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in {text}")).parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_the_work_and_name_no_tenant() {
    let t = TestApp::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/metrics", listener.local_addr().expect("an address"));
    tokio::spawn(http::serve_operations(listener, Arc::clone(&t.app), std::future::pending()));
    let event = |name: &str| json!({"type": "track", "payload": {"name": name, "profileId": "secret-profile", "groups": ["secret-group"]}});
    let (one, two) = (event("secret-event"), Value::from(vec![event("a"), event("b")]));
    assert_eq!((t.track(&one).await.status, t.track(&two).await.status), (200, 200));
    for _ in 0..3 {
        t.gql("{ groups { totalCount } }", json!({})).await;
    }
    assert_eq!(t.get("/nothing/secret-address", &[]).await.status, 404);
    let answer = reqwest::get(&url).await.expect("an answer");
    assert!(
        answer.headers()["content-type"].to_str().expect("text").starts_with("application/openmetrics-text")
    );
    let text = answer.text().await.expect("a text");
    for (name, expected) in [
        ("muster_http_requests_total{method=\"POST\",route=\"/track\",status=\"200\"}", 2.0),
        ("muster_http_requests_total{method=\"POST\",route=\"/graphql\",status=\"200\"}", 3.0),
        ("muster_http_requests_total{method=\"GET\",route=\"\",status=\"404\"}", 1.0),
        ("muster_http_request_duration_seconds_count{route=\"/track\"}", 2.0),
        ("muster_writes_total", 3.0),
        ("muster_commits_total", 2.0),
        ("muster_answers_total{source=\"miss\"}", 1.0),
        ("muster_answers_total{source=\"hit\"}", 2.0),
        ("muster_generations", 1.0),
        ("muster_seals_total", 0.0),
        ("muster_queued_writes", 0.0),
        ("muster_log_broken", 0.0),
        ("muster_subscriptions", 0.0),
        ("muster_statements_running", 0.0),
    ] {
        assert!((value(&text, name) - expected).abs() < f64::EPSILON, "{name} {text}");
    }
    assert!(
        value(&text, "muster_statements_total") >= 1.0 && value(&text, "muster_answer_cache_bytes") > 0.0
    );
    assert!(!text.contains("secret") && !text.contains("alpha"), "{text}");
    assert_eq!(t.get("/metrics", &t.alpha.admin.headers()).await.status, 404, "not where everybody asks");
}

#[tokio::test]
async fn a_server_is_ready_until_it_is_told_to_stop() {
    let t = TestApp::start().await;
    for path in ["/ready", "/api/ready"] {
        let ready = t.get(path, &[]).await;
        assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ready")));
    }
    t.app.live().stop();
    let ready = t.get("/ready", &[]).await;
    assert_eq!(
        (ready.status, ready.headers["retry-after"].to_str().ok()),
        (503, Some("1")),
        "{}",
        ready.text
    );
    assert_eq!(t.get("/health", &[]).await.status, 200);
}

/// A server that ends when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_log_is_one_json_object_for_each_entry_where_it_is_asked_for() {
    let data = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
    ]);
    command.env("MUSTER_DATA_DIR", data.path()).env_remove("MUSTER_LOG").stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("the program runs"));
    let log = BufReader::new(running.0.stderr.take().expect("piped"));
    let mut entries =
        log.lines().map(|line| serde_json::from_str::<Value>(&line.expect("UTF-8")).expect("JSON"));
    let mut address = |message: &str| {
        let entry = entries.find(|entry| entry["message"] == message).expect("it is told");
        assert_eq!(entry["level"], "INFO");
        entry["address"].as_str().expect("an address").to_owned()
    };
    let (metrics, serving) = (address("metrics"), address("serving"));
    let get = |url: String| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { reqwest::get(url).await.expect("an answer").text().await.expect("a text") })
    };
    assert!(get(format!("http://{metrics}/metrics")).contains("muster_build_info{version="));
    assert!(get(format!("http://{serving}/ready")).contains("ready"));
    let answered = entries.find(|entry| entry["message"] == "answered").expect("it is told");
    assert_eq!(
        (&answered["http.status"], &answered["span"]["http.route"]),
        (&json!(200), &json!("/ready")),
        "{answered}"
    );
}
