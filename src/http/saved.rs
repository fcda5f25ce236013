//! Saved queries by address: `/queries/NAME.json` and `/queries/NAME.csv`, with variables in the query string.
//!
//! For BI tools, which GET a table and take an error inside a 200 for data: whatever goes wrong has a status of
//! its own, 400 for a wrong variable and 404 for a name or a format that is not there.

use super::auth::Shown;
use super::trace::{note_operation, note_project};
use crate::app::App;
use crate::caller::Caller;
use crate::error::{Failure, Kind};
use crate::graphql::{self, context::with_caller};
use crate::saved::{SavedQuery, data};
use crate::tabular;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use tracing::Instrument;

/// The addresses of saved queries.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/queries", get(list)).route("/queries/{file}", get(run))
}

/// Lists the saved queries: name, description, variables, and whether there is a table of each.
async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    match enter(&app, &headers) {
        Ok(_) => {
            Json(json!({ "queries": app.saved().list().map(described).collect::<Vec<_>>() })).into_response()
        }
        Err(response) => *response,
    }
}

fn described(query: &SavedQuery) -> Value {
    let variables = query.variables.iter().map(|variable| {
        let (name, kind, default) = (&variable.name, &variable.type_name, &variable.default);
        json!({ "name": name, "type": kind, "default": default, "isRequired": variable.is_required() })
    });
    let formats = if query.layout.is_ok() { vec!["json", "csv"] } else { vec!["json"] };
    json!({
        "name": query.name,
        "description": query.description,
        "variables": variables.collect::<Vec<_>>(),
        "formats": formats,
    })
}

async fn run(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    RawQuery(given): RawQuery,
    headers: HeaderMap,
) -> Response {
    let caller = match enter(&app, &headers) {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    answer(&app, caller, &file, given.as_deref().unwrap_or_default())
        .await
        .unwrap_or_else(Failure::into_response)
}

async fn answer(app: &App, caller: Arc<Caller>, file: &str, given: &str) -> Result<Response, Failure> {
    let (name, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    if !matches!(extension, "json" | "csv") {
        let message =
            "a saved query is at /queries/NAME.json and /queries/NAME.csv; /queries lists the names";
        return Err(Failure::new(Kind::NotFound, message));
    }
    let query = app.saved().find(name)?;
    let given: Vec<(String, String)> = url::form_urlencoded::parse(given.as_bytes()).into_owned().collect();
    let request = app.saved().request(query, &given)?;
    note_operation(Some(&query.name), "query");
    let span = tracing::info_span!("saved query", query.name = %query.name, project.id = caller.project().0);
    let data = data(graphql::run::run(app.schema(), with_caller(request, caller)).instrument(span).await)?;
    if extension == "json" {
        return Ok(Json(json!({ "data": data })).into_response());
    }
    let layout = query.layout.clone()?;
    let csv = tabular::to_csv(&layout, &data).map_err(Failure::internal)?;
    let disposition = HeaderValue::from_str(&format!("inline; filename=\"{}.csv\"", query.name));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("inline"));
    let media_type = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    Ok(([(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)], csv)
        .into_response())
}

/// Lets in whoever may read.
fn enter(app: &App, headers: &HeaderMap) -> Result<Arc<Caller>, Box<Response>> {
    let entry = Shown::in_headers(headers).enter(app).map_err(|reason| {
        let message = format!("{reason}; send a client's id and secret");
        let mut response = Failure::new(Kind::Unauthorized, message).into_response();
        // A browser that opens the address asks for id and secret.
        let asks = HeaderValue::from_static("Basic realm=\"muster\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, asks);
        Box::new(response)
    })?;
    note_project(entry.project);
    let caller = app.caller(entry.project, entry.right);
    caller.may_read().map_err(|failure| Box::new(failure.into_response()))?;
    Ok(caller)
}
