//! The events of a group, the newest first: by name, by a property; the page renews itself while it is looked at.

use super::super::form::Fields;
use super::super::moment::Instant;
use super::super::pages::{AFTER, PageInfo, Words};
use super::super::show;
use super::super::visitor::Visitor;
use super::address;
use super::head::Head;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    page_info: PageInfo,
    nodes: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    name: String,
    occurred_at: Instant,
    profile_id: Option<String>,
    profile: Option<Profile>,
    path: Option<String>,
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// The fields that choose events.
const CHOOSING: [&str; 3] = ["name", "property", "value"];

/// The tab.
pub(super) async fn tab(visitor: &Visitor, head: &Head, fields: &Fields) -> Markup {
    let text = |name: &str| fields.filled(name).map(str::to_owned);
    let given = [
        ("id", Some(head.id.clone())),
        ("name", text("name")),
        ("filter", filter(fields.filled("property"), fields.get("value").unwrap_or_default())),
        (AFTER, text(AFTER)),
    ];
    let (names, answer) =
        tokio::join!(visitor.ask("dashboard/EventNames", &[]), visitor.ask("dashboard/GroupEvents", &given));
    let names = names.read::<Vec<Name>>().unwrap_or_default();
    let is_live = !answer.is_given(AFTER);
    html! {
        form.search method="get" action="/dashboard/group" role="search" {
            input type="hidden" name="id" value=(head.id);
            input type="hidden" name="tab" value="events";
            input type="text" name="name" value=(fields.get("name").unwrap_or_default()) placeholder="Name of the event" aria-label="Name of the event" list="names" autocomplete="off";
            datalist id="names" { @for one in &names { option value=(one.name) {} } }
            input type="text" name="property" value=(fields.get("property").unwrap_or_default()) placeholder="Property" aria-label="Property" autocomplete="off";
            input type="text" name="value" value=(fields.get("value").unwrap_or_default()) placeholder="Value" aria-label="Value of the property" autocomplete="off";
            button type="submit" { "Show" }
        }
        div id="events" data-renew=[is_live.then_some("5")] {
            (answer.panel("Events", |read: Listing| list(head, fields, &read)))
        }
        @if is_live { p.hint { "With scripts on, the list renews itself every five seconds; otherwise load the page again." } }
    }
}

/// The filter that a property has a value; with an empty value, that it is there.
fn filter(property: Option<&str>, value: &str) -> Option<String> {
    let property = property?;
    let value = value.trim();
    let filter = match serde_json::from_str::<Value>(value) {
        _ if value.is_empty() => json!({ "property": property, "isSet": true }),
        // Whether the property holds the number or its digits cannot be seen from what was typed.
        Ok(typed @ (Value::Number(_) | Value::Bool(_))) => {
            json!({ "property": property, "in": [typed, value] })
        }
        _ => json!({ "property": property, "eq": value }),
    };
    Some(json!({ "event": filter }).to_string())
}

fn list(head: &Head, fields: &Fields, page: &Listing) -> Markup {
    let kept: Vec<(&str, &str)> =
        CHOOSING.into_iter().filter_map(|name| Some((name, fields.filled(name)?))).collect();
    let to = |more: &[(&str, &str)]| {
        address(&head.id, "events", &kept.iter().chain(more).copied().collect::<Vec<_>>())
    };
    html! {
        @if page.nodes.is_empty() { p.empty { "No event fits." } } @else {
            div.scroll tabindex="0" role="region" aria-label="List of events" {
                table.list.events {
                    thead { tr { th scope="col" { "Event" } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "Page" } th scope="col" { "Properties" } } }
                    tbody { @for event in &page.nodes { (row(event)) } }
                }
            }
        }
        (page.page_info.links(Words::AGES, fields, to))
    }
}

fn row(event: &Event) -> Markup {
    let name = event.profile.as_ref().map(|profile| {
        let parts = [profile.first_name.as_deref(), profile.last_name.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let name = name.filter(|name| !name.is_empty());
    let properties = Value::Object(event.properties.clone()).to_string();
    html! {
        tr {
            th scope="row" { bdi { (event.name) } }
            td.id { (show::when(event.occurred_at)) }
            td {
                @match (&event.profile_id, name) {
                    (Some(id), Some(name)) => { bdi { (name) } " " small { bdi { (id) } } }
                    (Some(id), None) => { bdi { (id) } }
                    (None, _) => { span.none { "anonymous" } }
                }
            }
            td.id { (event.path.as_deref().unwrap_or_default()) }
            td.json {
                @if properties.len() <= 80 { code { (properties) } } @else {
                    details { summary { code { (properties.chars().take(60).collect::<String>()) "…" } } code { (properties) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_looked_for_as_text_and_as_what_it_could_be() {
        for (property, value, wanted) in [
            (Some("plan"), "pro", Some(r#"{"event":{"property":"plan","eq":"pro"}}"#)),
            (Some("seats"), " 12", Some(r#"{"event":{"property":"seats","in":[12,"12"]}}"#)),
            (Some("plan"), "", Some(r#"{"event":{"property":"plan","isSet":true}}"#)),
            (None, "pro", None),
        ] {
            assert_eq!(filter(property, value).as_deref(), wanted);
        }
    }
}
