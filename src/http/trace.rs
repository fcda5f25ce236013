//! Every request in a span, one line in the log when it is answered, and counted.
//!
//! The span has the request's id, method and address without its query; handlers add the project and the
//! operation. A request that says to which trace it belongs (`traceparent`) goes on with it. Bodies, queries,
//! credentials and addresses of senders are never written down.

use crate::app::App;
use crate::domain::time::new_id;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::global;
use opentelemetry::propagation::Extractor;
use std::sync::Arc;
use std::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header that names a request, in both directions.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Characters of a name that a client chose, at most, in the log.
const NAME_CHARS: usize = 100;

/// Wraps a request in its span.
pub(super) async fn trace(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = given_id(request.headers()).unwrap_or_else(new_id);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let span = tracing::info_span!(
        "request",
        request.id = id,
        http.method = method,
        http.route = route,
        project.id = Empty,
        query.name = Empty,
        query.kind = Empty,
        http.status = Empty,
    );
    let caller =
        global::get_text_map_propagator(|propagator| propagator.extract(&Headers(request.headers())));
    // Where no spans are collected there is nothing to belong to.
    let _ = span.set_parent(caller);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics().answered(&method, &route, status, took);
    let duration_ms = took.as_secs_f64() * 1000.0;
    span.in_scope(|| {
        if status >= 500 {
            tracing::warn!(http.status = status, duration_ms, "answered");
        } else {
            tracing::info!(http.status = status, duration_ms, "answered");
        }
    });
    span.record("http.status", status);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Headers as what tells to which trace a request belongs (`traceparent`).
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Notes for which project the present request is.
pub(super) fn note_project(project: crate::domain::identity::ProjectKey) {
    Span::current().record("project.id", project.0);
}

/// Notes what the present request asks for: an operation's name, if it has one, and its kind.
pub(super) fn note_operation(name: Option<&str>, kind: &str) {
    if let Some(name) = name {
        Span::current().record("query.name", name.chars().take(NAME_CHARS).collect::<String>());
    }
    Span::current().record("query.kind", kind);
}

/// The id a client or proxy gave the request, if it is one.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_well = (1..=NAME_CHARS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_well.then(|| id.to_owned())
}
