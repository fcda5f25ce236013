//! The form of a question: one field for each argument, with completion of names and values.

use super::super::form::Fields;
use super::super::show;
use super::super::visitor::Visitor;
use super::analyses::{Analysis, Argument};
use chrono::{Days, NaiveDate, TimeDelta};
use maud::{Markup, html};
use serde_json::{Value, json};

/// The time that a question looks at unless it says otherwise, and the same in days where only days can be given.
const LAST: &str = "P30D";
const DAYS: u64 = 30;

/// The field whose property is tested, and the one that says what it must be.
pub(super) const WHERE: [&str; 2] = ["where-property", "where-value"];

/// How old the names and values may be that complete a field: finding all of them takes longer than most questions.
const SUGGESTED_FOR: TimeDelta = TimeDelta::minutes(1);

const SUGGESTIONS: &str = "query Suggestions($property: String!, $hasProperty: Boolean!) {
  events: eventNamesTable(first: 200) { name }
  properties: propertyKeysTable(of: \"EVENT\", first: 200) { name: property }
  values: propertyValuesTable(of: \"EVENT\", property: $property, first: 100) @include(if: $hasProperty) { name: value }
  types: groupTypes { name: type }
}";

/// Names and values that the project has, for completion.
#[derive(Debug, Default)]
pub(super) struct Suggestions(Value);

impl Suggestions {
    /// Asks the schema for them.
    pub(super) async fn ask(visitor: &Visitor, fields: &Fields) -> Self {
        let property = fields.filled(WHERE[0]).or(fields.filled("property"));
        let variables =
            json!({ "property": property.unwrap_or_default(), "hasProperty": property.is_some() });
        Self(visitor.run_of_late(SUGGESTIONS, variables, SUGGESTED_FOR).await.unwrap_or_default())
    }

    fn of(&self, list: &str) -> impl Iterator<Item = &str> {
        self.0
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| one.get("name")?.as_str())
    }

    fn draw(&self) -> Markup {
        html! {
            @for list in ["events", "properties", "values", "types"] {
                datalist id=(format!("known-{list}")) { @for name in self.of(list) { option value=(name) {} } }
            }
            datalist id="known-breakdowns" {
                @for name in self.of("types") { option value=(format!("group:{name}")) {} }
                @for name in self.of("properties") { option value=(format!("event:{name}")) {} }
            }
        }
    }
}

/// The list that completes an argument, and whether the argument holds several names with commas between them.
fn completion(name: &str) -> Option<(&'static str, bool)> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "events" | "steps" => Some(("known-events", true)),
        "breakdown" => Some(("known-breakdowns", true)),
        "property" => Some(("known-properties", false)),
        _ if lower.ends_with("event") => Some(("known-events", false)),
        _ if lower.ends_with("grouptype") => Some(("known-types", false)),
        _ => None,
    }
}

/// What the form says of each argument, as text. An empty form asks about the last days; two days hold in place of the
/// time before now.
pub(super) fn given(analysis: &Analysis, fields: &Fields, today: NaiveDate) -> Vec<(String, String)> {
    let behind = today + Days::new(1);
    let days = ["from", "to"].map(|end| fields.filled(end).is_some());
    let goes_on = analysis.argument("last").is_some();
    let mut given = Vec::new();
    for argument in &analysis.arguments {
        let value = match (argument.name.as_str(), fields.filled(&argument.name)) {
            ("where", raw) => condition(fields).or_else(|| raw.map(str::to_owned)),
            ("last", _) if days == [true, true] => None,
            ("last", None) if days == [false, false] => Some(LAST.to_owned()),
            (_, Some(value)) => Some(value.to_owned()),
            ("from", None) if !goes_on => Some((behind - Days::new(DAYS)).to_string()),
            ("to", None) if !goes_on => Some(behind.to_string()),
            (_, None) => None,
        };
        given.extend(value.map(|value| (argument.name.clone(), value)));
    }
    given
}

/// The test on a property that the form asks for, as the schema's filter.
fn condition(fields: &Fields) -> Option<String> {
    let (property, value) = (fields.filled(WHERE[0])?, fields.filled(WHERE[1])?);
    Some(json!({ "event": { "property": property, "eq": value } }).to_string())
}

