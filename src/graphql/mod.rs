//! The schema: its roots, its limits, and everything in it that is not an analysis.

mod arguments;
pub mod context;
pub mod cost;
pub mod event;
pub mod event_list;
pub mod group;
mod group_facts;
mod group_members;
pub mod group_mutation;
pub mod group_query;
pub mod identify;
mod inputs;
pub mod known_group;
pub mod limits;
pub mod loader;
pub mod membership;
pub mod nesting;
pub mod page;
pub mod people_loader;
pub mod people_table;
pub mod profile;
pub mod profile_list;
pub mod property_history;
pub mod run;
pub mod track;

use crate::analytics::Analyses;
use async_graphql::{EmptySubscription, MergedObject};

/// What can be asked.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    group_query::GroupQuery,
    event_list::EventQuery,
    people_table::PeopleTables,
    profile_list::ProfileQuery,
    Analyses,
    limits::LimitsQuery,
);

/// What can be changed.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    group_mutation::GroupMutation,
    identify::ProfileMutation,
    membership::MembershipMutation,
    track::TrackMutation,
);

/// The schema with its limits.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Levels of selections in one document, at most. Standard introspection needs 13.
const DEPTH: usize = 20;

/// Fields in one document, fragments counted wherever they are spread, at most. Rows have a budget: [`cost`].
const COMPLEXITY: usize = 2_000;

/// Directives on one field, at most.
const DIRECTIVES: usize = 8;

/// Makes the schema. A request needs [`context::with_caller`] before it is executed.
#[must_use]
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_directives(DIRECTIVES)
        .finish()
}

/// The schema in the schema definition language, as `schema.graphql` keeps it.
#[must_use]
pub fn sdl() -> String {
    let options =
        async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    format!("{}\n", schema().sdl_with_options(options).trim_end())
}
