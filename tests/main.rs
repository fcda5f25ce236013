//! Everything that is tested from outside, in one binary: DuckDB is heavy to link.

/// The command line, as processes.
mod cli;
/// Saved queries: files, addresses, commands.
mod saved;
/// The program as a child process.
mod server;
