//! GraphQL over HTTP: from a request to an operation, and from its result to a status.
//!
//! Queries come by POST (`application/json`) or GET (`?query=&operationName=&variables=`), mutations by POST
//! alone. An answer with data is 200, with errors beside the data too. Where there is no data the status says
//! why: 400 for a document that cannot be executed, otherwise the status of the first error's code.

use super::auth::Shown;
use super::body::read_json;
use super::trace::{note_operation, note_project};
use crate::app::App;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use crate::graphql::context::with_caller;
use crate::graphql::nesting::is_too_deep;
use crate::graphql::run::run;
use async_graphql::http::GraphiQLSource;
use async_graphql::parser::types::{DocumentOperations, OperationType};
use async_graphql::{Response as Executed, ServerError, Value as GraphqlValue, Variables};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// An operation as it is asked for.
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Value,
}

/// The parameters of a GET request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

/// Answers a POST.
pub(super) async fn post(State(app): State<Arc<App>>, request: Request) -> Response {
    let caller = match enter(&app, request.headers()) {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    let is_json = super::body::media_type(request.headers()).as_deref() == Some("application/json");
    if !is_json {
        let message = "send the content type application/json";
        return fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_INPUT", message);
    }
    let body = match read_json(request, app.limits().body_bytes).await {
        Ok(body) => body,
        Err(unread) => return fault(unread.status, "BAD_INPUT", &unread.message),
    };
    match Asked::in_body(body) {
        Ok(asked) => execute(&app, caller, asked, true).await,
        Err(invalid) => failed(invalid.into()),
    }
}

/// Answers a GET; a browser that opens the address gets the page.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if parameters.query.is_none() && accept.contains("text/html") {
        return page().await.into_response();
    }
    let caller = match enter(&app, &headers) {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    match Asked::in_parameters(parameters) {
        Ok(asked) => execute(&app, caller, asked, false).await,
        Err(invalid) => failed(invalid.into()),
    }
}

/// A page to try questions on. It loads its scripts from the network.
pub(super) async fn page() -> Html<String> {
    Html(GraphiQLSource::build().endpoint("graphql").title("Muster").finish())
}

fn enter(app: &App, headers: &HeaderMap) -> Result<Arc<Caller>, Box<Response>> {
    let entry = Shown::in_headers(headers).enter(app).map_err(|reason| {
        let message =
            format!("{reason}; send a client's id and secret, see the documentation on credentials");
        let mut response = failed(Failure::new(Kind::Unauthorized, message));
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"muster\""));
        Box::new(response)
    })?;
    note_project(entry.project);
    Ok(app.caller(entry.project, entry.right))
}

impl Asked {
    fn in_body(body: Value) -> Result<Self, Invalid> {
        let Value::Object(mut body) = body else {
            return Err(Invalid::new("body", "is no object; send {\"query\": …, \"variables\": …}"));
        };
        let Some(Value::String(query)) = body.remove("query") else {
            return Err(Invalid::new("query", "is missing or no string; give a GraphQL document"));
        };
        let operation_name = match body.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => {
                return Err(Invalid::new("operationName", "is no string; give the name of an operation"));
            }
        };
        let variables = checked_variables(body.remove("variables").unwrap_or_default())?;
        Ok(Self { query, operation_name, variables })
    }

    fn in_parameters(parameters: Parameters) -> Result<Self, Invalid> {
        let query =
            parameters.query.ok_or_else(|| Invalid::new("query", "is missing; give a GraphQL document"))?;
        let given = parameters.variables.filter(|text| !text.is_empty());
        let variables = given.map(|text| serde_json::from_str(&text)).transpose();
        let variables =
            variables.map_err(|error| Invalid::new("variables", format!("is no JSON: {error}")))?;
        let variables = checked_variables(variables.unwrap_or_default())?;
        let operation_name = parameters.operation_name.filter(|name| !name.is_empty());
        Ok(Self { query, operation_name, variables })
    }
}

fn checked_variables(variables: Value) -> Result<Value, Invalid> {
    match variables {
        Value::Object(_) | Value::Null => Ok(variables),
        _ => Err(Invalid::new("variables", "is no object; give one value for each variable's name")),
    }
}

async fn execute(app: &App, caller: Arc<Caller>, asked: Asked, may_change: bool) -> Response {
    if is_too_deep(&asked.query) {
        let reason = "nests more than 100 brackets; send deep values as variables, and flatter";
        return failed(Invalid::new("query", reason).into());
    }
    let mut request =
        async_graphql::Request::new(asked.query).variables(Variables::from_json(asked.variables));
    if let Some(name) = asked.operation_name {
        request = request.operation_name(name);
    }
    let chosen = request.operation_name.clone();
    if let Ok(document) = request.parsed_query() {
        let (name, kind) = operation(&document.operations, chosen.as_deref());
        note_operation(name.as_deref(), kind);
        if kind == "mutation" && !may_change {
            let message = "a mutation is sent by POST, never by GET";
            let mut response = fault(StatusCode::METHOD_NOT_ALLOWED, "BAD_INPUT", message);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return response;
        }
    }
    let began = Instant::now();
    let span = tracing::info_span!("operation", project.id = caller.project().0);
    let result = run(app.schema(), with_caller(request, caller)).instrument(span.clone()).await;
    let duration_ms = began.elapsed().as_secs_f64() * 1000.0;
    span.in_scope(|| tracing::debug!(duration_ms, errors = result.errors.len(), "executed"));
    answered(&result)
}

/// The name and the kind of the operation that is executed, if one is.
fn operation(operations: &DocumentOperations, chosen: Option<&str>) -> (Option<String>, &'static str) {
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

fn answered(result: &Executed) -> Response {
    let mut status = StatusCode::OK;
    if result.data == GraphqlValue::Null && !result.errors.is_empty() {
        status = status_of(&result.errors);
    }
    let mut response = (status, axum::Json(result)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The status of an answer without data.
fn status_of(errors: &[ServerError]) -> StatusCode {
    let code_of = |error: &ServerError| match error.extensions.as_ref()?.get("code")? {
        GraphqlValue::String(code) => Some(code.clone()),
        _ => None,
    };
    let code = errors.iter().find_map(code_of);
    let kind = code.and_then(|code| Kind::ALL.into_iter().find(|kind| kind.table().1 == code));
    // An error without a code is one of the document or of its variables.
    let status = kind.map_or(400, |kind| kind.table().0);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An answer in the form of GraphQL for a request that was not executed.
fn failed(failure: Failure) -> Response {
    let (status, code) = failure.kind.table();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut extensions = json!({ "code": code });
    if let Some(argument) = failure.argument {
        extensions["argument"] = argument.into();
    }
    let errors = json!([{ "message": failure.message, "extensions": extensions }]);
    (status, axum::Json(json!({ "errors": errors }))).into_response()
}

fn fault(status: StatusCode, code: &str, message: &str) -> Response {
    let errors = json!([{ "message": message, "extensions": { "code": code } }]);
    (status, axum::Json(json!({ "errors": errors }))).into_response()
}
