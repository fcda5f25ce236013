//! Operations over server-sent events: the "distinct connections mode" of GraphQL over SSE.
//!
//! A request to `/graphql` with `Accept: text/event-stream` is answered by a stream of events: `next` with an answer,
//! and `complete` when there is no more. Where `Accept` names JSON too, as urql's does, only a subscription is. Whoever may not come in, or sends no GraphQL request, is told so by a status.
//! When the server stops the stream ends without `complete`, so that clients come again.

use super::{Next, Operation};
use crate::app::App;
use crate::http::asked::Asked;
use crate::store::clients::Client;
use async_graphql::ServerError;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// Whether a request wants its answer as a stream of events.
pub(in crate::http) fn is_wanted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = values.flat_map(|value| value.split(','));
    ranges.any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/event-stream")
    })
}

/// Answers with a stream of events.
pub(in crate::http) async fn answer(
    app: &Arc<App>,
    client: &Client,
    asked: Asked,
    may_change: bool,
) -> Response {
    let operation = Operation::begin(app, client, asked, may_change).await;
    let events = stream::unfold(State::Running(operation), |state| async move {
        let State::Running(mut operation) = state else { return None };
        let (event, state) = match operation.next().await {
            Next::Answer(response) => (next(&json!(*response)), State::Running(operation)),
            Next::Refused(errors) => (next(&json!({ "errors": errors })), State::Running(Operation::Done)),
            Next::Revoked => {
                let mut error = ServerError::new("this client may not come in any longer", None);
                error.extensions.get_or_insert_default().set("code", "UNAUTHORIZED");
                (next(&json!({ "errors": [error] })), State::Running(Operation::Done))
            }
            Next::Complete => (Event::default().event("complete").data(""), State::Ended),
            Next::Stopping => return None,
        };
        Some((Ok::<_, Infallible>(event), state))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // Proxies that gather an answer before they send it would tell nothing.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Whether there is more to tell.
enum State {
    Running(Operation),
    Ended,
}

fn next(payload: &Value) -> Event {
    Event::default().event("next").data(payload.to_string())
}
