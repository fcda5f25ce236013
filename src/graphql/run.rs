//! Running a request: its size and its arguments are checked, it is executed, and every error gets its code and its
//! names.

use super::{Schema, arguments, size};
use crate::domain::limits::Limits;
use crate::error::Kind;
use async_graphql::parser::parse_query;
use async_graphql::{IntrospectionMode, Request, Response, ServerError};
use std::future::Future;
use std::pin::Pin;

/// How the schema's complaints begin to suggest names.
const SUGGESTION: &str = " Did you mean ";

/// Runs a request. It needs [`super::context::with_caller`] before.
///
/// Each error has `extensions.code`. One about an argument has its path in `extensions.argument` and, where a
/// variable fills that place, the variable in `extensions.variable`. To a request without introspection no error
/// names what else the schema has.
pub async fn run(schema: &Schema, mut request: Request) -> Response {
    let may_introspect = request.introspection_mode == IntrospectionMode::Enabled;
    let limits = schema.data::<Limits>().cloned().unwrap_or_default();
    let wrong = checked(&mut request, &limits, may_introspect);
    if !wrong.is_empty() {
        return Response::from_errors(wrong);
    }
    let (query, chosen) = (request.query.clone(), request.operation_name.clone());
    let mut response = execute(schema, request).await;
    let is_about_argument = |name: &str| {
        response
            .errors
            .iter()
            .any(|error| error.extensions.as_ref().is_some_and(|all| all.get(name).is_some()))
    };
    let document = if is_about_argument("argument") { parse_query(query).ok() } else { None };
    for error in &mut response.errors {
        if error.path.is_empty() {
            if let Some(reworded) = size::reworded(&error.message, &limits) {
                *error = reworded;
            }
            if let (false, Some(place)) = (may_introspect, error.message.find(SUGGESTION)) {
                error.message.truncate(place);
            }
        }
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            // The schema's own errors are about the document.
            extensions.set("code", Kind::BadInput.table().1);
        }
        if let Some(document) = &document {
            arguments::name_variable(document, chosen.as_deref(), error);
        }
    }
    response
}

/// Executes a request as it is.
pub(crate) async fn execute(schema: &Schema, request: Request) -> Response {
    // Behind a pointer, because the type of all resolvers together is deeper than the compiler will follow.
    let executed: Pin<Box<dyn Future<Output = Response> + Send + '_>> = Box::pin(schema.execute(request));
    executed.await
}

/// What is wrong with a request before it is executed; nothing where the schema has to say what is wrong.
fn checked(request: &mut Request, limits: &Limits, may_introspect: bool) -> Vec<ServerError> {
    let (chosen, variables) = (request.operation_name.clone(), std::mem::take(&mut request.variables));
    let wrong = request.parsed_query().map_or(Vec::new(), |document| {
        let Some(operation) = arguments::chosen_operation(document, chosen.as_deref()) else {
            return Vec::new();
        };
        match size::check(document, operation, limits, may_introspect) {
            Some(error) => vec![error],
            None => arguments::check(document, operation, &variables, may_introspect),
        }
    });
    request.variables = variables;
    wrong
}
