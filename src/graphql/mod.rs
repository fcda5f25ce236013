//! The schema: its roots, its limits, and everything in it that is not an analysis.

pub mod page;

use crate::caller::Caller;
use crate::domain::limits::Limits;
use async_graphql::{EmptyMutation, EmptySubscription, Object, Request};
use std::sync::Arc;

/// The schema that the server executes.
pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The queries.
#[derive(Debug, Clone, Copy)]
pub struct Query;

#[Object]
impl Query {
    /// Whether the server answers.
    async fn ok(&self) -> bool {
        true
    }
}

/// The schema within limits.
#[must_use]
pub fn schema(_limits: &Limits) -> Schema {
    Schema::build(Query, EmptyMutation, EmptySubscription).finish()
}

/// Gives a request its caller and fresh loaders.
#[must_use]
pub fn request_data(request: Request, caller: Arc<Caller>) -> Request {
    request.data(caller)
}
