//! Running a request: its size and its arguments are checked, it is executed, and every error gets its code and its
//! names.

use super::live::{LiveSchema, as_query};
use super::{Schema, arguments, nothing, size, typename};
use crate::domain::limits::Limits;
use crate::error::Kind;
use async_graphql::parser::types::{
    BaseType, Directive, DocumentOperations, ExecutableDocument, OperationDefinition, Selection,
};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{IntrospectionMode, Positioned, Request, Response, ServerError, Value, value};
use std::future::Future;
use std::pin::Pin;

/// The header that tells what an operation may cost, in cells: see `arguments/price`.
pub const COST: &str = "muster-cost";

/// How the schema's complaints begin to suggest names.
const SUGGESTION: &str = " Did you mean ";

/// Runs a request. It needs [`super::context::with_caller`] before.
///
/// Each error has `extensions.code`. One about an argument has its path in `extensions.argument` and, where a
/// variable fills that place, the variable in `extensions.variable`. To a request without introspection no error
/// names what else the schema has.
pub async fn run(schema: &Schema, request: Request) -> Response {
    run_as(Way::Once, schema, request).await
}

/// How an operation is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A query or a mutation, by itself.
    Once,
    /// A subscription, as one of many answers: see [`super::live`].
    Subscribed,
}

/// Runs a request in a way.
pub async fn run_as(way: Way, schema: &Schema, mut request: Request) -> Response {
    let may_introspect = request.introspection_mode == IntrospectionMode::Enabled;
    fill_in_defaults(&mut request);
    let limits = schema.data::<Limits>().cloned().unwrap_or_default();
    let Checked { cost, wrong } = checked(&mut request, &limits, may_introspect);
    if !wrong.is_empty() {
        return priced(Response::from_errors(wrong), cost);
    }
    let (query, chosen) = (request.query.clone(), request.operation_name.clone());
    let mut costly = None;
    if cost > limits.query_cost
        && let Ok(document) = request.parsed_query().cloned()
        && let Ok(skipped) = skipping(document.clone())
    {
        // What else is wrong with it comes first, so the schema has its say; nothing is resolved.
        request.set_parsed_query(skipped);
        costly = Some((document, request.variables.clone()));
    }
    let skippable = request.parsed_query().ok().filter(|document| nothing::may_be_skipped(document)).cloned();
    let is_marked = skippable.is_some();
    if let Some(document) = skippable {
        request.set_parsed_query(nothing::marked(document));
    }
    if way == Way::Subscribed {
        as_query(&mut request);
    }
    let mut response = match (way, schema.data::<LiveSchema>()) {
        (Way::Subscribed, Some(live)) => execute_live(live, request).await,
        _ => execute(schema, request).await,
    };
    if response.errors.is_empty() && response.data == Value::Null {
        // Where all fields are skipped, the executor answers nothing; it is an object without fields.
        response.data = value!({});
    }
    if is_marked {
        nothing::unmark(&mut response.data, !response.errors.is_empty());
    }
    if let Some((document, variables)) = costly.filter(|_| response.errors.is_empty()) {
        let operation = arguments::chosen_operation(&document, chosen.as_deref());
        let error =
            operation.map(|operation| arguments::too_costly(&document, operation, &variables, &limits));
        return priced(Response::from_errors(error.into_iter().collect()), cost);
    }
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
    priced(response, cost)
}

/// A response with the header that tells what its operation may cost.
fn priced(mut response: Response, cost: u64) -> Response {
    response.http_headers.insert(COST, cost.into());
    response
}

/// A response on its way, behind a pointer: the type of all resolvers together is deeper than the compiler will
/// follow. Functions that return it, and are no `async fn`, are compiled here once and not again wherever they are
/// awaited.
type Executing<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// Executes a request as it is.
#[inline(never)]
pub(crate) fn execute(schema: &Schema, request: Request) -> Executing<'_> {
    Box::pin(schema.execute(request))
}

/// Executes a request as it is in the schema of subscriptions.
#[inline(never)]
fn execute_live(schema: &LiveSchema, request: Request) -> Executing<'_> {
    Box::pin(schema.execute(request))
}

/// Gives the variables that were left out their defaults: the executor forgets those where it looks at `@skip` and
/// `@include`.
fn fill_in_defaults(request: &mut Request) {
    let chosen = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return };
    let Some(operation) = arguments::chosen_operation(document, chosen.as_deref()) else { return };
    let is_switch = |base: &BaseType| matches!(base, BaseType::Named(name) if name == "Boolean");
    let switches = operation
        .variable_definitions
        .iter()
        .map(|definition| &definition.node)
        .filter(|definition| is_switch(&definition.var_type.node.base));
    let defaults: Vec<_> = switches
        .filter_map(|definition| {
            Some((definition.name.node.clone(), definition.default_value.as_ref()?.node.clone()))
        })
        .collect();
    for (name, value) in defaults {
        request.variables.entry(name).or_insert(value);
    }
}

/// What is known of a request before it is executed.
#[derive(Default)]
struct Checked {
    /// What it may cost.
    cost: u64,
    /// What is wrong with it; nothing where the schema has to say what is wrong.
    wrong: Vec<ServerError>,
}

fn checked(request: &mut Request, limits: &Limits, may_introspect: bool) -> Checked {
    let (chosen, variables) = (request.operation_name.clone(), std::mem::take(&mut request.variables));
    let checked = request.parsed_query().map_or_else(
        |_| Checked::default(),
        |document| {
            if let Some(error) = arguments::unknown_type(document) {
                return Checked { wrong: vec![error], ..Checked::default() };
            }
            let Some(operation) = arguments::chosen_operation(document, chosen.as_deref()) else {
                return Checked::default();
            };
            let size = size::check(document, operation, limits, may_introspect);
            if let Some(error) = size.or_else(|| typename::check(document, operation)) {
                return Checked { wrong: vec![error], ..Checked::default() };
            }
            let wrong = arguments::check(document, operation, &variables, may_introspect);
            let cost = arguments::price(document, operation, &variables, limits);
            Checked { cost, wrong }
        },
    );
    request.variables = variables;
    checked
}

/// The document with `@skip(if: true)` on every selection of its operations: the schema says what is wrong with it,
/// and resolves nothing.
pub(crate) fn skipping(mut document: ExecutableDocument) -> Result<ExecutableDocument, ParseError> {
    let model = parse_query("{ field @skip(if: true) }")?;
    let selections =
        model.operations.iter().flat_map(|(_, operation)| &operation.node.selection_set.node.items);
    let skip: Vec<Positioned<Directive>> =
        selections.flat_map(|selection| selection.node.directives()).cloned().collect();
    let operations: Vec<&mut Positioned<OperationDefinition>> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(many) => many.values_mut().collect(),
    };
    for operation in operations {
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
