//! From a text to a saved query: one named query that fits the schema, or what is wrong with it.

use super::{SavedQuery, Variable};
use crate::domain::limits::Limits;
use crate::graphql::run::{execute, skipping};
use crate::graphql::{Schema, size, unparsed};
use crate::tabular::Layout;
use crate::tabular::types::Types;
use async_graphql::Request;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Checks a text against the schema and its limits, and gives the query under its operation's name.
pub(super) async fn check(text: &str, types: &Types, schema: &Schema) -> Result<SavedQuery, String> {
    let limits = schema.data::<Limits>().cloned().unwrap_or_default();
    unparsed::check(text, &limits).map_err(|invalid| format!("it {}", invalid.reason))?;
    let document = parse_query(text).map_err(|error| error.to_string())?;
    let (operation_name, operation) = only_operation(&document)?;
    if let Some(error) = size::check(&document, operation, &limits, true) {
        return Err(error.message);
    }
    let query = SavedQuery {
        name: operation_name.clone(),
        operation: operation_name,
        description: description(text),
        variables: operation.variable_definitions.iter().map(|one| Variable::new(&one.node)).collect(),
        layout: Layout::of(operation, &document.fragments, types),
        sha256: sha256_hex(text),
        text: text.to_owned(),
        own: None,
    };
    // The server validates the whole document, then finds every root field skipped and resolves nothing.
    let mut request = Request::new(text);
    request.set_parsed_query(skipping(document).map_err(|error| error.to_string())?);
    let errors = execute(schema, request).await.errors;
    match errors.first() {
        None => Ok(query),
        Some(error) => {
            let reworded = size::reworded(&error.message, &limits);
            let message = reworded.map_or_else(|| error.message.clone(), |reworded| reworded.message);
            let place = error.locations.first().map(|at| format!("line {}: ", at.line)).unwrap_or_default();
            Err(format!("{place}{message}"))
        }
    }
}

/// Whether a name is written as names of saved queries are.
pub(super) fn is_pascal_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
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
        return Err("the operation has no name; give it one in PascalCase such as ActiveCompanies".to_owned());
    };
    let mut operations = operations.iter();
    let (Some((name, operation)), None) = (operations.next(), operations.next()) else {
        return Err("it holds several operations; keep one".to_owned());
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
