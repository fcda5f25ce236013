//! What a project without groups shows: the lines that send the first one.

use super::super::security;
use super::super::visitor::Visitor;
use axum::http::HeaderMap;
use maud::{Markup, html};

/// The first steps. A browser's `Host` stands in a line of JavaScript, so what could end its text is left out.
pub(super) fn empty(visitor: &Visitor, headers: &HeaderMap) -> Markup {
    let server = security::server(headers).replace(['\'', '\\'], "");
    let lines = format!(
        "const op = new OpenPanel({{ apiUrl: '{server}', clientId: '…', clientSecret: '…' }});\n\
         op.upsertGroup({{ id: 'acme', type: 'company', name: 'Acme', properties: {{ plan: 'team' }} }});\n\
         op.setGroup('acme');"
    );
    html! {
        section.panel {
            header { h2 { "No groups yet" } }
            p { "Groups come with your events. With the OpenPanel SDK you already have, three lines send the first one:" }
            pre tabindex="0" { code { (lines) } }
            p { "For id and secret take those of a client with the right WRITE" @if visitor.may_edit() { "; " a href="/dashboard/settings" { "Settings" } " make one" } ". Web pages need no secret from the origins that it lists." }
            @if visitor.may_edit() { p { "Or " a href="/dashboard/groups/new" { "create one here" } "." } }
        }
    }
}
