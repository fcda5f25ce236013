//! The integration tests, one binary.

/// Transport: who is let in, what `/track` takes and answers, and the real SDK.
mod http;
/// What is durable.
mod store;
/// What the tests stand on.
mod support;
