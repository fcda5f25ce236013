//! Which variable of a document gives what stands at a place of a field's arguments.
//!
//! Whoever runs a saved query knows its variables and not its text, so a complaint about `steps[1].event` must be
//! one about the variable that was put there.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, PathSegment, Positioned};
use async_graphql_value::Value;

/// Fragments within each other that are followed, at most: a document may name itself.
const MOST_FRAGMENTS: usize = 20;

/// The field whose answer stands at a path.
pub(super) fn field_at<'d>(
    document: &'d ExecutableDocument,
    root: &'d SelectionSet,
    path: &[PathSegment],
) -> Option<&'d Field> {
    let (mut sets, mut found) = (vec![root], None);
    for segment in path {
        let PathSegment::Field(key) = segment else { continue };
        let mut fields = Vec::new();
        for set in &sets {
            collect(document, set, key, MOST_FRAGMENTS, &mut fields);
        }
        found = fields.first().copied();
        sets = fields.iter().map(|field| &field.selection_set.node).collect();
    }
    found
}

fn collect<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    key: &str,
    most: usize,
    found: &mut Vec<&'d Field>,
) {
    for selection in &set.items {
        let below = match &selection.node {
            Selection::Field(field) => {
                if field.node.response_key().node == key {
                    found.push(&field.node);
                }
                None
            }
            Selection::InlineFragment(fragment) => Some(&fragment.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let fragment = document.fragments.get(&spread.node.fragment_name.node);
                fragment.map(|fragment| &fragment.node.selection_set.node)
            }
        };
        if let (Some(set), Some(most)) = (below, most.checked_sub(1)) {
            collect(document, set, key, most, found);
        }
    }
}

/// The variable that gives what stands at a place, with the path within it; several where the place holds several.
/// `None` where the document says it by itself.
pub(super) fn variable_at(
    arguments: &[(Positioned<Name>, Positioned<Value>)],
    place: &str,
) -> Option<String> {
    let (name, mut rest) = split(place);
    let mut value = &arguments.iter().find(|(argument, _)| argument.node == name)?.1.node;
    loop {
        if let Value::Variable(variable) = value {
            return Some(format!("{variable}{rest}"));
        }
        let (step, behind) = split(rest);
        let below = match value {
            Value::Object(fields) => fields.get(step),
            Value::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        let Some(below) = below else { break };
        (value, rest) = (below, behind);
    }
    let mut names = Vec::new();
    variables(value, &mut names);
    (!names.is_empty()).then(|| names.join(", "))
}

/// The first step of a path and what is behind it: `steps[2].event` is `steps`, then `2`, then `event`.
fn split(path: &str) -> (&str, &str) {
    let path = path.strip_prefix(['.', '[']).unwrap_or(path);
    let end = path.find(['.', '[', ']']).unwrap_or(path.len());
    let (step, rest) = path.split_at(end);
    (step, rest.strip_prefix(']').unwrap_or(rest))
}

fn variables<'v>(value: &'v Value, names: &mut Vec<&'v str>) {
    match value {
        Value::Variable(name) if !names.contains(&name.as_str()) => names.push(name),
        Value::List(items) => items.iter().for_each(|item| variables(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| variables(field, names)),
        _ => {}
    }
}
