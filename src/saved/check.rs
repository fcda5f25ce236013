//! From a file's text to a saved query: one named query that fits the schema, or what is wrong with it.

use super::{SavedQuery, Variable};
use crate::graphql::Schema;
use crate::graphql::run::execute;
use crate::tabular::Layout;
use crate::tabular::types::Types;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Positioned, Request};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Checks a text against the schema. `name` is the query's; the operation must have its last part.
pub(super) async fn check(
    name: &str,
    text: &str,
    types: &Types,
    schema: &Schema,
) -> Result<SavedQuery, String> {
    let document = parse_query(text).map_err(|error| error.to_string())?;
    let (found, operation) = only_operation(&document)?;
    let stem = last_part(name);
    if found != stem {
        return Err(format!("the operation is named {found}; name it {stem} like the file"));
    }
    let query = SavedQuery {
        name: name.to_owned(),
        operation: found,
        description: description(text),
        variables: operation.variable_definitions.iter().map(|one| Variable::new(&one.node)).collect(),
        layout: Layout::of(operation, &document.fragments, types),
        sha256: sha256_hex(text),
        text: text.to_owned(),
    };
    // The server validates the whole document, then finds every root field skipped and resolves nothing.
    let mut request = Request::new(text);
    request.set_parsed_query(skipping(document)?);
    let errors = execute(schema, request).await.errors;
    match errors.first() {
        None => Ok(query),
        Some(error) => {
            let place = error.locations.first().map(|at| format!("line {}: ", at.line)).unwrap_or_default();
            Err(format!("{place}{}", error.message))
        }
    }
}

/// A query's name without its folder.
fn last_part(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, stem)| stem)
}

/// The SHA-256 of a document in hexadecimal digits, by which clients ask for it.
#[must_use]
pub fn sha256_hex(document: &str) -> String {
    Sha256::digest(document).iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The one named query of a document.
fn only_operation(document: &ExecutableDocument) -> Result<(String, &OperationDefinition), String> {
    let DocumentOperations::Multiple(operations) = &document.operations else {
        return Err("the operation has no name; name it like the file".to_owned());
    };
    let mut operations = operations.iter();
    let (Some((name, operation)), None) = (operations.next(), operations.next()) else {
        return Err("it holds several operations; a file holds one".to_owned());
    };
    if operation.node.ty != OperationType::Query {
        return Err(format!("it is a {}; only a query may be saved", operation.node.ty));
    }
    Ok((name.to_string(), &operation.node))
}

/// The lines of the leading comment as one text.
fn description(text: &str) -> String {
    let lines = text.lines().map(str::trim_start).take_while(|line| line.starts_with('#'));
    lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join(" ")
}

/// The document with `@skip(if: true)` on every selection of its operations.
fn skipping(mut document: ExecutableDocument) -> Result<ExecutableDocument, String> {
    let model = parse_query("{ field @skip(if: true) }").map_err(|error| error.to_string())?;
    let selections =
        model.operations.iter().flat_map(|(_, operation)| &operation.node.selection_set.node.items);
    let skip: Vec<Positioned<Directive>> =
        selections.flat_map(|selection| selection.node.directives()).cloned().collect();
    let DocumentOperations::Multiple(operations) = &mut document.operations else { return Ok(document) };
    for operation in operations.values_mut() {
        for selection in &mut operation.node.selection_set.node.items {
            let directives = match &mut selection.node {
                Selection::Field(field) => &mut field.node.directives,
                Selection::FragmentSpread(spread) => &mut spread.node.directives,
                Selection::InlineFragment(fragment) => &mut fragment.node.directives,
            };
            directives.extend(skip.iter().cloned());
        }
    }
    Ok(document)
}
