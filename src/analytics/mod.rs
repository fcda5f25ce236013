//! The questions customers ask, one pair of files each: definition, input, result, resolver and decoder in the
//! `.rs`, the question itself in the `.sql` beside it.

pub mod filter;
pub mod scalars;
