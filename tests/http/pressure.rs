//! Back-pressure: the queue of writes is bounded by bytes, and who does not fit is told to come again.

use crate::support::app::add_project;
use chrono::{DateTime, Utc};
use muster::app::App;
use muster::config::Config;
use muster::domain::time::{Clock, SystemClock};
use muster::http;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Condvar, Mutex};
use tokio::runtime::Handle;

/// A clock that keeps the writer waiting: it alone asks for the time from outside the runtime.
#[derive(Debug, Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, is_open: bool) {
        *self.is_open.lock().expect("nobody panics") = is_open;
        self.opened.notify_all();
    }
}

impl Clock for Gate {
    fn now(&self) -> DateTime<Utc> {
        if Handle::try_current().is_err() {
            let is_open = self.is_open.lock().expect("nobody panics");
            drop(self.opened.wait_while(is_open, |is_open| !*is_open).expect("nobody panics"));
        }
        SystemClock.now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_would_take_too_much_memory_are_told_to_come_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let gate = Arc::new(Gate::default());
    let config = Config { queued_bytes: 100_000, ..Config::for_testing(folder.path()) };
    let app = App::open(config, Arc::<Gate>::clone(&gate)).await.expect("a new folder");
    let project = add_project(&app, "alpha").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = http::router(Arc::clone(&app));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serving") });
    let send = |id: &str, bytes: usize| {
        let properties = json!({ "text": "x".repeat(bytes) });
        let event = json!({"type": "track", "payload": {"id": id, "name": "tick", "properties": properties}});
        let sent = reqwest::Client::new().post(format!("{url}/track")).json(&json!([event]));
        let sent = sent.basic_auth(&project.write.id, Some(&project.write.secret)).send();
        async move {
            let answer = sent.await.expect("an answer");
            let again = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let again = again.map(str::to_owned);
            (answer.status(), again, answer.json::<Value>().await.expect("JSON"))
        }
    };

    // The writer stands still: of two large ones one waits in the queue and the other finds no room there.
    let mut large: Vec<_> = ["a", "b"].map(|id| tokio::spawn(send(id, 60_000))).into();
    let refused = loop {
        tokio::task::yield_now().await;
        if let Some(place) = large.iter().position(tokio::task::JoinHandle::is_finished) {
            break large.swap_remove(place).await.expect("it ran");
        }
    };
    assert_eq!((refused.0, refused.1.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("1")));
    let message = refused.2["message"].as_str().expect("a message");
    assert!(message.contains("too many writes are waiting"), "{message}");
    // A small one still fits beside the large one.
    let small = tokio::spawn(send("c", 10));
    tokio::task::yield_now().await;
    gate.set(true);
    for waiting in [large.remove(0), small] {
        let (status, _, results) = waiting.await.expect("it ran");
        assert_eq!((status, &results[0]["outcome"]), (StatusCode::OK, &json!("ACCEPTED")));
    }
    // What was refused was not stored, and what alone is larger than the queue is taken when nothing else waits.
    let mut outcomes = Vec::new();
    for id in ["a", "b", "d"] {
        outcomes.push(send(id, 200_000).await.2[0]["outcome"].as_str().expect("an outcome").to_owned());
    }
    outcomes.sort();
    assert_eq!(outcomes, ["ACCEPTED", "ACCEPTED", "DUPLICATE"]);
}
