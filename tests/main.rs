//! The integration tests, one binary.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

/// The command line, as processes.
mod cli;
/// Saved queries: files, addresses, commands.
mod saved;
/// The program as a child process.
mod server;
