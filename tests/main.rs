//! The integration tests, one binary.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

/// Transport: who is let in, what `/track` takes and answers, and the real SDK.
mod http;
/// What is durable.
mod store;
/// What the tests stand on.
mod support;
