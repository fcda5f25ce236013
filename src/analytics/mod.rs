//! The questions customers ask, one pair of files each: definition, input, result, resolver and decoder in the
//! `.rs`, the question itself in the `.sql` beside it.

pub mod active;
pub mod active_groups;
pub mod activity;
pub mod adoption;
pub mod bits;
pub mod breakdown;
pub mod cohort;
pub mod count;
pub mod counting;
pub mod coverage;
pub mod filter;
pub mod flat;
pub mod funnel;
pub mod group_metrics;
pub mod hint;
pub mod journey;
pub mod keys;
pub mod lifecycle;
pub mod listing;
pub mod lives;
pub mod masks;
pub mod member_growth;
pub mod names;
pub mod new_groups;
pub mod numbers;
pub mod of_group;
pub mod operators;
pub mod pages;
pub mod paths;
pub mod retention;
pub mod scalars;
pub mod slices;
pub mod slipping_away;
pub mod stickiness;
pub mod together;
pub mod top_events;
pub mod top_paths;
pub mod trend;
pub mod unit;
pub mod users_per_group;
pub mod why_empty;

use async_graphql::MergedObject;

/// The root fields of all analyses.
#[derive(Debug, Default, MergedObject)]
pub struct Analyses(
    GroupLists,
    active::ActiveQuery,
    active_groups::ActiveGroupsQuery,
    coverage::CoverageQuery,
    funnel::FunnelQuery,
    lifecycle::LifecycleQuery,
    names::NamesQuery,
    paths::PathsQuery,
    retention::RetentionQuery,
    stickiness::StickinessQuery,
    trend::TrendQuery,
    users_per_group::UsersPerGroupQuery,
    why_empty::WhyEmptyQuery,
);

/// The root fields of lists of groups, and of how far one group has come.
#[derive(Debug, Default, MergedObject)]
pub struct GroupLists(
    adoption::AdoptionQuery,
    journey::JourneyQuery,
    new_groups::NewGroupsQuery,
    slipping_away::SlippingAwayQuery,
);
