//! Transport only: which address does what, and what every request passes through.
//!
//! | address | |
//! |---|---|
//! | `POST /track` | what OpenPanel SDKs send: `track.rs` |
//! | `GET /track/device-id` | the sender's device and session: `track.rs` |
//! | `POST /graphql`, `GET /graphql?query=` | questions, and changes by POST: `graphql.rs`, `asked.rs`, `accept.rs` |
//! | the same with `Accept: text/event-stream`, a WebSocket at `/graphql` | subscriptions: `live/` |
//! | `GET /graphiql` | a page to try questions on: `page.rs` |
//! | `GET /queries`, `GET /queries/NAME.csv` | saved queries as tables: `saved.rs` |
//! | `GET /dashboard/…`, `GET /docs/…` | pages for people: [`crate::dashboard`] |
//! | `GET /health`, `GET /ready` | whether the server answers and takes writes, and whether to send it requests: `ops.rs` |
//! | `GET /metrics`, at another address (`--metrics-listen`) | what the server counts of its own work: `ops.rs` |
//!
//! All of them but the dashboard are there below `/api` as well, where self-hosted OpenPanel servers have them.
//! Browsers may call them from any origin, and another page gains nothing by calling: the dashboard's cookie is not
//! sent for it, opens nothing but `GET /queries` by itself, and `POST /graphql` only with the session's token in a
//! header that no page of another origin may send. See `auth.rs`.

mod accept;
mod asked;
mod auth;
mod body;
mod document;
mod fresh;
mod graphql;
mod live;
mod ops;
mod page;
mod saved;
mod trace;
mod track;
mod validator;
mod visit;

use crate::app::{App, Error};
use crate::dashboard;
use crate::error::{Failure, Kind};
use crate::graphql::run::COST;
use crate::tabular::file::Format;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, header};
use axum::middleware;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
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

/// Everything the server answers.
pub fn router(app: Arc<App>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(CORS_HEADERS)
        .expose_headers(EXPOSED_HEADERS)
        .max_age(Duration::from_secs(CORS_SECONDS));
    // Parquet files are compressed inside.
    let is_worth_it = DefaultPredicate::new().and(NotForContentType::const_new(Format::Parquet.media_type()));
    let body_limit = DefaultBodyLimit::max(app.limits().body_bytes);
    Router::new()
        .merge(routes())
        .merge(dashboard::router())
        .nest("/api", routes())
        .fallback(nothing_here)
        .layer(body_limit)
        .layer(CompressionLayer::new().compress_when(is_worth_it))
        .layer(middleware::map_response(validator::name_coding))
        .layer(middleware::from_fn(visit::accompany))
        .layer(cors)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), trace::trace))
        .with_state(app)
}

fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/track", post(track::track))
        .route("/track/device-id", get(track::device_id))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/graphiql", get(page::page))
        .route("/graphiql/{file}", get(page::file))
        .route("/health", get(ops::health))
        .route("/ready", get(ops::ready))
        .merge(saved::routes())
}

async fn nothing_here() -> Failure {
    Failure::new(Kind::NotFound, "there is nothing at this address; see /graphql, /track and /health")
}

/// Serves what only operators should see until `shutdown` is done: `/metrics`, `/health` and `/ready`.
pub async fn serve_operations(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let router = Router::new()
        .route("/metrics", get(ops::metrics))
        .route("/health", get(ops::health))
        .route("/ready", get(ops::ready))
        .with_state(app);
    Ok(axum::serve(listener, router).with_graceful_shutdown(shutdown).await?)
}

/// Serves until `shutdown` is done, lets running requests finish, and closes the app.
///
/// Requests that take longer than [`crate::config::Config::stop_timeout`] are dropped; what they were told is
/// stored stays stored.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let timeout = app.config().stop_timeout();
    let (tell, told) = tokio::sync::oneshot::channel();
    let stopping = Arc::clone(&app);
    let signal = async move {
        shutdown.await;
        // Connections that never end by themselves.
        stopping.live().stop();
        // Nobody hears it when the server has failed already.
        let _ = tell.send(());
    };
    let listener = listener.tap_io(|connection| {
        // Small answers leave at once; where the system refuses, they only leave later.
        let _ = connection.set_nodelay(true);
    });
    let routes = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, routes).with_graceful_shutdown(signal).into_future();
    let late = async {
        if told.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(timeout).await;
    };
    tokio::select! {
        result = server => result?,
        () = late => tracing::warn!("requests that still ran were dropped"),
    }
    app.stop().await
}
