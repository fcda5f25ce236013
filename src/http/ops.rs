//! For those who operate the server.

use crate::app::App;
use crate::error::{Failure, Kind};
use crate::store::Replica;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says how the server does its work, and its version. Needs no credentials and tells nothing about data but the names
/// of files that are damaged.
///
/// | status | `status` | |
/// |---|---|---|
/// | 200 | `ok` | it takes writes and answers from everything that is stored |
/// | 200 | `degraded` | it answers, without the events in the files that `damaged` names; where it has `sealing`, what was written could not be put into a segment, which is tried again, and writes are answered 503 once much waits for it; where it has `engine`, the distributed engine does not answer, and questions that are too large without it are answered 503; where it has `objects`, object storage does not answer: what is written stays on the disk, and questions that read segments which are not there are answered 503; where it has `replica` with `following`, it answers from an instant that may be an old one |
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
    if app.is_seal_failing() {
        health["status"] = "degraded".into();
        health["sealing"] = "fails; the log tells why, and it is tried again".into();
    }
    if app.is_remote_failing() {
        health["status"] = "degraded".into();
        health["engine"] =
            "the distributed engine does not answer; the log tells why, and it is asked again".into();
    }
    if app.is_object_storage_failing() {
        health["status"] = "degraded".into();
        health["objects"] =
            "object storage does not do what it is asked; the log tells why, and it is asked again".into();
    }
    if let Some(replica) = app.replica() {
        health["replica"] = told(&app, &replica);
        if app.is_left_behind() {
            health["status"] = "degraded".into();
        }
    }
    if app.takes_writes() {
        return (StatusCode::OK, Json(health));
    }
    let message = "the log could not be synced to the disk, so no writes are taken; see to the disk and restart the server";
    health["status"] = "broken".into();
    health["error"] = json!({ "code": "UNAVAILABLE", "message": message });
    (StatusCode::SERVICE_UNAVAILABLE, Json(health))
}

/// What a replica tells: its instant, how old that is, and why it does not go on.
fn told(app: &App, replica: &Replica) -> Value {
    let mut told = json!({ "instant": null });
    if let Some((number, made_at)) = replica.instant {
        told["instant"] = number.into();
        told["madeAt"] = made_at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
        told["ageSeconds"] = (app.clock().now() - made_at).num_seconds().max(0).into();
    }
    if replica.failure.is_some() {
        told["following"] = "fails; the log tells why, and it is tried again".into();
    }
    told
}

/// Has a replica that has nothing to answer from yet say so, whatever it is asked, rather than call every client unknown.
pub(super) async fn await_instant(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_about_server = ["/health", "/ready"].iter().any(|own| path.trim_start_matches("/api") == *own);
    if is_about_server || !app.awaits_instant() {
        return next.run(request).await;
    }
    let message = "this read replica has nothing to answer from yet; it waits for what the primary publishes";
    Failure::new(Kind::Unavailable, message).into_response()
}

/// Says whether to send requests here: 200 `ready`, or 503 with the reason. It is ready from the moment it answers until
/// it is told to stop, unless it takes no writes, or is a replica that has nothing to answer from yet. Needs no credentials.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let reason = if *app.live().watch_stop().borrow() {
        "the server stops"
    } else if app.awaits_instant() {
        "nothing is published yet, or object storage does not answer; /health tells which"
    } else if app.takes_writes() {
        return Json(json!({ "status": "ready" })).into_response();
    } else {
        "no writes are taken; /health tells why"
    };
    let body = Json(json!({ "status": "not ready", "reason": reason }));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], body).into_response()
}

/// What the server counts of its own work, for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    match app.metrics_text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => Failure::internal(error).into_response(),
    }
}
