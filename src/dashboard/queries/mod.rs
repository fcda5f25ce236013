//! Saved queries: the list of them, and each with a form for its variables, its answer, its text and its files.

mod form;
mod list;

use super::form::{Fields, Posted, token};
use super::result::{Place, Rows};
use super::visitor::{Visitor, failed};
use super::{layout, panel, show};
use crate::app::App;
use crate::error::Failure;
use crate::saved::SavedQuery;
use crate::tabular::file::Format;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde_json::{Value, json};
use std::sync::Arc;

const DELETE: &str =
    "mutation DeleteSavedQuery($name: String!) { deleteSavedQuery(input: { name: $name }) { deletedName } }";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/queries", get(list::page))
        .route("/dashboard/queries/delete", post(delete))
        .route("/dashboard/queries/{*name}", get(page))
}

/// A query's page: as a panel links to it, with the panel's variables.
async fn page(visitor: Visitor, Path(name): Path<String>, RawQuery(given): RawQuery) -> Response {
    let saved = visitor.saved().await;
    let query = match saved.find(&name) {
        Ok(query) => query,
        Err(failure) => return failed(&visitor, &failure),
    };
    let fields = Fields::parse(given.unwrap_or_default().as_bytes());
    let given: Vec<(String, String)> = query
        .variables
        .iter()
        .filter_map(|variable| Some((variable.name.clone(), fields.get(&variable.name)?.to_owned())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let is_given = |name: &String| given.iter().any(|(given, _)| given == name);
    let is_whole = query.variables.iter().all(|variable| !variable.is_required() || is_given(&variable.name));
    let answer = if is_whole { Some(visitor.run_query(query, &given).await) } else { None };
    let kind = if query.own.is_some() { "The project’s own." } else { "Comes with the server." };
    let body = html! {
        p.crumbs { a href="/dashboard/queries" { "Saved queries" } }
        h1 { (query.name) }
        (layout::said(&fields))
        p { (query.description) " " span.hint { (kind) } }
        (form::draw(query, &saved, &given))
        @match answer {
            None => { p.empty { "Fill in what is needed and the answer is shown here." } }
            Some(Err(failure)) => { (panel::problem(&failure)) }
            Some(Ok((_, data))) => { (answered(query, &data, &fields, &given)) }
        }
        section.panel {
            header { h2 { "Query" } }
            pre tabindex="0" data-copy { code { (query.text) } }
            @if visitor.may_edit() && query.own.is_some() {
                form.row method="post" action="/dashboard/queries/delete" {
                    (token(&visitor.session))
                    input type="hidden" name="name" value=(query.name);
                    label.check { input type="checkbox" name="sure" value="yes" required; span { "Its addresses answer no more" } }
                    button.danger type="submit" { "Delete this query" }
                }
            }
        }
    };
    layout::page(&visitor, &format!("Saved queries: {}", query.name), &body)
}

fn answered(query: &SavedQuery, data: &Value, fields: &Fields, given: &[(String, String)]) -> Markup {
    let pairs = || given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let page = format!("/dashboard/queries/{}", query.name);
    let place = Place { address: &page, kept: pairs().collect() };
    html! {
        section.panel id="answer" {
            header {
                h2 { "Answer" }
                span.links {
                    @for format in formats(query) {
                        a href=(format!("/queries/{}.{}?{}", query.name, format.extension(), show::query_string(pairs()))) { (format.extension()) }
                    }
                }
            }
            @match &query.layout {
                Ok(layout) => { (Rows::of(layout, data).draw(&query.name, fields, &place)) }
                Err(invalid) => {
                    p.hint { "This answer is no table: " (invalid.reason) "." }
                    pre tabindex="0" { code { (serde_json::to_string_pretty(data).unwrap_or_default()) } }
                }
            }
        }
    }
}

/// The formats in which a query's answer can be had.
fn formats(query: &SavedQuery) -> impl Iterator<Item = Format> {
    let is_table = query.layout.is_ok();
    Format::ALL.into_iter().filter(move |format| is_table || *format == Format::Json)
}

/// Deletes a query of the project's own.
async fn delete(Posted { visitor, fields, .. }: Posted) -> Response {
    match deleted(&visitor, &fields).await {
        Ok(()) => Redirect::to("/dashboard/queries?said=dropped").into_response(),
        Err(failure) => failed(&visitor, &failure),
    }
}

async fn deleted(visitor: &Visitor, fields: &Fields) -> Result<(), Failure> {
    let (name, _) = (fields.needed("name")?, fields.needed("sure")?);
    visitor.change(DELETE, json!({ "name": name })).await.map(drop)
}
