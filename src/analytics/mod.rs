//! The questions customers ask, one pair of files each: definition, input, result, resolver and decoder in the
//! `.rs`, the question itself in the `.sql` beside it.

pub mod activity;
pub mod count;
pub mod filter;
pub mod group_metrics;
pub mod member_growth;
pub mod of_group;
pub mod scalars;
pub mod top_events;
pub mod top_paths;
