//! For those who operate the server.

use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says how the server does its work, and its version. Needs no credentials and tells nothing about data but the names
/// of files that are damaged.
///
/// | status | `status` | |
/// |---|---|---|
/// | 200 | `ok` | it takes writes and answers from everything that is stored |
/// | 200 | `degraded` | it takes writes and answers, without the events in the files that `damaged` names |
/// | 503 | `broken` | it answers questions and takes no writes: a sync of the log has failed, and only a restart finds out what of it is on the disk |
///
/// Degraded is 200, as a server that is taken out of service would answer nothing at all; alert on the word.
pub(super) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let mut health = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    let damaged = app.damaged();
    if !damaged.is_empty() {
        health["status"] = "degraded".into();
        health["damaged"] = damaged.into_iter().map(|damaged| damaged.file).collect();
        health["message"] =
            "events in damaged or missing files are not served; the log and muster check tell which".into();
    }
    if app.takes_writes() {
        return (StatusCode::OK, Json(health));
    }
    let message = "the log could not be synced to the disk, so no writes are taken; see to the disk and restart the server";
    health["status"] = "broken".into();
    health["error"] = json!({ "code": "UNAVAILABLE", "message": message });
    (StatusCode::SERVICE_UNAVAILABLE, Json(health))
}
