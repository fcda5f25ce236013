//! What the schema leaves unchecked: `__typename`. It passes over that field wherever it stands, so what is written on
//! it would be left out without a word: arguments, fields of its own, and variables that nobody declared.

use crate::error::Kind;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, ServerError};
use async_graphql_value::Value;
use std::collections::HashSet;

/// What is wrong with a `__typename` of an operation, in the words that the schema has for other fields.
pub(super) fn check(document: &ExecutableDocument, operation: &OperationDefinition) -> Option<ServerError> {
    let declared: HashSet<&Name> =
        operation.variable_definitions.iter().map(|definition| &definition.node.name.node).collect();
    let mut spread = HashSet::new();
    let mut sets: Vec<&SelectionSet> = vec![&operation.selection_set.node];
    while let Some(set) = sets.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if field.node.name.node == "__typename" => {
                    let wrong = wrong_with(&field.node, &declared);
                    if wrong.is_some() {
                        return wrong;
                    }
                }
                Selection::Field(field) => sets.push(&field.node.selection_set.node),
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set.node),
                Selection::FragmentSpread(one) => {
                    let name = &one.node.fragment_name.node;
                    if let (true, Some(fragment)) = (spread.insert(name), document.fragments.get(name)) {
                        sets.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
    None
}

fn wrong_with(field: &Field, declared: &HashSet<&Name>) -> Option<ServerError> {
    if let Some((name, _)) = field.arguments.first() {
        return Some(refused(
            &format!("Unknown argument \"{}\" on field \"__typename\"", name.node),
            name.pos,
        ));
    }
    if !field.selection_set.node.items.is_empty() {
        let message =
            "Field \"__typename\" must not have a selection since type \"String!\" has no subfields";
        return Some(refused(message, field.selection_set.pos));
    }
    let unknown = |name: &&Name| !declared.contains(*name);
    field.directives.iter().flat_map(variables).find(|(name, _)| unknown(name)).map(|(name, position)| {
        refused(&format!("Variable \"${name}\" is not defined by the operation"), position)
    })
}

/// The variables that a directive's arguments are, by themselves: `@skip` and `@include` take no lists or objects.
fn variables(directive: &Positioned<Directive>) -> impl Iterator<Item = (&Name, Pos)> {
    directive.node.arguments.iter().filter_map(|(_, value)| match &value.node {
        Value::Variable(name) => Some((name, value.pos)),
        _ => None,
    })
}

fn refused(message: &str, position: Pos) -> ServerError {
    let mut error = ServerError::new(message, Some(position));
    error.extensions.get_or_insert_default().set("code", Kind::BadInput.table().1);
    error
}
