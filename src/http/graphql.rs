//! GraphQL over HTTP: from a request to an operation, and from its result to a status.
//!
//! As the GraphQL-over-HTTP specification has it. Queries come by POST (`application/json`) or GET
//! (`?query=&operationName=&variables=&extensions=`), mutations by POST alone, so that no form and no link of another
//! page changes anything. One request is one operation; instead of its document it may name one: `document.rs`.
//! `Accept` chooses between two media types: `accept.rs`.
//!
//! | what happened | `application/graphql-response+json` | `application/json` |
//! |---|---|---|
//! | there is data, with errors beside it or without | 200 | 200 |
//! | the document, a variable or an argument is wrong, or too much is asked for | 4xx of the first error's code | 200 |
//! | who asks may not, or asks too often | 401, 403, 429 | 401, 403, 429 |
//! | the server cannot | 500, 503 | 500, 503 |
//! | it is no GraphQL request: no JSON, no `query`, another media type | 4xx | 4xx |
//!
//! Where there is no data, the answer has no `data` entry.
//!
//! With the header `Muster-Explain: true`, or `{"extensions": {"explain": true}}` in the request, the answer's
//! `extensions.statements` tell what each statement cost: see [`crate::engine::explain::Explained`].

use super::accept::Form;
use super::asked::Asked;
use super::auth::Shown;
use super::body::{charset, media_type, read_json};
use super::document::{self, Missing};
use super::fresh::{self, Wanted};
use super::live::{events, socket};
use super::page::page;
use super::trace::{note_operation, note_project};
use crate::app::App;
use crate::directory::{Refused, welcomes};
use crate::domain::Invalid;
use crate::engine::explain::Explanation;
use crate::engine::scope::source::Source;
use crate::error::{Failure, Kind};
use crate::graphql::unparsed;
use crate::store::clients::Client;
use async_graphql::parser::types::{DocumentOperations, OperationType};
use async_graphql::{Response as Executed, ServerError, Value as GraphqlValue, Variables, value};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// The header that asks what the statements of an answer cost.
pub(super) const EXPLAIN: HeaderName = HeaderName::from_static("muster-explain");

/// Answers a POST.
pub(super) async fn post(State(app): State<Arc<App>>, request: Request) -> Response {
    let (client, form) = match enter(&app, request.headers()) {
        Ok(entered) => entered,
        Err(response) => return *response,
    };
    let headers = Headers::read(request.headers());
    let (kind, charset) = (media_type(request.headers()), charset(request.headers()));
    if kind.as_deref() != Some("application/json") || charset.is_some_and(|charset| charset != "utf-8") {
        let message = "send the content type application/json, in UTF-8";
        return unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, form);
    }
    let body = match read_json(request, app.limits().body_bytes).await {
        Ok(body) => body,
        Err(error) => return unread(error.status, &error.message, form),
    };
    match Asked::in_body(body) {
        Ok(asked) => execute(&app, &client, asked, headers, form, true).await,
        Err(invalid) => not_well_formed(&invalid, form),
    }
}

/// Answers a GET; a browser that opens the address gets the page.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    RawQuery(query_string): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if headers.get(header::UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return match upgrade {
            Ok(upgrade) => open_socket(app, &headers, upgrade),
            Err(rejection) => rejection.into_response(),
        };
    }
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let query_string = query_string.unwrap_or_default();
    if query_string.is_empty() && accept.contains("text/html") {
        return page(State(app), headers).await;
    }
    let (client, form) = match enter(&app, &headers) {
        Ok(entered) => entered,
        Err(response) => return *response,
    };
    let mut response = match Asked::in_address(&query_string) {
        Ok(asked) => execute(&app, &client, asked, Headers::read(&headers), form, false).await,
        Err(invalid) => not_well_formed(&invalid, form),
    };
    // What one client may see is not for the next one behind the same proxy.
    let private = HeaderValue::from_static("private, no-cache");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(private);
    response
}

/// Takes over a WebSocket. Who shows nothing has to in its first message.
fn open_socket(app: Arc<App>, headers: &HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    let shown = Shown::in_headers(headers);
    let client = match shown.is_something().then(|| shown.enter_as(&app)).transpose() {
        Ok(client) => client,
        Err(reason) => return not_let_in(reason, Form::Json),
    };
    let origin =
        headers.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    if let Some(client) = &client {
        note_project(client.project);
        if origin.as_ref().is_some_and(|origin| !welcomes(client, origin)) {
            let message =
                "this client does not list the page's origin; an ADMIN client adds it with setClientOrigins";
            return refused(Failure::new(Kind::Forbidden, message), Form::Json);
        }
    }
    socket::upgrade(app, upgrade, client, origin)
}

