//! Running a request: arguments are checked, it is executed, and every error gets its code and its names.

use super::{Schema, arguments};
use crate::error::Kind;
use async_graphql::parser::parse_query;
use async_graphql::{Request, Response};
use std::pin::Pin;

/// Runs a request. It needs [`super::context::with_caller`] before.
///
/// Each error has `extensions.code`. One about an argument has its path in `extensions.argument` and, where a
/// variable fills that place, the variable in `extensions.variable`.
pub async fn run(schema: &Schema, mut request: Request) -> Response {
    let wrong = arguments::check(&mut request);
    if !wrong.is_empty() {
        return Response::from_errors(wrong);
    }
    let (query, chosen) = (request.query.clone(), request.operation_name.clone());
    // Boxed: the future holds those of all resolvers, and every crate that awaits it as it is compiles them anew.
    let execution: Pin<Box<dyn Future<Output = Response> + Send>> = Box::pin(schema.execute(request));
    let mut response = execution.await;
    let is_about_argument = |name: &str| {
        response
            .errors
            .iter()
            .any(|error| error.extensions.as_ref().is_some_and(|all| all.get(name).is_some()))
    };
    let document = if is_about_argument("argument") { parse_query(query).ok() } else { None };
    for error in &mut response.errors {
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
