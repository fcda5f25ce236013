//! The schema: its roots, its limits, and everything in it that is not an analysis.

pub mod context;
pub mod group;
pub mod known_group;
pub mod loader;
pub mod page;
pub mod profile;
