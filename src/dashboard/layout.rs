//! What every page has around it: head, navigation, the visitor.

use super::form::token;
use super::visitor::Visitor;
use super::{assets, form};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The sections of the dashboard: address and title, in order.
pub const SECTIONS: [(&str, &str); 6] = [
    ("/dashboard/groups", "Groups"),
    ("/dashboard/explore", "Explore"),
    ("/dashboard/queries", "Saved queries"),
    ("/dashboard/settings", "Settings"),
    ("/docs", "Docs"),
    ("/graphiql", "GraphiQL"),
];

/// What a page says after a form was sent: the word in the address (`?said=`) and the sentence.
const SAID: [(&str, &str); 12] = [
    ("kept", "The query was saved."),
    ("dropped", "The saved query was deleted."),
    ("revoked", "The client was revoked."),
    ("created", "The group was created."),
    ("saved", "The change was saved."),
    ("removed", "The property was removed."),
    ("deleted", "The groups were deleted."),
    ("joined", "The member was added."),
    ("left", "The member was removed."),
    ("out", "You are signed out."),
    ("used", "This link was used before, or is over an hour old. Sign in with a client’s id and secret."),
    ("over", "Your session is over. Sign in again, then send the form anew."),
];

/// A page for a visitor. `body` begins with its `h1`.
#[must_use]
pub fn page(visitor: &Visitor, title: &str, body: &Markup) -> Response {
    let top = html! {
        header.top {
            a.brand href=(super::HOME) { "Muster" }
            nav aria-label="Sections" {
                @for (address, name) in SECTIONS {
                    a href=(address) aria-current=[(title.starts_with(name)).then_some("page")] { (name) }
                }
            }
            div.who {
                span { strong { (visitor.project) } " · " (visitor.client.right.as_str()) @if visitor.is_on_replica() { " · read replica" } }
                form method="post" action="/dashboard/sign-out" {
                    (token(&visitor.session))
                    button.quiet type="submit" { "Sign out" }
                }
            }
        }
    };
    bare(title, &visitor.project, &top, body)
}

/// A page without a visitor.
#[must_use]
pub(super) fn bare(title: &str, project: &str, top: &Markup, body: &Markup) -> Response {
    let title = if project.is_empty() {
        format!("{title} · Muster")
    } else {
        format!("{title} · {project} · Muster")
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::address("dashboard.css"));
                script src=(assets::address("dashboard.js")) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (top)
                main id="main" tabindex="-1" { (body) }
            }
        }
    };
    Html(page.into_string()).into_response()
}

/// What the form before has done, if the address says so.
#[must_use]
pub fn said(fields: &form::Fields) -> Markup {
    let word = fields.get("said");
    let sentence = SAID.into_iter().find(|(known, _)| word == Some(known)).map(|(_, sentence)| sentence);
    html! {
        @if let Some(sentence) = sentence { p.said role="status" { (sentence) } }
    }
}
