//! A group's properties: adding, changing and removing them with their types, and every version there was.

use super::super::form::{Fields, Posted, line, token};
use super::super::panel::Answer;
use super::super::visitor::{Visitor, failed};
use super::head::Head;
use super::patch::{KINDS, kind_of, patch, read, text_of};
use super::{address, history, shown};
use crate::domain::Invalid;
use crate::error::{Failure, Kind};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

const UPSERT: &str =
    "mutation ChangeGroup($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }";

const FIND: &str = "query FindGroup($id: ID!) { group(id: $id) { type name properties } }";

/// The tab.
pub(super) async fn tab(visitor: &Visitor, head: &Head, answer: &Answer) -> Markup {
    let history = history::panel(visitor, &head.id).await;
    let may_edit = visitor.may_edit();
    html! {
        section.panel {
            header { h2 { "Properties" } (answer.links("Properties")) }
            @if head.properties.is_empty() { p.empty { "It has none yet." } }
            ul.properties {
                @for (key, value) in &head.properties {
                    li { @if may_edit { (editor(visitor, head, key, value)) } @else { strong { bdi { (key) } } " " code { (text_of(value)) } } }
                }
            }
            @if may_edit {
                h3 { "Add a property" }
                form.property method="post" action="/dashboard/group/properties" {
                    (token(&visitor.session))
                    input type="hidden" name="id" value=(head.id);
                    input type="text" name="key" placeholder="Name" aria-label="Name of the new property" autocomplete="off" required;
                    (kinds("text", "Kind of the new property"))
                    input type="text" name="value" placeholder="Value" aria-label="Value of the new property" autocomplete="off";
                    button.strong type="submit" name="do" value="add" { "Add" }
                }
            }
        }
        @if may_edit { (name_form(visitor, head)) }
        (history)
    }
}

fn editor(visitor: &Visitor, head: &Head, key: &str, value: &Value) -> Markup {
    let text = text_of(value);
    let label = format!("Value of {key}");
    html! {
        form.property method="post" action="/dashboard/group/properties" {
            (token(&visitor.session))
            input type="hidden" name="id" value=(head.id);
            input type="hidden" name="key" value=(key);
            strong { bdi { (key) } }
            (kinds(kind_of(value), &format!("Kind of {key}")))
            @if text.len() > 60 || text.contains('\n') {
                textarea name="value" rows="4" aria-label=(label) {
                    // The first line break within is the form's own.
                    "\n" (text)
                }
            } @else {
                input type="text" name="value" value=(text) aria-label=(label) autocomplete="off";
            }
            button type="submit" name="do" value="change" aria-label=(format!("Save {key}")) { "Save" }
            button.danger type="submit" name="do" value="remove" aria-label=(format!("Remove {key}")) { "Remove" }
        }
    }
}

fn kinds(chosen: &str, label: &str) -> Markup {
    html! {
        select name="kind" aria-label=(label) {
            @for (word, title) in KINDS { option value=(word) selected[word == chosen] { (title) } }
        }
    }
}

fn name_form(visitor: &Visitor, head: &Head) -> Markup {
    html! {
        section.panel {
            header { h2 { "Name and type" } }
            form.row method="post" action="/dashboard/group/name" {
                (token(&visitor.session))
                input type="hidden" name="id" value=(head.id);
                (line("name", "Name", head.name.as_deref().unwrap_or_default(), ""))
                (line("type", "Type", head.r#type.as_deref().unwrap_or_default(), ""))
                button type="submit" { "Save" }
            }
            h3 { "Delete this group" }
            form.row method="post" action="/dashboard/groups/delete" {
                (token(&visitor.session))
                input type="hidden" name="id" value=(head.id);
                button.danger type="submit" { "Delete…" }
            }
        }
    }
}

/// Adds, changes or removes a property.
pub(super) async fn save(Posted { visitor, fields, .. }: Posted) -> Response {
    let word = if fields.get("do") == Some("remove") { "removed" } else { "saved" };
    let done = saved(&visitor, &fields).await;
    answered(&visitor, &fields, word, done).await
}

async fn saved(visitor: &Visitor, fields: &Fields) -> Result<(), Failure> {
    let key = fields.get("key").filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Invalid::new("key", "is empty; give the property a name"))?;
    let found = find(visitor, fields).await?;
    let before = found.properties.get(key);
    let value = match fields.get("do") {
        Some("remove") => Value::Null,
        Some("add") if before.is_some() => {
            let message = format!("there is a property \"{key}\" already; change it where it stands");
            return Err(Failure::new(Kind::Conflict, message));
        }
        _ => {
            let (kind, text) =
                (fields.get("kind").unwrap_or("text"), fields.get("value").unwrap_or_default());
            let value = read(kind, text).map_err(|reason| Invalid::new(key, reason))?;
            patch(before, &value)
        }
    };
    let input =
        json!({ "id": found.id, "type": found.group_type, "name": found.name, "properties": { key: value } });
    visitor.change(UPSERT, json!({ "input": input })).await.map(drop)
}

/// Changes name and type.
pub(super) async fn rename(Posted { visitor, fields, .. }: Posted) -> Response {
    let done = async {
        let (id, name, of) = (fields.needed("id")?, fields.needed("name")?, fields.needed("type")?);
        let input = json!({ "id": id, "type": of, "name": name, "properties": {} });
        visitor.change(UPSERT, json!({ "input": input })).await.map(drop)
    };
    answered(&visitor, &fields, "saved", done.await).await
}

struct Found {
    id: String,
    group_type: String,
    name: String,
    properties: Value,
}

async fn find(visitor: &Visitor, fields: &Fields) -> Result<Found, Failure> {
    let id = fields.needed("id")?.to_owned();
    let mut data = visitor.run_document(FIND, json!({ "id": id })).await?;
    let group = data["group"].take();
    let (Some(group_type), Some(name)) = (group["type"].as_str(), group["name"].as_str()) else {
        let message = "the group has no name and no type yet; give it both first, under Name and type";
        return Err(Failure::new(Kind::Conflict, message));
    };
    let (group_type, name) = (group_type.to_owned(), name.to_owned());
    Ok(Found { id, group_type, name, properties: group["properties"].clone() })
}

/// Back to the tab that the form was on, or the same with what went wrong.
async fn answered(visitor: &Visitor, fields: &Fields, word: &str, done: Result<(), Failure>) -> Response {
    back(visitor, fields, "properties", word, done).await
}

/// Back to a tab, or the same tab with what went wrong.
pub(super) async fn back(
    visitor: &Visitor,
    fields: &Fields,
    tab: &str,
    word: &str,
    done: Result<(), Failure>,
) -> Response {
    let id = fields.get("id").unwrap_or_default();
    let Err(failure) = done else {
        return Redirect::to(&address(id, tab, &[("said", word)])).into_response();
    };
    let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::BAD_REQUEST);
    let again = Fields::of(&[("id", id), ("tab", tab)]);
    match shown(visitor, &again, Some(&failure)).await {
        Ok(page) => (status, page).into_response(),
        Err(_) => failed(visitor, &failure),
    }
}
