//! For those who operate the server.

use crate::app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says whether the server does its work, and its version. Needs no credentials and tells nothing about data.
///
/// 503 means that it answers questions and takes no writes any more: a sync of the log has failed, and only a
/// restart finds out what of it is on the disk.
pub(super) async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let version = env!("CARGO_PKG_VERSION");
    if app.takes_writes() {
        return (StatusCode::OK, Json(json!({ "status": "ok", "version": version })));
    }
    let message = "the log could not be synced to the disk, so no writes are taken; see to the disk and restart the server";
    let error = json!({ "code": "UNAVAILABLE", "message": message });
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "broken", "version": version, "error": error })))
}
