//! Arguments are checked against the schema before anything is executed, so that each complaint names the place of
//! what is wrong (`steps[2].event`) and says what to give instead.
//!
//! What is wrong beyond its type is found by the resolvers, which name places in the same way. Where the place is
//! filled by a variable, the error names the variable as well.

mod node;
mod place;
mod price;
mod types;
mod value;

use crate::error::Kind;
use async_graphql::parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet, Type,
};
use async_graphql::{Positioned, ServerError, Variables};
use node::{Node, Values};
pub(super) use price::{price, too_costly};
use types::TYPES;
use value::{Checker, Complaint, Place};

/// Errors of one document that are told at once, about.
const MOST_ERRORS: usize = 10;

/// What is wrong with a variable that has a default value and a type that is not there: the schema would look the type
/// up to check the value, and rely on finding it.
pub(super) fn unknown_type(document: &ExecutableDocument) -> Option<ServerError> {
    let definitions =
        document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    definitions.filter(|definition| definition.node.default_value.is_some()).find_map(|definition| {
        let name = named_type(&definition.node.var_type.node);
        if TYPES.knows(name) {
            return None;
        }
        let message = format!("Unknown type \"{name}\" of the variable ${}", definition.node.name.node);
        let mut error = ServerError::new(message, Some(definition.pos));
        error.extensions.get_or_insert_default().set("code", Kind::BadInput.table().1);
        Some(error)
    })
}

/// What is wrong with the arguments of an operation; nothing where the schema has to say what is wrong.
///
/// `tells_names`: whether complaints may name what else the schema has.
pub(super) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    tells_names: bool,
) -> Vec<ServerError> {
    let root = match operation.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let values = Values { variables, definitions: &operation.variable_definitions };
    let checker = Checker { types: &TYPES, values, tells_names, complaints: Vec::new() };
    let mut walk = Walk { checker, errors: Vec::new() };
    walk.selections(root, &operation.selection_set.node);
    // What a fragment's arguments are does not depend on where it is spread.
    for fragment in document.fragments.values() {
        let on = &fragment.node.type_condition.node.on.node;
        walk.selections(on, &fragment.node.selection_set.node);
    }
    walk.errors
}

/// Gives an error of a resolver, which names an argument, the variable that fills the argument.
pub(super) fn name_variable(document: &ExecutableDocument, chosen: Option<&str>, error: &mut ServerError) {
    let Some(operation) = chosen_operation(document, chosen) else { return };
    let Some(field) = place::field_at(document, &operation.selection_set.node, &error.path) else { return };
    let Some(extensions) = &mut error.extensions else { return };
    let Some(async_graphql::Value::String(argument)) = extensions.get("argument") else { return };
    if let Some(variable) = place::variable_at(&field.arguments, argument) {
        extensions.set("variable", variable);
    }
}

/// The operation that is executed.
pub(in crate::graphql) fn chosen_operation<'d>(
    document: &'d ExecutableDocument,
    chosen: Option<&str>,
) -> Option<&'d OperationDefinition> {
    match (&document.operations, chosen) {
        (DocumentOperations::Single(operation), None) => Some(&operation.node),
        (DocumentOperations::Multiple(many), Some(name)) => many.get(name).map(|operation| &operation.node),
        (DocumentOperations::Multiple(many), None) if many.len() == 1 => {
            many.values().next().map(|operation| &operation.node)
        }
        _ => None,
    }
}

/// A walk over the fields of a document.
struct Walk<'a> {
    checker: Checker<'a>,
    errors: Vec<ServerError>,
}

impl<'a> Walk<'a> {
    fn selections(&mut self, object: &str, set: &'a SelectionSet) {
        for selection in &set.items {
            if self.errors.len() >= MOST_ERRORS {
                return;
            }
            match &selection.node {
                Selection::Field(field) => self.field(object, field),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let on = condition.map_or(object, |condition| condition.node.on.node.as_str());
                    self.selections(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, object: &str, field: &'a Positioned<Field>) {
        let Some(known) = TYPES.field(object, &field.node.name.node) else { return };
        let arguments = &field.node.arguments;
        for (name, _) in arguments {
            if !known.slots.iter().any(|slot| slot.name == name.node) {
                let names: Vec<&str> = known.slots.iter().map(|slot| slot.name.as_str()).collect();
                let takes = match names.as_slice() {
                    _ if !self.checker.tells_names => "leave it out".to_owned(),
                    [] => "it takes none".to_owned(),
                    names => format!("it takes {}", names.join(", ")),
                };
                let reason = format!("is no argument of {}; {takes}", field.node.name.node);
                self.checker.complain(&Place::argument(&name.node), reason);
            }
        }
        for slot in &known.slots {
            let given = arguments.iter().find(|(name, _)| name.node == slot.name);
            let node = given.map(|(_, value)| Node::Written(&value.node));
            self.checker.slot(&Place::argument(&slot.name), &slot.kind, slot.is_required, node);
        }
        for complaint in std::mem::take(&mut self.checker.complaints) {
            self.errors.push(error_of(&complaint, field));
        }
        self.selections(named_type(&known.answer), &field.node.selection_set.node);
    }
}

fn named_type(kind: &Type) -> &str {
    match &kind.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named_type(inner),
    }
}

/// A complaint about an argument of a field as an error of the document.
fn error_of(complaint: &Complaint, field: &Positioned<Field>) -> ServerError {
    let Complaint { argument, reason } = complaint;
    let arguments = &field.node.arguments;
    let written = arguments.iter().find(|(name, _)| argument.starts_with(name.node.as_str()));
    let place = written.map_or(field.pos, |(name, _)| name.pos);
    let mut error = ServerError::new(format!("{argument}: {reason}"), Some(place));
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", Kind::BadInput.table().1);
    extensions.set("argument", argument.as_str());
    if let Some(variable) = place::variable_at(arguments, argument) {
        extensions.set("variable", variable);
    }
    error
}
