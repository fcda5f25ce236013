//! Every version of a group's properties: what changed, and when.

use super::super::moment::Instant;
use super::super::pages::PageInfo;
use super::super::show;
use super::super::visitor::Visitor;
use super::patch::text_of;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    property_history: History,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    page_info: PageInfo,
    nodes: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    changed_at: Instant,
    r#type: String,
    name: String,
    properties: Map<String, Value>,
}

/// The newest versions.
pub(super) async fn panel(visitor: &Visitor, id: &str) -> Markup {
    let answer = visitor.ask("dashboard/GroupHistory", &[("id", Some(id.to_owned()))]).await;
    answer.panel("Property history", |read: Group| draw(&read.property_history))
}

fn draw(history: &History) -> Markup {
    let is_whole = !history.page_info.has_next_page;
    html! {
        @if history.nodes.is_empty() { p.empty { "There is no version yet." } }
        ol.history {
            @for (place, version) in history.nodes.iter().enumerate() {
                @let before = history.nodes.get(place + 1);
                @if before.is_some() || is_whole {
                    li { (show::when(version.changed_at)) ul { @for change in changes(before, version) { li { (change) } } } }
                }
            }
        }
        @if !is_whole { p.hint { "There are older versions; the CSV with a larger " code { "first" } " has them." } }
    }
}

/// What changed from one version to the next, in words.
fn changes(before: Option<&Version>, after: &Version) -> Vec<Markup> {
    let Some(before) = before else {
        let properties = match after.properties.len() {
            1 => "1 property".to_owned(),
            many => format!("{many} properties"),
        };
        return vec![html! { "Created as " bdi { (after.name) } " (" (after.r#type) ") with " (properties) }];
    };
    let mut changes = Vec::new();
    for (what, old, new) in [("Name", &before.name, &after.name), ("Type", &before.r#type, &after.r#type)] {
        if old != new {
            changes.push(html! { (what) ": " (short(old)) " → " (short(new)) });
        }
    }
    for (key, new) in &after.properties {
        match before.properties.get(key) {
            None => changes.push(html! { bdi { (key) } ": " (short(&text_of(new))) " (new)" }),
            Some(old) if old != new => {
                changes
                    .push(html! { bdi { (key) } ": " (short(&text_of(old))) " → " (short(&text_of(new))) });
            }
            Some(_) => {}
        }
    }
    let gone = before.properties.iter().filter(|(key, _)| !after.properties.contains_key(*key));
    changes.extend(gone.map(|(key, old)| html! { bdi { (key) } ": " (short(&text_of(old))) " → removed" }));
    changes
}

/// The beginning of a value.
fn short(text: &str) -> Markup {
    let cut: String = text.chars().take(80).collect();
    html! { code { (cut) @if cut.len() < text.len() { "…" } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_tells_what_is_new_other_and_gone() {
        let version = |name: &str, properties: Value| Version {
            changed_at: Instant(chrono::DateTime::UNIX_EPOCH),
            r#type: "company".to_owned(),
            name: name.to_owned(),
            properties: serde_json::from_value(properties).expect("an object"),
        };
        let (one, two) = (
            version("A", json!({"a": 1, "b": "x", "c": 0})),
            version("B", json!({"a": 2, "b": "x", "d": true})),
        );
        let told =
            changes(Some(&one), &two).into_iter().map(maud::PreEscaped::into_string).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                "Name: <code>A</code> → <code>B</code>",
                "<bdi>a</bdi>: <code>1</code> → <code>2</code>",
                "<bdi>d</bdi>: <code>true</code> (new)",
                "<bdi>c</bdi>: <code>0</code> → removed",
            ]
        );
        assert!(
            changes(None, &one)[0]
                .clone()
                .into_string()
                .contains("Created as <bdi>A</bdi> (company) with 3 properties")
        );
    }
}
