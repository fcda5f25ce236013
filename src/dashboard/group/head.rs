//! The head of a group's page: what it is called, its type, when it began.

use super::super::groups::called;
use super::super::moment::Instant;
use super::super::show;
use super::super::visitor::Visitor;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is known of a group whatever the tab.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) properties: Map<String, Value>,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
    member_count: i64,
    last_active_at: Option<Instant>,
}

impl Head {
    /// What people call it.
    pub(super) fn called(&self) -> &str {
        called(self.name.as_deref(), &self.id)
    }

    pub(super) fn draw(&self, visitor: &Visitor) -> Markup {
        html! {
            h1 { bdi { (self.called()) } }
            dl.facts {
                div { dt { "Id" } dd { code { bdi { (self.id) } } } }
                div { dt { "Type" } dd { (self.r#type.as_deref().unwrap_or("none: it was never upserted")) } }
                div { dt { "Members" } dd { (show::number(self.member_count)) } }
                div { dt { "Last active" } dd { (show::ago(self.last_active_at, visitor.now())) } }
                @if let Some(created) = self.created_at { div { dt { "Created" } dd { (show::when(created)) } } }
                @if let Some(updated) = self.updated_at { div { dt { "Changed" } dd { (show::when(updated)) } } }
            }
        }
    }
}
