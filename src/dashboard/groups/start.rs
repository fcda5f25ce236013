//! What a project without groups shows: the lines that send the first one.

use super::super::visitor::Visitor;
use maud::{Markup, html};

/// The first steps.
pub(super) fn empty(visitor: &Visitor) -> Markup {
    let lines = format!(
        "const op = new OpenPanel({{ apiUrl: location.origin, clientId: '{}', clientSecret: '…' }});\n\
         op.upsertGroup({{ id: 'acme', type: 'company', name: 'Acme', properties: {{ plan: 'team' }} }});\n\
         op.setGroup('acme');",
        visitor.client.id
    );
    html! {
        section.panel {
            header { h2 { "No groups yet" } }
            p { "Groups come with your events. With the OpenPanel SDK you already have, three lines send the first one:" }
            pre tabindex="0" { code { (lines) } }
            @if visitor.may_edit() { p { "Or " a href="/dashboard/groups/new" { "create one here" } "." } }
        }
    }
}
