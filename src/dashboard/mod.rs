//! The dashboard: pages for people who do not write code. A client of our own schema, drawn on the server.
//!
//! # The way of a page
//!
//! 1. [`visitor::Visitor`] is who looks: read from the signed cookie (`session.rs`), with one caller for the request.
//!    Nobody signed in is sent to `sign_in.rs`.
//! 2. The page asks each of its panels a saved query of `queries/dashboard/` with variables as text:
//!    [`visitor::Visitor::ask`] runs it through the schema and gives a [`panel::Answer`].
//! 3. The answer is read into the page's own small types and drawn with `maud`, which escapes every text.
//!    [`panel::Answer::panel`] frames it, and links to the query and to its CSV with the same variables.
//! 4. [`layout::page`] puts navigation and assets around it.
//!
//! A form is a POST of [`form::Posted`], which holds the session's token or is refused. What it changes goes through
//! [`visitor::Visitor::change`], a mutation of the schema; then the browser is sent on to a page that says so.
//!
//! There is no SQL here and no store. Pages work without scripts; `assets/dashboard.js` adds comfort only. The policy
//! of [`security`] lets no inline script and no inline style through: colours of charts are CSS variables, sizes are
//! attributes of SVG.
//!
//! | page | file |
//! |---|---|
//! | `/dashboard/sign-in` | `sign_in.rs` |
//! | `/dashboard/groups` | `groups/` |
//! | `/dashboard/group?id=` | `group/` |
//! | `/dashboard/explore`, `/dashboard/explore/QUESTION` | `explore/` |
//! | `/dashboard/queries`, `/dashboard/queries/NAME` | `queries/` |
//! | `/dashboard/settings` | `settings/` |
//! | `/docs`, `/docs/NAME`, for everybody | `docs.rs` |
//!
//! A new page is a file with `routes()`, one line in [`router`], and, where it belongs there, one in
//! [`layout::SECTIONS`].

mod assets;
pub mod chart;
mod docs;
mod explore;
pub mod form;
pub mod group;
pub mod groups;
pub mod layout;
pub mod moment;
pub mod pages;
pub mod panel;
mod queries;
pub mod range;
pub mod result;
pub mod security;
pub mod session;
mod settings;
pub mod show;
mod sign_in;
pub mod visitor;

use crate::app::App;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use std::sync::Arc;

/// Where the dashboard is.
pub const HOME: &str = "/dashboard/groups";

/// Every page, with the headers that keep it safe.
pub fn router() -> Router<Arc<App>> {
    let home = || async { Redirect::to(HOME) };
    Router::new()
        .route("/", get(home))
        .route("/dashboard", get(home))
        .merge(sign_in::routes())
        .merge(groups::routes())
        .merge(group::routes())
        .merge(explore::routes())
        .merge(queries::routes())
        .merge(settings::routes())
        .merge(docs::routes())
        .layer(axum::middleware::map_response(security::secured))
        .merge(assets::routes())
}
