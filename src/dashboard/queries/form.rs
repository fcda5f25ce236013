//! The form for a query's variables: a field for each, of its type.

use crate::saved::{Saved, SavedQuery, Variable};
use maud::{Markup, html};
use serde_json::Value;

/// The form, filled with what was given. Without variables there is none.
pub(super) fn draw(query: &SavedQuery, saved: &Saved, given: &[(String, String)]) -> Markup {
    html! {
        @if !query.variables.is_empty() {
            form.explore method="get" action=(format!("/dashboard/queries/{}", query.name)) {
                div.fields { @for variable in &query.variables { (field(variable, saved, given)) } }
                p.row {
                    button.strong type="submit" { "Run" }
                    a.button href=(format!("/dashboard/queries/{}", query.name)) { "Begin anew" }
                }
            }
        }
    }
}

fn field(variable: &Variable, saved: &Saved, given: &[(String, String)]) -> Markup {
    let Variable { name, type_name, default, .. } = variable;
    let value = given.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.as_str());
    let base = type_name.trim_matches(['[', ']', '!']);
    let is_list = type_name.starts_with('[');
    let shown = default.as_ref().filter(|default| !default.is_null()).map(written).unwrap_or_default();
    let hint = format!("{name}-hint");
    let truths = ["true".to_owned(), "false".to_owned()];
    let choices = if base == "Boolean" { Some(&truths[..]) } else { saved.choices(base) };
    html! {
        label.field {
            span { (name) @if variable.is_required() { " " abbr title="needed" { "*" } } }
            @match (choices, base) {
                (Some(choices), _) if !is_list => {
                    select name=(name) aria-describedby=(hint) required[variable.is_required()] {
                        option value="" { @if shown.is_empty() { "–" } @else { "Default: " (shown) } }
                        @for choice in choices { option value=(choice) selected[choice == value] { (choice) } }
                    }
                }
                (_, "Int") if !is_list => { input type="number" step="1" name=(name) value=(value) placeholder=(shown) required[variable.is_required()] aria-describedby=(hint); }
                (_, "Float") if !is_list => { input type="number" step="any" name=(name) value=(value) placeholder=(shown) required[variable.is_required()] aria-describedby=(hint); }
                (_, "Date") if !is_list => { input type="date" name=(name) value=(value) required[variable.is_required()] aria-describedby=(hint); }
                _ => { input type="text" name=(name) value=(value) placeholder=(shown) required[variable.is_required()] aria-describedby=(hint) autocomplete="off" spellcheck="false"; }
            }
            small id=(hint) { code { (type_name) } @if is_list { ", with commas between its items" } @if !shown.is_empty() { "; unless given " code { (shown) } } }
        }
    }
}

/// A default as one would type it.
fn written(default: &Value) -> String {
    match default {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
