//! For those who operate the server.

use axum::Json;
use serde_json::{Value, json};

/// Says that the server answers, and its version. Needs no credentials and tells nothing about data.
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}
