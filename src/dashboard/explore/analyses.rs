//! What may be asked, read from the schema: every field of flat rows, with its arguments and its columns.
//!
//! A form is made of the arguments' names, types, defaults and descriptions, so that a new analysis is here without a
//! line of code.

use super::super::show::words;
use crate::app::App;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// How the fields of flat rows end.
const ENDING: &str = "Table";

/// What the descriptions of these fields say of their form.
const AS_TABLE: &str = " as a flat table for BI tools";

/// One question of flat rows.
#[derive(Debug, Clone)]
pub(super) struct Analysis {
    /// The field, such as `activeUsersTable`.
    pub(super) field: String,
    /// Its name for people, such as `Active users`.
    pub(super) title: String,
    /// What it answers.
    pub(super) description: String,
    /// Its arguments, in the order of the schema.
    pub(super) arguments: Vec<Argument>,
    /// The columns of its rows.
    pub(super) columns: Vec<String>,
}

/// One argument.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    /// Its name for people, such as `Time zone`.
    pub(super) title: String,
    /// What it means.
    pub(super) description: String,
    /// Its type without marks: `String`, `Int`, `Float`, `Boolean`, `Date`, …
    pub(super) base: String,
    /// Its type as GraphQL writes it.
    pub(super) type_name: String,
    /// What holds when it is not given.
    pub(super) default: Option<Value>,
    /// The words that it may be, where the description lists them.
    pub(super) choices: Vec<String>,
    /// Whether most questions have it, so that a form keeps it for the last.
    pub(super) is_common: bool,
}

impl Argument {
    /// Whether it must be given.
    pub(super) fn is_required(&self) -> bool {
        self.type_name.ends_with('!') && self.default.is_none()
    }
}

impl Analysis {
    /// The last part of its page's address: the field without its ending.
    pub(super) fn slug(&self) -> &str {
        self.field.strip_suffix(ENDING).unwrap_or(&self.field)
    }

    /// The argument of this name.
    pub(super) fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }
}

/// Every question of flat rows, by title.
pub(super) fn all(app: &App) -> &'static [Analysis] {
    static ALL: OnceLock<Vec<Analysis>> = OnceLock::new();
    ALL.get_or_init(|| read(&app.schema().sdl()))
}

fn read(sdl: &str) -> Vec<Analysis> {
    // The SDL is the schema's own.
    let Ok(document) = parse_schema(sdl) else { return Vec::new() };
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    let types: HashMap<String, TypeDefinition> =
        types.map(|definition| (definition.name.node.to_string(), definition)).collect();
    let Some(TypeKind::Object(query)) = types.get("Query").map(|query| &query.kind) else {
        return Vec::new();
    };
    let fields = query.fields.iter().map(|field| &field.node);
    let mut all: Vec<Analysis> = fields.filter_map(|field| analysis(field, &types)).collect();
    // The form for programs is told as one; what is asked is told better where the answer is nested. Lists and things
    // that may not be there are no answers to questions.
    for analysis in &mut all {
        let nested = query.fields.iter().map(|field| &field.node);
        let nested = nested.filter(|field| !field.ty.node.nullable);
        let mut told = nested.filter(|field| field.name.node.as_str() == analysis.slug());
        if let Some(told) = told.find_map(|field| field.description.as_ref()) {
            analysis.description = text(Some(told.node.as_str()));
        }
        analysis.description = analysis.description.replace(AS_TABLE, "");
    }
    mark_common(&mut all);
    all.sort_by(|a, b| a.title.cmp(&b.title));
    all
}

