//! The questions customers ask, one pair of files each: definition, input, result, resolver and decoder in the
//! `.rs`, the question itself in the `.sql` beside it.

pub mod count;
pub mod filter;
pub mod of_group;
pub mod scalars;
