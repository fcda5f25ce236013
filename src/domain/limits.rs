//! The limits of what is accepted and answered: one table, one default each, settable by the operator.

/// Every limit with its unit in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Characters of an event's name, at most.
    pub event_name_chars: usize,
    /// Bytes of an id (event, profile, group, device, session), at most.
    pub id_bytes: usize,
    /// Groups on one event or in one membership change, at most.
    pub groups_per_event: usize,
    /// Bytes of one entity's or event's properties as JSON, at most.
    pub properties_bytes: usize,
    /// Levels of nesting in properties, at most.
    pub properties_levels: usize,
    /// Events in one batch, at most.
    pub batch_events: usize,
    /// Bytes of one request's body, at most.
    pub body_bytes: usize,
    /// Steps of a funnel, at most (2 is the least).
    pub funnel_steps: usize,
    /// Breakdowns of an analysis, at most.
    pub breakdowns: usize,
    /// Buckets of a time series, at most.
    pub buckets: usize,
    /// Rows of one answer, at most.
    pub rows: usize,
    /// Nodes on one page of a list, at most.
    pub page: usize,
    /// Cohorts of one project, at most.
    pub cohorts: usize,
    /// Rules of one cohort (tests, deeds and lists), at most.
    pub cohort_rules: usize,
    /// Ids in one static list of a cohort, at most.
    pub cohort_ids: usize,
    /// Saved queries of a project's own, at most.
    pub saved_queries: usize,
    /// Bytes of one saved query of a project's own, at most.
    pub saved_query_bytes: usize,
    /// Clients of one project that are not revoked, at most.
    pub clients: usize,
    /// Requests of one client in a minute, at most; 0: as many as it likes.
    pub requests_per_minute: usize,
    /// Seconds one query may run.
    pub query_seconds: u64,
    /// Subscriptions that one client has at once, at most.
    pub subscriptions: usize,
    /// Cells of what one GraphQL operation may answer, at most, as its arguments tell before it runs.
    pub query_cost: u64,
    /// Tokens of one GraphQL document, at most.
    pub query_tokens: usize,
    /// Levels of fields in one GraphQL document, at most. Standard introspection needs 13.
    pub query_depth: usize,
    /// Fields in one GraphQL document, at most; those of a fragment count wherever it is spread.
    pub query_fields: usize,
    /// Fields that one GraphQL operation asks of the root, at most.
    pub query_root_fields: usize,
    /// Aliases in one GraphQL document, at most.
    pub query_aliases: usize,
    /// Directives on one field, at most.
    pub query_directives: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_name_chars: 80,
            id_bytes: 512,
            groups_per_event: 100,
            properties_bytes: 256 * 1024,
            properties_levels: 32,
            batch_events: 10_000,
            body_bytes: 16 * 1024 * 1024,
            funnel_steps: 32,
            breakdowns: 3,
            buckets: 10_000,
            rows: 100_000,
            page: 1_000,
            cohorts: 1_000,
            cohort_rules: 100,
            cohort_ids: 10_000,
            saved_queries: 200,
            saved_query_bytes: 64 * 1024,
            clients: 1_000,
            requests_per_minute: 60_000,
            query_seconds: 30,
            subscriptions: 100,
            query_cost: 1_000_000,
            query_tokens: 10_000,
            query_depth: 20,
            query_fields: 2_000,
            query_root_fields: 50,
            query_aliases: 100,
            query_directives: 8,
        }
    }
}
