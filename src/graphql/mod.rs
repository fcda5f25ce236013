//! The schema: its roots, its limits, and everything in it that is not an analysis.

pub mod answers;
mod arguments;
pub mod client;
pub mod cohort;
pub mod context;
pub mod cost;
pub mod erasure;
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
pub mod live;
pub mod loader;
pub mod membership;
pub mod new_events;
mod nothing;
pub mod page;
pub mod people_loader;
pub mod people_table;
pub mod profile;
pub mod profile_list;
pub mod property_history;
pub mod run;
pub mod saved_query;
pub(crate) mod size;
pub mod storage;
pub mod track;
mod typename;
pub mod unparsed;

use crate::analytics::Analyses;
use crate::domain::limits::Limits;
use async_graphql::MergedObject;
use live::{Live, live_schema_within};

/// What can be asked.
#[derive(Debug, Default, MergedObject)]
pub struct Query(
    group_query::GroupQuery,
    event_list::EventQuery,
    people_table::PeopleTables,
    profile_list::ProfileQuery,
    Analyses,
    cohort::CohortQuery,
    saved_query::SavedQueryQuery,
    client::ClientQuery,
    erasure::ErasureQuery,
    storage::StorageQuery,
    limits::LimitsQuery,
);

/// What can be changed.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    group_mutation::GroupMutation,
    identify::ProfileMutation,
    membership::MembershipMutation,
    track::TrackMutation,
    cohort::CohortMutation,
    saved_query::SavedQueryMutation,
    client::ClientMutation,
    erasure::ErasureMutation,
);

/// The schema with its limits.
pub type Schema = async_graphql::Schema<Query, Mutation, Live>;

/// Makes the schema with the default limits. A request needs [`context::with_caller`] before it is executed.
#[must_use]
pub fn schema() -> Schema {
    schema_within(&Limits::default())
}

/// Makes the schema. It refuses documents that are larger than the limits; rows have a budget of their own: [`cost`].
#[must_use]
pub fn schema_within(limits: &Limits) -> Schema {
    Schema::build(Query::default(), Mutation::default(), Live::default())
        .limit_depth(limits.query_depth)
        .limit_complexity(limits.query_fields)
        .limit_directives(limits.query_directives)
        .data(limits.clone())
        .data(live_schema_within(limits))
        .finish()
}

/// The schema in the schema definition language, as `schema.graphql` keeps it.
#[must_use]
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    format!("{}\n", schema().sdl_with_options(options).trim_end())
}
