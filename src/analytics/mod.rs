//! The questions customers ask, one pair of files each: definition, input, result, resolver and decoder in the
//! `.rs`, the question itself in the `.sql` beside it.

pub mod active;
pub mod breakdown;
pub mod count;
pub mod filter;
pub mod flat;
pub mod funnel;
pub mod of_group;
pub mod scalars;
