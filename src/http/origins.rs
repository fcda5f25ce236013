//! Which pages of other origins may read an answer (CORS).
//!
//! | asked | `Access-Control-Allow-Origin` |
//! |---|---|
//! | beforehand (preflight), which names no client | the origin: it may ask, and the answer decides |
//! | with a client that lists no origins, or with none | the origin: without the secret it is told nothing |
//! | with a client that lists origins, from one of them | the origin |
//! | with a client that lists origins, from another | none: the browser keeps the answer from the page |
//!
//! Cookies are never allowed (`Access-Control-Allow-Credentials`), so no page acts in the name of whoever is signed in. As
//! answers depend on it, every one varies with `Origin`. A WebSocket knows no CORS: from an origin that its client does
//! not list it is refused.

use super::auth::Shown;
use super::{fresh, graphql, trace, visit};
use crate::app::App;
use crate::directory::welcomes;
use crate::graphql::run::COST;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::sync::Arc;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may rely on what it was told about other origins: a week.
const CORS_SECONDS: u64 = 604_800;

/// Headers that a page on another origin may send.
const CORS_HEADERS: [HeaderName; 13] = [
    header::ACCEPT,
    header::CACHE_CONTROL,
    header::IF_NONE_MATCH,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("openpanel-client-id"),
    HeaderName::from_static("openpanel-client-secret"),
    HeaderName::from_static("openpanel-sdk-name"),
    HeaderName::from_static("openpanel-sdk-version"),
    HeaderName::from_static("mixan-client-id"),
    HeaderName::from_static("mixan-client-secret"),
    graphql::EXPLAIN,
    trace::REQUEST_ID,
];

/// Headers of an answer that a page on another origin may read.
const EXPOSED_HEADERS: [HeaderName; 8] = [
    header::AGE,
    header::ETAG,
    header::RETRY_AFTER,
    fresh::CACHE,
    HeaderName::from_static(COST),
    trace::REQUEST_ID,
    visit::RATE_LIMIT,
    visit::RATE_LIMIT_POLICY,
];

/// Tells browsers which pages may read answers.
pub(super) fn layer(app: &Arc<App>) -> CorsLayer {
    let app = Arc::clone(app);
    let may_read = move |origin: &HeaderValue, headers: &HeaderMap| {
        let client = Shown::in_headers(headers).id().and_then(|id| app.directory().client(id));
        client.is_none_or(|client| origin.to_str().is_ok_and(|origin| welcomes(&client, origin)))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, request| may_read(origin, &request.headers)))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(CORS_HEADERS)
        .expose_headers(EXPOSED_HEADERS)
        .max_age(std::time::Duration::from_secs(CORS_SECONDS))
}
