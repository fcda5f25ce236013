//! A saved query as it is written, with the variables that a panel gave it, and its answer in every format.

use super::form::Fields;
use super::visitor::{Visitor, failed};
use super::{layout, show};
use crate::app::App;
use crate::tabular::file::Format;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use axum::routing::get;
use maud::html;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/dashboard/queries/{*name}", get(text))
}

async fn text(visitor: Visitor, Path(name): Path<String>, RawQuery(given): RawQuery) -> Response {
    let saved = visitor.app.saved().await;
    let query = match saved.find(&name) {
        Ok(query) => query,
        Err(failure) => return failed(&visitor, &failure),
    };
    let fields = Fields::parse(given.unwrap_or_default().as_bytes());
    let pairs = || query.variables.iter().filter_map(|one| Some((one.name.as_str(), fields.get(&one.name)?)));
    let query_string = show::query_string(pairs());
    let title = format!("Query {}", query.name);
    let body = html! {
        h1 { (query.name) }
        p { (query.description) }
        @if pairs().next().is_some() {
            h2 { "Variables" }
            dl.facts { @for (name, value) in pairs() { div { dt { (name) } dd { code { (value) } } } } }
        }
        h2 { "Query" }
        pre tabindex="0" { code { (query.text) } }
        h2 { "Answer" }
        p.row {
            @for format in Format::ALL {
                a.button href=(format!("/queries/{}.{}?{query_string}", query.name, format.extension())) { (format.extension()) }
            }
        }
    };
    layout::page(&visitor, &title, &body)
}
