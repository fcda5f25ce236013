//! `/track`: what OpenPanel SDKs send, and what they can parse in answer.
//!
//! A body is one operation or an array of them. 200 means that everything accepted is stored, durably; when the
//! store cannot take more the answer is 503 with `Retry-After`, nothing is stored, and the SDK tries again. As
//! with OpenPanel a malformed body is told so before anybody asks who sent it.

use super::auth::Shown;
use super::body::{Unread, read_json};
use super::trace::{note_operation, note_project};
use crate::app::{App, Salts};
use crate::directory::{Entry, Refused};
use crate::domain::Invalid;
use crate::domain::event::Outcome;
use crate::domain::identity::ProjectKey;
use crate::domain::write::{Write, Written};
use crate::error::{Failure, Kind};
use crate::ingest::device;
use crate::ingest::wire::{Decoded, Decoder, Sender};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Stands in for the project while nobody was let in yet. No project has this key.
const NOBODY: ProjectKey = ProjectKey(0);

/// Why an operation was refused.
struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    fn unauthorized(reason: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, format!("Ingestion: {reason}"))
    }

    fn not_let_in(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(reason) => Self::unauthorized(reason),
            too_often => Self::new(StatusCode::TOO_MANY_REQUESTS, format!("Ingestion: {too_often}")),
        }
    }

    /// The path of a field as OpenPanel writes it: `body/payload/groups/2`.
    fn invalid(status: StatusCode, invalid: &Invalid) -> Self {
        let path: String = invalid
            .field
            .chars()
            .filter(|c| *c != ']')
            .map(|c| if matches!(c, '.' | '[') { '/' } else { c })
            .collect();
        let slash = if path.is_empty() { "" } else { "/" };
        Self::new(status, format!("body{slash}{path} {}", invalid.reason))
    }

    fn json(&self) -> Value {
        let mut body = json!({
            "status": self.status.as_u16(),
            "error": self.status.canonical_reason().unwrap_or_default(),
            "message": self.message,
        });
        if self.status == StatusCode::UNAUTHORIZED {
            body["code"] = "UNAUTHORIZED".into();
        }
        body
    }
}

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        Self::new(unread.status, unread.message)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let status = match failure.kind {
            // An SDK gives up on 401 alone; it would send again what is forbidden.
            Kind::Forbidden => StatusCode::UNAUTHORIZED,
            kind => StatusCode::from_u16(kind.table().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        Self::new(status, failure.message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Takes one operation, or an array of them.
pub(super) async fn track(State(app): State<Arc<App>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let answer = match read_json(request, app.limits().body_bytes).await {
        Ok(Value::Array(items)) => track_all(&app, &headers, items).await,
        Ok(body) => track_one(&app, &headers, body).await,
        Err(unread) => Err(unread.into()),
    };
    answer.map(Json).into_response()
}

async fn track_one(app: &Arc<App>, headers: &HeaderMap, body: Value) -> Result<Told, Refusal> {
    let entry = Shown::in_headers(headers).or_in_body(&body).enter_to_send(app);
    let project = entry.as_ref().map_or(NOBODY, |entry| entry.project);
    let sender = sender(app, headers, project, app.salts().await?);
    let (tells_revenue, kind) = (tells_revenue(&body), kind_of(&body).to_owned());
    let mut decoded = Decoder::new(&sender, app.limits())
        .decode(body)
        .map_err(|invalid| Refusal::invalid(StatusCode::BAD_REQUEST, &invalid))?;
    let entry = entry.map_err(Refusal::not_let_in)?;
    note_project(entry.project);
    note_operation(None, &kind);
    check_revenue(tells_revenue, entry)?;
    let writes = std::mem::take(&mut decoded.writes);
    let written = app.caller(entry.project, entry.right).write(writes).await?;
    let answer = Answerer::new(app, entry.project).answer(&decoded, &written).await?;
    Ok(Told::One(Answer { outcome: None, ..answer }))
}

/// Takes an array: each item has a result of its own, and all that are accepted are stored together.
async fn track_all(app: &Arc<App>, headers: &HeaderMap, items: Vec<Value>) -> Result<Told, Refusal> {
    let entry = Shown::in_headers(headers).enter_to_send(app).map_err(Refusal::not_let_in)?;
    note_project(entry.project);
    note_operation(None, "array");
    let most = app.limits().batch_events;
    if items.len() > most {
        let message =
            format!("body has {} items; {most} at most are allowed, send them in parts", items.len());
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    let sender = sender(app, headers, entry.project, app.salts().await?);
    let count = items.len();
    let mut writes: Vec<Write> = Vec::with_capacity(count);
    // What was read of each item, and how many writes came of it.
    let mut decoded: Vec<Result<(Decoded, usize), Refusal>> = Vec::with_capacity(count);
    {
        let bodies = Decoder::new(&sender, app.limits());
        for item in items {
            let tells_revenue = tells_revenue(&item);
            let read = bodies.decode(item);
            let read = read.map_err(|invalid| Refusal::invalid(StatusCode::BAD_REQUEST, &invalid));
            let read = read.and_then(|read| check_revenue(tells_revenue, entry).map(|()| read));
            decoded.push(read.map(|mut read| {
                let before = writes.len();
                writes.append(&mut read.writes);
                (read, writes.len() - before)
            }));
        }
    }
    let written = app.caller(entry.project, entry.right).write(writes).await?;
    let (mut rest, mut answerer) = (written.as_slice(), Answerer::new(app, entry.project));
    let mut results = Vec::with_capacity(count);
    for read in decoded {
        let answer = match read {
            Err(refusal) => Err(refusal),
            Ok((read, count)) => {
                let (own, behind) = rest.split_at(count.min(rest.len()));
                rest = behind;
                answerer.answer(&read, own).await
            }
        };
        results.push(answer.map_or_else(|refusal| Told::Refused(refusal.json()), Told::One));
    }
    Ok(Told::All(results))
}

/// Who sent a request, as its headers tell.
fn sender(app: &App, headers: &HeaderMap, project: ProjectKey, salts: Salts) -> Sender {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let owned = |name: &str| get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    Sender {
        project,
        now: app.clock().now(),
        ip: device::client_ip(get),
        user_agent: owned("user-agent"),
        origin: owned("origin"),
        sdk_name: owned("openpanel-sdk-name"),
        sdk_version: owned("openpanel-sdk-version"),
        salt: salts.today,
        previous_salt: salts.yesterday,
    }
}

/// Revenue is money: only whoever knows the secret may report it. A page's visitors could make it up.
fn check_revenue(tells_revenue: bool, entry: Entry) -> Result<(), Refusal> {
    if tells_revenue && !entry.is_proven {
        return Err(Refusal::unauthorized("Revenue tracking is not allowed without a client secret"));
    }
    Ok(())
}

/// Whether a body reports revenue.
fn tells_revenue(body: &Value) -> bool {
    let revenue = || body.get("payload")?.get("properties")?.get("__revenue");
    kind_of(body) == "track" && revenue().is_some_and(|revenue| !revenue.is_null())
}

/// The type of operation that a body names; empty where it names none.
fn kind_of(body: &Value) -> &str {
    body.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// What a request is told.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    One(Answer),
    Refused(Value),
    All(Vec<Told>),
}

/// What an accepted operation is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    device_id: String,
    session_id: String,
    /// In an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// Makes answers. Looks up the live session of a device once.
struct Answerer<'a> {
    app: &'a Arc<App>,
    project: ProjectKey,
    live: HashMap<String, (String, String)>,
}

impl<'a> Answerer<'a> {
    fn new(app: &'a Arc<App>, project: ProjectKey) -> Self {
        Self { app, project, live: HashMap::new() }
    }

    async fn answer(&mut self, decoded: &Decoded, written: &[Written]) -> Result<Answer, Refusal> {
        match written.first() {
            Some(Written::Event { outcome: Outcome::Accepted, event }) => Ok(Answer {
                device_id: event.device_id.clone().unwrap_or_else(|| decoded.device_id.clone()),
                session_id: event.session_id.clone().unwrap_or_default(),
                outcome: Some("ACCEPTED"),
            }),
            Some(Written::Event { outcome: Outcome::Duplicate, .. }) => {
                self.of_device(decoded, "DUPLICATE").await
            }
            Some(Written::Refused { missing, invalid }) => {
                let status = if *missing { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
                let field = format!("payload.{}", invalid.field);
                Err(Refusal::invalid(status, &Invalid::new(field, invalid.reason.clone())))
            }
            _ => self.of_device(decoded, "ACCEPTED").await,
        }
    }

    /// The device and its live session, where the operation itself has none.
    async fn of_device(&mut self, decoded: &Decoded, outcome: &'static str) -> Result<Answer, Refusal> {
        if !self.live.contains_key(&decoded.device_id) {
            let devices = [Some(decoded.device_id.clone()), decoded.previous_device_id.clone()];
            let found = self.app.live_session(self.project, devices.into_iter().flatten().collect()).await?;
            let found = found.unwrap_or_else(|| (decoded.device_id.clone(), String::new()));
            self.live.insert(decoded.device_id.clone(), found);
        }
        let (device_id, session_id) = self.live.get(&decoded.device_id).cloned().unwrap_or_default();
        Ok(Answer { device_id, session_id, outcome: Some(outcome) })
    }
}

/// The sender's device, and its live session if there is one. Needs a public address and a user agent.
pub(super) async fn device_id(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match device_of(&app, &headers).await {
        Ok(Ok(body)) => Json(body).into_response(),
        Ok(Err(missing)) => (StatusCode::BAD_REQUEST, missing).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn device_of(app: &Arc<App>, headers: &HeaderMap) -> Result<Result<Value, &'static str>, Refusal> {
    let entry = Shown::in_headers(headers).enter_to_send(app).map_err(Refusal::not_let_in)?;
    note_project(entry.project);
    let sender = sender(app, headers, entry.project, app.salts().await?);
    if sender.ip.is_none() {
        return Ok(Err("Missing ip address"));
    }
    if sender.user_agent.is_none() {
        return Ok(Err("Missing header: user-agent"));
    }
    let (today, yesterday) = sender.devices();
    let devices = [Some(today.clone()), yesterday].into_iter().flatten().collect();
    let live = app.live_session(entry.project, devices).await?;
    Ok(Ok(match live {
        Some((device, session)) => {
            json!({ "deviceId": device, "sessionId": session, "message": "a session of this device is live" })
        }
        None => json!({ "deviceId": today, "sessionId": "", "message": "no session of this device is live" }),
    }))
}