/// Whether everything that is needed is there.
pub(super) fn is_complete(analysis: &Analysis, given: &[(String, String)]) -> bool {
    let is_given = |argument: &Argument| given.iter().any(|(name, _)| *name == argument.name);
    analysis.arguments.iter().all(|argument| !argument.is_required() || is_given(argument))
}

/// The form, filled with what was given.
pub(super) fn draw(
    analysis: &Analysis,
    fields: &Fields,
    given: &[(String, String)],
    known: &Suggestions,
) -> Markup {
    let (common, own): (Vec<&Argument>, Vec<&Argument>) =
        analysis.arguments.iter().partition(|argument| argument.is_common);
    let is_common_given = common.iter().any(|argument| fields.filled(&argument.name).is_some());
    let has_filter = analysis.argument("where").is_some();
    html! {
        form.explore method="get" action=(format!("/dashboard/explore/{}", analysis.slug())) {
            div.fields {
                @for argument in own { (field(argument, given)) }
                @if has_filter { (condition_fields(fields)) }
            }
            @if !common.is_empty() {
                details open[is_common_given] {
                    summary { "More" }
                    div.fields { @for argument in common { (field(argument, given)) } }
                }
            }
            p.row {
                button.strong type="submit" { "Show" }
                a.button href=(format!("/dashboard/explore/{}", analysis.slug())) { "Begin anew" }
            }
        }
        (known.draw())
    }
}

fn condition_fields(fields: &Fields) -> Markup {
    let of = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    html! {
        label.field {
            span { "Only events whose property" }
            input type="text" name=(WHERE[0]) value=(of(WHERE[0])) list="known-properties" autocomplete="off" spellcheck="false";
        }
        label.field {
            span { "is" }
            input type="text" name=(WHERE[1]) value=(of(WHERE[1])) list="known-values" autocomplete="off" spellcheck="false";
            small { "Both or none of the two." }
        }
    }
}

fn field(argument: &Argument, given: &[(String, String)]) -> Markup {
    let Argument { name, title, description, base, default, choices, .. } = argument;
    let value = given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let value = value.filter(|_| name != "where").unwrap_or_default();
    let shown =
        default.as_ref().map(|default| default.as_str().map_or_else(|| default.to_string(), str::to_owned));
    let shown = shown.unwrap_or_default();
    let hint = format!("{name}-hint");
    let is_wide = completion(name).is_some_and(|(_, several)| several);
    html! {
        label.field.wide[is_wide] {
            span { (title) @if argument.is_required() { " " abbr title="needed" { "*" } } }
            @match base.as_str() {
                "Boolean" => (select(name, &["true".to_owned(), "false".to_owned()], value, &hint, &shown)),
                _ if !choices.is_empty() => (select(name, choices, value, &hint, &shown)),
                "Int" => { input type="number" step="1" name=(name) value=(value) placeholder=(shown) required[argument.is_required()] aria-describedby=(hint); },
                "Float" => { input type="number" step="any" name=(name) value=(value) placeholder=(shown) required[argument.is_required()] aria-describedby=(hint); },
                "Date" => { input type="date" name=(name) value=(value) required[argument.is_required()] aria-describedby=(hint); },
                _ => {
                    @let completion = completion(name);
                    input type="text" name=(name) value=(value) placeholder=(shown) required[argument.is_required()] aria-describedby=(hint)
                        list=[completion.map(|(list, _)| list)] data-list[completion.is_some_and(|(_, several)| several)] autocomplete="off" spellcheck="false";
                }
            }
            small id=(hint) { (marked(&show::sentence(description))) }
        }
    }
}

fn select(name: &str, choices: &[String], value: &str, hint: &str, default: &str) -> Markup {
    html! {
        select name=(name) aria-describedby=(hint) {
            option value="" { @if default.is_empty() { "–" } @else { "Default: " (default) } }
            @for choice in choices { option value=(choice) selected[choice == value] { (choice) } }
        }
    }
}

/// A text in which what stands between backticks is code.
pub(super) fn marked(text: &str) -> Markup {
    html! { @for (place, part) in text.split('`').enumerate() { @if place % 2 == 1 { code { (part) } } @else { (part) } } }
}