/// Lets in whoever has credentials, and settles how the answer will look.
fn enter(app: &App, headers: &HeaderMap) -> Result<(Client, Form), Box<Response>> {
    let form = match Form::accepted(headers) {
        // Errors that come before a stream begins are JSON.
        None if events::is_wanted(headers) => Some(Form::Json),
        form => form,
    };
    let shown = Shown::in_headers(headers).or_session_with_token(app, headers);
    let client =
        shown.enter_as(app).map_err(|reason| Box::new(not_let_in(reason, form.unwrap_or(Form::Json))))?;
    note_project(client.project);
    let form = form.ok_or_else(|| {
        let message = "accept application/graphql-response+json or application/json";
        Box::new(unread(StatusCode::NOT_ACCEPTABLE, message, Form::Json))
    })?;
    Ok((client, form))
}

fn not_let_in(reason: Refused, form: Form) -> Response {
    if !matches!(reason, Refused::Unknown(_)) {
        return refused(Failure::new(Kind::RateLimited, reason.to_string()), form);
    }
    let message = format!("{reason}; send a client's id and secret, see the documentation on credentials");
    let mut response = refused(Failure::new(Kind::Unauthorized, message), form);
    let challenge = HeaderValue::from_static("Bearer realm=\"muster\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// What a request's headers say about its answer.
#[derive(Clone, Copy)]
struct Headers {
    /// `Muster-Explain: true`: tell what the statements cost.
    is_explained: bool,
    wanted: Wanted,
    events: Events,
}

/// Whether an answer may be a stream of events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Events {
    No,
    /// That of a subscription; others are read as JSON too.
    OfSubscriptions,
    /// That of every operation.
    Always,
}

impl Headers {
    fn read(headers: &HeaderMap) -> Self {
        let is_explained =
            headers.get(EXPLAIN).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        let events = match (events::is_wanted(headers), Form::accepted(headers)) {
            (false, _) => Events::No,
            (true, Some(_)) => Events::OfSubscriptions,
            (true, None) => Events::Always,
        };
        Self { is_explained, wanted: Wanted::in_headers(headers), events }
    }
}

async fn execute(
    app: &Arc<App>,
    client: &Client,
    asked: Asked,
    headers: Headers,
    form: Form,
    may_change: bool,
) -> Response {
    if headers.events == Events::Always {
        return events::answer(app, client, asked, may_change).await;
    }
    let streamed = (headers.events == Events::OfSubscriptions).then(|| asked.clone());
    let caller = app.caller(client.project, client.right);
    let project = caller.project();
    let document = match document::find(app, &caller, asked.document).await {
        Ok(document) => document,
        Err(Missing::Refused(failure)) => return refused(failure, form),
        Err(Missing::Unknown) => {
            let extensions = json!({ "code": "PERSISTED_QUERY_NOT_FOUND" });
            return form.answer(form.status(404), &errors("PersistedQueryNotFound", &extensions));
        }
    };
    if let Err(invalid) = unparsed::check(&document.text, app.limits()) {
        return refused(invalid.into(), form);
    }
    let variables = Variables::from_json(Value::Object(asked.variables));
    let mut request = async_graphql::Request::new(document.text.as_str()).variables(variables);
    if !app.may_introspect(client) {
        request = request.disable_introspection();
    }
    if let Some(name) = asked.operation_name {
        request = request.operation_name(name);
    }
    let chosen = request.operation_name.clone();
    let mut is_query = false;
    if let Ok(document) = request.parsed_query() {
        let (name, kind) = operation(&document.operations, chosen.as_deref());
        note_operation(name.as_deref(), kind);
        is_query = kind == "query";
        if let (Some(asked), "subscription") = (streamed, kind) {
            return events::answer(app, client, asked, may_change).await;
        }
        if kind == "subscription" {
            let message = "query: is a subscription; accept text/event-stream, or subscribe over a WebSocket";
            return refused(Failure::new(Kind::BadInput, message), form);
        }
        if kind == "mutation" && !may_change {
            let message = "a mutation is sent by POST, never by GET";
            let mut response = unread(StatusCode::METHOD_NOT_ALLOWED, message, form);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
    }
    let began = Instant::now();
    let span = tracing::info_span!("operation", project.id = project.0);
    let explanation = (asked.is_explained || headers.is_explained).then(|| caller.explain());
    let mut how = HeaderMap::new();
    let result = match headers.wanted {
        Wanted::Kept(max_stale) if is_query && explanation.is_none() => {
            let answer = app.answer(request, caller, max_stale).instrument(span.clone()).await;
            fresh::tell(&mut how, &answer);
            answer.response
        }
        _ => {
            let mut result = app.run(request, caller).instrument(span.clone()).await;
            if let Some(explanation) = explanation {
                result.extensions.insert("statements".to_owned(), told(&explanation));
            }
            if is_query {
                fresh::tell_new(&mut how);
            }
            Arc::new(result)
        }
    };
    let duration_ms = began.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| tracing::debug!(duration_ms, errors = result.errors.len(), "executed"));
    if let Some(sha256) = document.news.filter(|_| result.errors.iter().all(|error| !error.path.is_empty())) {
        app.remember_document(project, &sha256, &document.text);
    }
    let mut response = answered(&result, form);
    response.headers_mut().extend(result.http_headers.clone());
    response.headers_mut().extend(how);
    response
}

/// What each statement cost, in the order in which they were asked.
fn told(explanation: &Explanation) -> GraphqlValue {
    let statements = explanation.statements().into_iter().map(|explained| {
        value!({
            "statement": explained.statement,
            "source": explained.source.map(Source::name),
            "engine": if explained.fetched.is_some() { "flight_sql" } else { "duckdb" },
            "fetchedRows": explained.fetched.map(|(rows, _)| rows),
            "fetchedBytes": explained.fetched.map(|(_, bytes)| bytes),
            "rows": explained.rows,
            "bytes": explained.bytes,
            "milliseconds": explained.milliseconds,
        })
    });
    GraphqlValue::List(statements.collect())
}

/// The name and the kind of the operation that is executed, if one is.
pub(super) fn operation(
    operations: &DocumentOperations,
    chosen: Option<&str>,
) -> (Option<String>, &'static str) {
    let mut all = operations.iter();
    let found = match (chosen, operations) {
        (Some(chosen), _) => all.find(|(name, _)| name.is_some_and(|name| name.as_str() == chosen)),
        (None, DocumentOperations::Single(_)) => all.next(),
        // A document with one named operation needs no choice.
        (None, DocumentOperations::Multiple(many)) if many.len() == 1 => all.next(),
        (None, DocumentOperations::Multiple(_)) => None,
    };
    let kind = match found.map(|(_, operation)| operation.node.ty) {
        Some(OperationType::Query) => "query",
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        None => "unknown",
    };
    (found.and_then(|(name, _)| name.map(ToString::to_string)), kind)
}

fn answered(result: &Executed, form: Form) -> Response {
    if result.data != GraphqlValue::Null || result.errors.is_empty() {
        return form.answer(StatusCode::OK, result);
    }
    let mut body = json!({ "errors": result.errors });
    if !result.extensions.is_empty() {
        body["extensions"] = json!(result.extensions);
    }
    form.answer(form.status(status_of(&result.errors)), &body)
}

/// The status of an answer without data.
fn status_of(errors: &[ServerError]) -> u16 {
    let code_of = |error: &ServerError| match error.extensions.as_ref()?.get("code")? {
        GraphqlValue::String(code) => Some(code.clone()),
        _ => None,
    };
    let code = errors.iter().find_map(code_of);
    let kind = code.and_then(|code| Kind::ALL.into_iter().find(|kind| kind.table().1 == code));
    // An error without a code is one of the document or of its variables.
    kind.map_or(400, |kind| kind.table().0)
}

/// The answer to an operation that was understood and is not executed.
fn refused(failure: Failure, form: Form) -> Response {
    let (status, code) = failure.kind.table();
    let mut extensions = json!({ "code": code });
    if let Some(argument) = failure.argument {
        extensions["argument"] = argument.into();
    }
    form.answer(form.status(status), &errors(&failure.message, &extensions))
}

/// The answer to a request whose parameters are none of GraphQL.
fn not_well_formed(invalid: &Invalid, form: Form) -> Response {
    let extensions = json!({ "code": Kind::BadInput.table().1, "argument": invalid.field });
    form.answer(StatusCode::BAD_REQUEST, &errors(&invalid.to_string(), &extensions))
}

/// The answer to a request that HTTP does not let through.
fn unread(status: StatusCode, message: &str, form: Form) -> Response {
    form.answer(status, &errors(message, &json!({ "code": Kind::BadInput.table().1 })))
}

pub(super) fn errors(message: &str, extensions: &Value) -> Value {
    json!({ "errors": [{ "message": message, "extensions": extensions }] })
}
