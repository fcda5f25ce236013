//! Saved queries by address: `/queries/NAME.EXTENSION` with variables in the query string, and a list of them.
//!
//! For BI tools and notebooks, which GET a table and take an error inside a 200 for data: whatever goes wrong has a
//! status of its own, 400 for a wrong variable and 404 for a name or a format that is not there. Formats are those
//! of [`crate::tabular::file`]; a client that has an answer already is told 304: `validator.rs`.

use super::auth::Shown;
use super::fresh::{self, Wanted};
use super::trace::{note_operation, note_project};
use super::validator;
use crate::app::App;
use crate::caller::Caller;
use crate::directory::Refused;
use crate::error::{Failure, Kind};
use crate::saved::listed::Listed;
use crate::saved::{Broken, data};
use crate::tabular::file::Format;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;
use tracing::Instrument;

/// The addresses of saved queries.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/queries", get(list)).route("/queries/{*file}", get(run))
}

/// Lists the saved queries, and those that cannot be used.
async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let caller = match enter(&app, &headers) {
        Ok(caller) => caller,
        Err(response) => return *response,
    };
    let saved = app.saved_for(&caller).await;
    let queries: Vec<Listed> = saved.list().map(Listed::from).collect();
    let broken = saved.broken().iter().map(|broken| {
        let Broken { file, reason, .. } = broken;
        let file = std::path::Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        json!({ "file": file, "reason": reason })
    });
    let body = json!({ "queries": queries, "broken": broken.collect::<Vec<_>>() });
    validator::answer(&headers, private(Format::Json.media_type()), body.to_string().into())
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
    answer(&app, caller, &file, given.as_deref().unwrap_or_default(), &headers)
        .await
        .unwrap_or_else(Failure::into_response)
}

async fn answer(
    app: &App,
    caller: Arc<Caller>,
    file: &str,
    given: &str,
    asked: &HeaderMap,
) -> Result<Response, Failure> {
    let (name, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let Some(format) = Format::ALL.into_iter().find(|format| format.extension() == extension) else {
        let endings = Format::ALL.map(|format| format!(".{}", format.extension())).join(", ");
        let message = format!(
            "a saved query is at /queries/NAME with one of the endings {endings}; /queries lists the names"
        );
        return Err(Failure::new(Kind::NotFound, message));
    };
    let saved = app.saved_for(&caller).await;
    let query = saved.find(name)?;
    let given: Vec<(String, String)> = url::form_urlencoded::parse(given.as_bytes()).into_owned().collect();
    let request = saved.request(query, &given)?;
    note_operation(Some(&query.name), "query");
    let span = tracing::info_span!("saved query", query.name = %query.name, project.id = caller.project().0);
    let mut headers = private(format.media_type());
    let response = match Wanted::in_headers(asked) {
        Wanted::Kept(max_stale) => {
            let answer = app.answer(request, caller, max_stale).instrument(span).await;
            fresh::tell(&mut headers, &answer);
            answer.response
        }
        Wanted::New => {
            fresh::tell_new(&mut headers);
            Arc::new(app.run(request, caller).instrument(span).await)
        }
    };
    headers.extend(response.http_headers.clone());
    let data = data(&response)?;
    let disposition = format!("inline; filename=\"{}.{extension}\"", query.operation);
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(validator::answer(asked, headers, format.write(&query.layout, &data)?.into()))
}

/// The headers of an answer that is one client's alone, and asked for again each time.
pub(super) fn private(media_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let credentials = HeaderValue::from_static("authorization, cookie, openpanel-client-id, mixan-client-id");
    headers.insert(header::VARY, credentials);
    headers
}

/// Lets in whoever may read.
pub(super) fn enter(app: &App, headers: &HeaderMap) -> Result<Arc<Caller>, Box<Response>> {
    let entry = Shown::in_headers(headers).or_session(app, headers).enter(app).map_err(|reason| {
        if !matches!(reason, Refused::Unknown(_)) {
            return Box::new(Failure::new(Kind::RateLimited, reason.to_string()).into_response());
        }
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