fn analysis(field: &FieldDefinition, types: &HashMap<String, TypeDefinition>) -> Option<Analysis> {
    let name = field.name.node.as_str();
    let stem = name.strip_suffix(ENDING)?;
    let TypeKind::Object(row) = &types.get(base(&field.ty.node))?.kind else { return None };
    let is_leaf = |of: &Type| {
        let kind = types.get(base(of)).map(|definition| &definition.kind);
        matches!(of.base, BaseType::Named(_))
            && matches!(kind, None | Some(TypeKind::Scalar | TypeKind::Enum(_)))
    };
    let columns =
        row.fields.iter().filter(|column| is_leaf(&column.node.ty.node) && column.node.arguments.is_empty());
    let arguments = field.arguments.iter().map(|argument| argument_of(&argument.node));
    Some(Analysis {
        field: name.to_owned(),
        title: words(stem),
        description: text(field.description.as_ref().map(|text| text.node.as_str())),
        arguments: arguments.collect(),
        columns: columns.map(|column| column.node.name.node.to_string()).collect(),
    })
}

fn argument_of(argument: &InputValueDefinition) -> Argument {
    let description = text(argument.description.as_ref().map(|text| text.node.as_str()));
    let default = argument.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
    Argument {
        name: argument.name.node.to_string(),
        title: words(argument.name.node.as_str()),
        choices: choices(&description),
        description,
        base: base(&argument.ty.node).to_owned(),
        type_name: argument.ty.node.to_string(),
        default: default.filter(|value| !value.is_null()),
        is_common: false,
    }
}

/// The arguments that say when: a form begins with them, whoever else has them.
const RANGE: [&str; 3] = ["from", "to", "last"];

/// Marks the arguments that more than half of the questions have.
fn mark_common(all: &mut [Analysis]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for argument in all.iter().flat_map(|analysis| &analysis.arguments) {
        *counts.entry(argument.name.clone()).or_default() += 1;
    }
    let half = all.len() / 2;
    for argument in all.iter_mut().flat_map(|analysis| &mut analysis.arguments) {
        argument.is_common = !argument.is_required()
            && !RANGE.contains(&argument.name.as_str())
            && counts.get(&argument.name).is_some_and(|count| *count > half);
    }
}

fn base(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(inner) => base(inner),
    }
}

/// A description on one line.
fn text(description: Option<&str>) -> String {
    description.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words in capitals that a description begins with: `IDENTIFIED or ALL.` lists two.
fn choices(description: &str) -> Vec<String> {
    let list = description.split([';', '.', ':']).next().unwrap_or_default().replace(" or ", ", ");
    let choices: Vec<String> = list.split(", ").map(str::to_owned).collect();
    let is_word = |word: &String| {
        word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    if choices.len() > 1 && choices.iter().all(is_word) { choices } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_gives_questions_with_typed_arguments_and_flat_columns() {
        let all = read(&crate::graphql::schema().sdl());
        assert!(all.len() > 15, "{}", all.len());
        let trend = all.iter().find(|analysis| analysis.field == "trendTable").expect("the trend");
        assert_eq!((trend.title.as_str(), trend.slug()), ("Trend", "trend"));
        assert!(
            trend.columns.contains(&"localDate".to_owned()) && trend.columns.contains(&"value".to_owned())
        );
        let of = |name: &str| trend.argument(name).unwrap_or_else(|| panic!("{name}"));
        assert!(!of("from").is_required() && of("from").base == "Date" && !of("from").is_common);
        assert!(of("last").base == "Duration" && !of("last").is_common);
        assert_eq!(of("users").choices, ["IDENTIFIED", "ALL"]);
        assert!(of("users").is_common && of("timeZone").is_common && !of("measure").is_common);
        assert_eq!(of("timeZone").default, Some("UTC".into()));
        for analysis in &all {
            assert!(!analysis.columns.is_empty() && !analysis.description.is_empty(), "{}", analysis.field);
        }
    }

    #[test]
    fn choices_are_what_a_description_begins_with() {
        assert_eq!(choices("HOUR, DAY or WEEK; DAY unless given."), ["HOUR", "DAY", "WEEK"]);
        assert_eq!(choices("PROFILE or GROUP."), ["PROFILE", "GROUP"]);
        for none in ["The first local day.", "IANA name of the zone.", "A or b.", ""] {
            assert_eq!(choices(none), Vec::<String>::new());
        }
    }
}
