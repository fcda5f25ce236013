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
//! | `GET /export` | everything of a project, as an archive of Parquet files: `export.rs` |
//! | `GET /dashboard/…`, `GET /docs/…` | pages for people: [`crate::dashboard`] |
//! | `GET /health`, `GET /ready` | whether the server answers and takes writes, and whether to send it requests: `ops.rs` |
//! | `GET /metrics`, at another address (`--metrics-listen`) | what the server counts of its own work: `ops.rs` |
//!
//! All of them but the dashboard are there below `/api` as well, where self-hosted OpenPanel servers have them.
//! Pages of other origins may call them with a client's id and secret and, where the client lists origins, read the
//! answer on those alone: `origins.rs`. They gain nothing of whoever is signed in: the dashboard's cookie is not sent for
//! them, opens nothing but `GET /queries` by itself, and `POST /graphql` only with the session's token in a header that no
//! page of another origin may send. See `auth.rs`.

mod accept;
mod asked;
mod auth;
mod body;
mod document;
mod export;
mod fresh;
mod graphql;
mod live;
mod ops;
mod origins;
mod page;
mod proxy;
mod saved;
mod serve;
pub mod tls;
mod trace;
mod track;
mod validator;
mod visit;

use crate::app::App;
use crate::dashboard;
use crate::error::{Failure, Kind};
use crate::tabular::file::Format;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

pub use serve::{serve, serve_operations};

/// Everything the server answers.
pub fn router(app: Arc<App>) -> Router {
    // Parquet files are compressed inside.
    let is_worth_it = DefaultPredicate::new().and(NotForContentType::const_new(Format::Parquet.media_type()));
    let body_limit = DefaultBodyLimit::max(app.limits().body_bytes);
    Router::new()
        .merge(routes())
        .merge(dashboard::router())
        .nest("/api", routes())
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), ops::await_instant))
        .layer(body_limit)
        .layer(CompressionLayer::new().compress_when(is_worth_it))
        .layer(middleware::map_response(validator::name_coding))
        .layer(middleware::from_fn(visit::accompany))
        .layer(origins::layer(&app))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), proxy::settle))
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
        .route("/export", get(export::export))
        .merge(saved::routes())
}

async fn nothing_here() -> Failure {
    Failure::new(Kind::NotFound, "there is nothing at this address; see /graphql, /track and /health")
}
