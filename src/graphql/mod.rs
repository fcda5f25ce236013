//! The schema: its roots, its limits, and everything in it that is not an analysis.

pub mod page;
