//! The integration tests, one binary.

/// Each analysis against its definition.
mod analytics;
/// Groups through the schema.
mod graphql_groups;
/// Profiles, events and memberships through the schema.
mod graphql_people;
/// What the tests stand on.
mod support;
/// The house rules that a compiler does not check.
mod tidy;
