//! The limits that hold, so that nobody has to run into them.

use super::context::ContextExt;
use crate::analytics::count::int;
use crate::domain::limits::Limits as Held;
use crate::error::Failure;
use async_graphql::{Context, Object, SimpleObject};

/// The limits of what is accepted and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct Limits {
    /// Characters of an event's name, at most.
    pub event_name_chars: i32,
    /// Bytes of an id (event, profile, group, device, session), at most.
    pub id_bytes: i32,
    /// Groups on one event or in one membership change, at most.
    pub groups_per_event: i32,
    /// Bytes of one entity's or event's properties as JSON, at most.
    pub properties_bytes: i32,
    /// Levels of nesting in properties, at most.
    pub properties_levels: i32,
    /// Events in one batch, at most.
    pub batch_events: i32,
    /// Bytes of one request's body, at most.
    pub body_bytes: i32,
    /// Steps of a funnel, at most (2 is the least).
    pub funnel_steps: i32,
    /// Breakdowns of an analysis, at most.
    pub breakdowns: i32,
    /// Buckets of a time series, at most.
    pub buckets: i32,
    /// Rows of one answer, at most.
    pub rows: i32,
    /// Nodes on one page of a list, at most.
    pub page: i32,
    /// Cohorts of one project, at most.
    pub cohorts: i32,
    /// Rules of one cohort (tests, deeds and lists), at most.
    pub cohort_rules: i32,
    /// Ids in one static list of a cohort, at most.
    pub cohort_ids: i32,
    /// Saved queries of a project's own, at most.
    pub saved_queries: i32,
    /// Bytes of one saved query of a project's own, at most.
    pub saved_query_bytes: i32,
    /// Clients of one project that are not revoked, at most.
    pub clients: i32,
    /// Requests of one client in a minute, at most; 0: as many as it likes. Answers tell in `RateLimit` what is left.
    pub requests_per_minute: i32,
    /// Seconds one query may run.
    pub query_seconds: i32,
    /// Subscriptions that one client has at once, at most.
    pub subscriptions: i32,
    /// Cells that the answer to one GraphQL operation may have, at most, as its arguments tell before it runs. The
    /// header `Muster-Cost` of an answer says how many it may have had.
    pub query_cost: i32,
    /// Tokens of one GraphQL document, at most.
    pub query_tokens: i32,
    /// Levels of fields in one GraphQL document, at most. Standard introspection needs 13.
    pub query_depth: i32,
    /// Fields in one GraphQL document, at most; those of a fragment count wherever it is spread.
    pub query_fields: i32,
    /// Fields that one GraphQL operation asks of the root, at most.
    pub query_root_fields: i32,
    /// Aliases in one GraphQL document, at most.
    pub query_aliases: i32,
    /// Directives on one field, at most.
    pub query_directives: i32,
}

/// The limits as a question.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitsQuery;

#[Object]
impl LimitsQuery {
    /// The limits of what is accepted and answered. What goes beyond one is refused with an error that names it.
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn limits(&self, ctx: &Context<'_>) -> Result<Limits, Failure> {
        let held: &Held = ctx.caller()?.limits();
        Ok(Limits {
            event_name_chars: int("limits.eventNameChars", held.event_name_chars)?,
            id_bytes: int("limits.idBytes", held.id_bytes)?,
            groups_per_event: int("limits.groupsPerEvent", held.groups_per_event)?,
            properties_bytes: int("limits.propertiesBytes", held.properties_bytes)?,
            properties_levels: int("limits.propertiesLevels", held.properties_levels)?,
            batch_events: int("limits.batchEvents", held.batch_events)?,
            body_bytes: int("limits.bodyBytes", held.body_bytes)?,
            funnel_steps: int("limits.funnelSteps", held.funnel_steps)?,
            breakdowns: int("limits.breakdowns", held.breakdowns)?,
            buckets: int("limits.buckets", held.buckets)?,
            rows: int("limits.rows", held.rows)?,
            page: int("limits.page", held.page)?,
            cohorts: int("limits.cohorts", held.cohorts)?,
            cohort_rules: int("limits.cohortRules", held.cohort_rules)?,
            cohort_ids: int("limits.cohortIds", held.cohort_ids)?,
            saved_queries: int("limits.savedQueries", held.saved_queries)?,
            saved_query_bytes: int("limits.savedQueryBytes", held.saved_query_bytes)?,
            clients: int("limits.clients", held.clients)?,
            requests_per_minute: int("limits.requestsPerMinute", held.requests_per_minute)?,
            query_seconds: int("limits.querySeconds", held.query_seconds)?,
            subscriptions: int("limits.subscriptions", held.subscriptions)?,
            query_cost: int("limits.queryCost", held.query_cost)?,
            query_tokens: int("limits.queryTokens", held.query_tokens)?,
            query_depth: int("limits.queryDepth", held.query_depth)?,
            query_fields: int("limits.queryFields", held.query_fields)?,
            query_root_fields: int("limits.queryRootFields", held.query_root_fields)?,
            query_aliases: int("limits.queryAliases", held.query_aliases)?,
            query_directives: int("limits.queryDirectives", held.query_directives)?,
        })
    }
}
