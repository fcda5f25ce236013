//! The integration tests, one binary.

/// Each analysis against its definition.
mod analytics;
/// What the tests stand on.
mod support;
