//! Settings: the project's clients, the limits that hold, and how its data is kept.

mod clients;

use super::form::Fields;
use super::moment::Instant;
use super::panel::Answer;
use super::visitor::Visitor;
use super::{layout, show};
use crate::app::App;
use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/settings", get(page))
        .route("/dashboard/settings/clients/create", post(clients::create))
        .route("/dashboard/settings/clients/rotate", post(clients::rotate))
        .route("/dashboard/settings/clients/revoke", post(clients::revoke))
        .route("/dashboard/settings/clients/origins", post(clients::origins))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Storage {
    events: i64,
    unsealed_events: i64,
    segments: i64,
    bytes: f64,
    last_received_at: Option<Instant>,
    sealed_until: Option<Instant>,
    last_compacted_at: Option<Instant>,
    median_lag_seconds: Option<f64>,
    is_degraded: bool,
}

#[derive(Deserialize)]
struct Coverage {
    totals: Vec<OfType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfType {
    group_type: String,
    events: i64,
    covered: i64,
    rate: Option<f64>,
    without_entity: i64,
}

async fn page(visitor: Visitor, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    shown(&visitor, &fields, &html! {}).await
}

/// The page, with what a form has done or what is wrong with it on top.
async fn shown(visitor: &Visitor, fields: &Fields, told: &Markup) -> Response {
    let (clients, storage, coverage, limits) = tokio::join!(
        clients::section(visitor),
        visitor.ask("dashboard/Storage", &[]),
        visitor.ask("dashboard/Coverage", &[]),
        visitor.ask("dashboard/Limits", &[]),
    );
    let body = html! {
        h1 { "Settings" }
        (layout::said(fields))
        (told)
        (clients)
        (storage.panel("Data", |storage: Storage| kept(&storage, visitor)))
        (coverage.panel("Events with groups, 30 days", |coverage: Coverage| covered(&coverage.totals)))
        (limits_panel(&limits))
    };
    layout::page(visitor, "Settings", &body)
}

fn kept(storage: &Storage, visitor: &Visitor) -> Markup {
    let ago = |at: Option<Instant>| show::ago(at, visitor.now());
    html! {
        dl.cards {
            div { dt { "Events" } dd.big { (show::number(storage.events)) } dd.hint { (show::number(storage.unsealed_events)) " still in the log" } }
            div { dt { "Segments" } dd.big { (show::number(storage.segments)) } dd.hint { "files of events, " (show::bytes(storage.bytes)) } }
            div { dt { "Last compaction" } dd.big { @match storage.last_compacted_at { Some(at) => { (ago(Some(at))) } None => { "–" } } } dd.hint { "when small segments were last made one, since the server started" } }
            div { dt { "Last event came" } dd.big { (ago(storage.last_received_at)) } dd.hint { @if storage.sealed_until.is_some() { "in segments: the last " (ago(storage.sealed_until)) } @else { "in segments: none yet" } } }
            div { dt { "Lag" } dd.big { (storage.median_lag_seconds.map_or_else(|| "–".to_owned(), show::duration)) } dd.hint { "from happening to arriving, median of a day" } }
        }
        @if storage.is_degraded {
            p.problem role="alert" { "Files of the server cannot be read, and events in them are not served. The server’s log and " code { "muster check" } " tell which." }
        }
    }
}

fn covered(types: &[OfType]) -> Markup {
    html! {
        @if types.is_empty() { p.empty { "No groups yet." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Events with groups" {
                table {
                    thead { tr {
                        th scope="col" { "Type" } th.number scope="col" { "Events" } th.number scope="col" { "With a group" }
                        th.number scope="col" { "Share" } th.number scope="col" { "With a group that is not there" }
                    } }
                    tbody {
                        @for of in types {
                            tr {
                                th scope="row" { bdi { (of.group_type) } }
                                td.number { (show::number(of.events)) }
                                td.number { (show::number(of.covered)) }
                                td.number { (of.rate.map_or_else(|| "–".to_owned(), show::share)) }
                                td.number { (show::number(of.without_entity)) }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/dashboard/explore/coverage" { "Event by event, day by day" } }
    }
}

fn limits_panel(limits: &Answer) -> Markup {
    limits.panel("Limits", |limits: Map<String, Value>| {
        html! {
            p.hint { "What goes beyond one is refused with an error that names it. Whoever runs the server sets them." }
            dl.limits {
                @for (name, value) in &limits {
                    div { dt { (show::words(name)) } dd { (value.as_i64().map_or_else(|| value.to_string(), show::number)) } }
                }
            }
        }
    })
}
