//! The list of saved queries: the project's own first, then those that come with the server.

use super::super::form::Fields;
use super::super::visitor::Visitor;
use super::super::{layout, show};
use super::formats;
use crate::saved::{Broken, SavedQuery};
use axum::extract::RawQuery;
use axum::response::Response;
use maud::{Markup, html};

/// The page.
pub(super) async fn page(visitor: Visitor, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    let saved = visitor.saved().await;
    let (own, shared): (Vec<&SavedQuery>, Vec<&SavedQuery>) =
        saved.list().filter(|query| !query.name.contains('/')).partition(|query| query.own.is_some());
    let panels: Vec<&SavedQuery> = saved.list().filter(|query| query.name.contains('/')).collect();
    let body = html! {
        h1 { "Saved queries" }
        (layout::said(&fields))
        p { "Each runs by its name, here and at its address in every format. What you save in " a href="/dashboard/explore" { "Explore" } " is the project’s own and seen by no other." }
        section.panel {
            header { h2 { "The project’s own" } }
            @if own.is_empty() { p.empty { "None yet. " a href="/dashboard/explore" { "Build one in Explore" } "." } } @else { (table(&own)) }
        }
        section.panel { header { h2 { "Come with the server" } } (table(&shared)) }
        @if !panels.is_empty() {
            section.panel {
                header { h2 { "Behind the dashboard’s panels" } }
                details { summary { (show::count(i64::try_from(panels.len()).unwrap_or(0), "query").replace("querys", "queries")) } (table(&panels)) }
            }
        }
        @if !saved.broken().is_empty() {
            section.panel {
                header { h2 { "Cannot be used" } }
                ul { @for Broken { file, reason, .. } in saved.broken() { li { strong { (last_part(file)) } ": " (reason) } } }
            }
        }
    };
    layout::page(&visitor, "Saved queries", &body)
}

/// A file without the folder in which the server keeps it.
fn last_part(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

fn table(queries: &[&SavedQuery]) -> Markup {
    html! {
        div.scroll {
            table.list.queries {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Answers" } th scope="col" { "Variables" } th scope="col" { "Files" } } }
                tbody {
                    @for query in queries {
                        tr {
                            th scope="row" { a href=(format!("/dashboard/queries/{}", query.name)) { (query.name) } }
                            td { (query.description) }
                            td { @for (place, variable) in query.variables.iter().enumerate() { @if place > 0 { ", " } (variable.name) @if variable.is_required() { "*" } } }
                            td.files { @for format in formats(query) { a href=(format!("/queries/{}.{}", query.name, format.extension())) aria-label=(format!("{} as {}", query.name, format.extension())) { (format.extension()) } " " } }
                        }
                    }
                }
            }
        }
    }
}
