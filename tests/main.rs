//! The integration tests, one binary.

// Merged objects of the schema nest their types as deep as there are fields.
#![recursion_limit = "512"]
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

/// Each analysis against its definition.
mod analytics;
/// What somebody who means harm may try, each with its test.
mod attacks;
/// Bad input, each with its answer.
mod bad_input;
/// The commands, as child processes.
mod cli;
/// Clients of a project, and how often they may ask.
mod clients;
/// Cohorts as they are saved.
mod cohorts;
/// The operations that must run as they stand.
mod contract;
/// The pages for people, over real HTTP.
mod dashboard;
/// The demo, as a child process.
mod demo;
/// A distributed engine: real processes that are started, broken and compared.
mod distributed;
/// One verdict for each value, whatever door it comes through.
mod doors;
/// The fixture with answers worked out by hand.
mod fixture;
/// Groups through the schema.
mod graphql_groups;
/// Profiles, events and memberships through the schema.
mod graphql_people;
/// Real data with known answers.
mod helpdesk;
/// Transport: who is let in, what `/track` takes and answers, and the real SDK.
mod http;
/// Segments in object storage.
mod objects;
/// What operators see.
mod operations;
/// The examples of the documentation.
mod pages;
/// Whatever comes in has an answer that is no fault.
mod properties;
/// Programs of others: Apollo Client, urql, pandas, DuckDB, Superset's adapter and more.
mod real_clients;
/// Read replicas: what they answer, refuse and survive.
mod replica;
/// Saved queries: loading, typing, running.
mod saved;
/// A project's own saved queries.
mod saved_own;
/// Documents drawn from the schema.
mod schemathesis;
/// A server as a child process, for tests that need one.
mod server;
/// What is durable.
mod store;
/// What the tests stand on.
mod support;
/// What a server tells of its work.
mod telemetry;
/// The house rules that a compiler does not check.
mod tidy;
