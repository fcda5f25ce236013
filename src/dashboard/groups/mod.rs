//! Groups: the list, creating one, deleting several.

mod create;
mod delete;
mod list;
mod start;

use crate::app::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/groups", get(list::page))
        .route("/dashboard/groups/new", get(create::page).post(create::create))
        .route("/dashboard/groups/delete", post(delete::delete))
}

/// Where a group's own page is.
#[must_use]
pub fn address_of(id: &str) -> String {
    format!("/dashboard/group?{}", super::show::query_string([("id", id)]))
}

/// How a group is called: its name, or its id where it has none.
#[must_use]
pub fn called<'a>(name: Option<&'a str>, id: &'a str) -> &'a str {
    name.filter(|name| !name.trim().is_empty()).unwrap_or(id)
}
