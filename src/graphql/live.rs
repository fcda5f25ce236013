//! What can be subscribed to: every analysis, which is told again whenever its answer is another one, and new events.
//!
//! A subscription is answered like a query, again and again: its operation is executed as a query of a schema of its
//! own whose root is [`Live`], each time by a fresh caller at a fresh instant of the store. So rights, limits, costs,
//! the answers that are kept and errors are those of queries, and whatever is added to [`Analyses`] can be subscribed to.
//! When it is executed is the transport's matter.

use super::arguments::chosen_operation;
use super::new_events::{self, NewEventsQuery};
use super::size::root_fields;
use crate::analytics::Analyses;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::registry::Registry;
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, MergedObject, OutputType, Request, Response, SubscriptionType,
};
use futures_util::stream::BoxStream;
use std::borrow::Cow;

/// What can be subscribed to.
#[derive(Debug, Default, MergedObject)]
#[graphql(name = "Subscription")]
pub struct Live(Analyses, NewEventsQuery);

/// The schema in which subscriptions are executed, as queries.
pub type LiveSchema = async_graphql::Schema<Live, EmptyMutation, EmptySubscription>;

/// Makes the schema of subscriptions, with the limits of queries.
#[must_use]
pub fn live_schema_within(limits: &Limits) -> LiveSchema {
    async_graphql::Schema::build(Live::default(), EmptyMutation, EmptySubscription)
        .disable_introspection()
        .limit_depth(limits.query_depth)
        .limit_complexity(limits.query_fields)
        .limit_directives(limits.query_directives)
        .data(limits.clone())
        .finish()
}

/// The schema of queries and mutations tells what can be subscribed to, and executes none of it.
impl SubscriptionType for Live {
    fn type_name() -> Cow<'static, str> {
        <Self as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as OutputType>::create_type_info(registry)
    }

    fn create_field_stream<'a>(&'a self, _: &'a Context<'_>) -> Option<BoxStream<'a, Response>> {
        None
    }
}

/// What a subscription tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The answer to an analysis, whenever it is another one.
    Answer,
    /// Events as they are stored.
    NewEvents,
}

/// What the subscription of a document tells. It asks for one field.
pub fn subject(document: &ExecutableDocument, chosen: Option<&str>) -> Result<Subject, Invalid> {
    let operation = chosen_operation(document, chosen);
    let fields =
        operation.map_or(Vec::new(), |operation| root_fields(document, &operation.selection_set.node));
    match fields.as_slice() {
        [new_events::FIELD] => Ok(Subject::NewEvents),
        [_] => Ok(Subject::Answer),
        fields => {
            let reason = format!(
                "asks a subscription for {} fields; ask for one, and subscribe once for each of the others",
                fields.len()
            );
            Err(Invalid::new("query", reason))
        }
    }
}

/// Makes the subscription of a request a query of the schema of subscriptions.
pub(super) fn as_query(request: &mut Request) {
    let chosen = request.operation_name.clone();
    let Ok(mut document) = request.parsed_query().cloned() else { return };
    let operation = match (&mut document.operations, chosen) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(many), Some(name)) => many.get_mut(name.as_str()),
        (DocumentOperations::Multiple(many), None) => many.values_mut().next(),
    };
    if let Some(operation) = operation.filter(|one| one.node.ty == OperationType::Subscription) {
        operation.node.ty = OperationType::Query;
    }
    request.set_parsed_query(document);
}
