//! The dashboard in a real browser.

mod access;
mod hostile;
mod numbers;
mod scripts_off;
mod shown;
mod walk;

use crate::support::app::TestApp;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use std::path::Path;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A change that must not fail.
pub(super) async fn change(t: &TestApp, document: &str, input: Value) -> Value {
    let done = t.gql(document, json!({ "input": input })).await;
    assert!(done["errors"].is_null(), "{done}");
    done
}

/// A product's own web site, on an origin of its own, with the browser build of the SDK.
pub(super) struct Site {
    /// `http://127.0.0.1:PORT`
    pub(super) origin: String,
    listener: Option<TcpListener>,
    task: Option<JoinHandle<()>>,
}

impl Site {
    /// Takes a free port; nothing is served there yet.
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        Self { origin, listener: Some(listener), task: None }
    }

    /// Serves a page whose SDK sends to `server` as a client that shows no secret.
    pub(super) fn serve(&mut self, packages: &Path, server: &str, client: &str) {
        let file = packages.join("@openpanel/web/dist/src/tracker.global.js");
        let script = std::fs::read_to_string(file).expect("the browser build");
        // As the SDK's documentation has it: calls are queued until its script is there.
        let page = format!(
            r#"<!doctype html><html lang="en"><title>Product</title><link rel="icon" href="data:,"><h1>Product</h1>
            <button data-track="report_exported" data-format="pdf">Export</button>
            <script>
              window.op = window.op || function (...call) {{ (window.op.q = window.op.q || []).push(call); }};
              window.op('init', {{ apiUrl: '{server}', clientId: '{client}', trackScreenViews: true, trackAttributes: true }});
              window.op('identify', {{ profileId: 'jane', firstName: 'Jane' }});
              window.op('setGroup', 'acme');
              window.op('track', 'signup', {{ plan: 'pro' }});
            </script>
            <script src="/op1.js" defer async></script></html>"#
        );
        let routes = Router::new()
            .route("/pricing", get(move || async move { Html(page) }))
            .route("/op1.js", get(move || async move { ([("content-type", "text/javascript")], script) }));
        let listener = self.listener.take().expect("it is not served yet");
        self.task = Some(tokio::spawn(async move { axum::serve(listener, routes).await.expect("serving") }));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
