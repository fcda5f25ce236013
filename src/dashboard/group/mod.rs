//! A group: everything about one company, workspace or team. Its head is on every tab; each tab is a file.

mod events;
mod funnel;
mod head;
mod history;
mod members;
mod overview;
mod patch;
mod properties;

use super::form::Fields;
use super::visitor::{Visitor, failed};
use super::{layout, show};
use crate::app::App;
use crate::error::{Failure, Kind};
use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::{get, post};
use head::Head;
use maud::html;
use std::sync::Arc;

/// The tabs: the word in the address and the title.
const TABS: [(&str, &str); 4] =
    [("overview", "Overview"), ("properties", "Properties"), ("members", "Members"), ("events", "Events")];

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/group", get(page))
        .route("/dashboard/group/properties", post(properties::save))
        .route("/dashboard/group/name", post(properties::rename))
        .route("/dashboard/group/members", post(members::change))
}

/// Where a tab of a group is.
fn address(id: &str, tab: &str, more: &[(&str, &str)]) -> String {
    let own = [("id", id), ("tab", tab)];
    format!("/dashboard/group?{}", show::query_string(own.iter().chain(more).copied()))
}

async fn page(visitor: Visitor, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    shown(&visitor, &fields, None).await.unwrap_or_else(|failure| failed(&visitor, &failure))
}

/// The page of a group as the fields choose it; with what went wrong in the form before.
async fn shown(visitor: &Visitor, fields: &Fields, failure: Option<&Failure>) -> Result<Response, Failure> {
    let id = fields.needed("id")?;
    let tab =
        fields.get("tab").filter(|tab| TABS.iter().any(|(known, _)| known == tab)).unwrap_or("overview");
    let answer = visitor.ask("dashboard/Group", &[("id", Some(id.to_owned()))]).await;
    let Some(head) = answer.read::<Option<Head>>()? else {
        let message = format!("id: there is no group \"{id}\", or it was deleted");
        return Err(Failure::new(Kind::NotFound, message));
    };
    let content = match tab {
        "properties" => properties::tab(visitor, &head, &answer).await,
        "members" => members::tab(visitor, &head, fields).await,
        "events" => events::tab(visitor, &head, fields).await,
        _ => overview::tab(visitor, &head, fields).await?,
    };
    let name = head.called();
    let body = html! {
        p.crumbs { a href=(super::HOME) { "Groups" } }
        (head.draw(visitor))
        (layout::said(fields))
        @if let Some(failure) = failure { (super::panel::problem(failure)) }
        nav.tabs aria-label="Parts of the group" {
            @for (word, title) in TABS {
                a href=(address(id, word, &[])) aria-current=[(word == tab).then_some("page")] { (title) }
            }
        }
        (content)
    };
    Ok(layout::page(visitor, &format!("Groups: {name}"), &body))
}
