//! Muster: group analytics. Events come in from OpenPanel SDKs or GraphQL, are kept as Parquet, and are answered
//! over GraphQL by an embedded DuckDB.
//!
//! # The map
//!
//! ```text
//! write:  http/track | graphql mutation | import -> ingest (resolve) -> ingest/writer (group commit) -> store (log) ~> store/segment (Parquet)
//! read :  http/graphql | saved query | dashboard | cli query -> graphql + analytics -> engine (scope + X.sql) -> Arrow -> decode -> GraphQL or a flat format
//! ```
//!
//! | room | what for |
//! |---|---|
//! | [`domain`] | what the business means: events, groups, time, limits; no IO, SQL or GraphQL |
//! | [`store`] | what is durable: the log, the catalog, segments, snapshots |
//! | [`engine`] | SQL in, Arrow out; the scope, the only tenancy, time, filter and attribution predicates |
//! | [`ingest`] | bytes to exactly one outcome per event: wire, import, resolve, the writer |
//! | [`directory`] | who may come in: projects, clients and their secrets, how often they may ask |
//! | [`caller`] | who asks, with what right; the one way from a request to the data and back |
//! | [`tabular`] | any answer with rows as a flat table |
//! | [`analytics`], [`graphql`], [`saved`] | the schema: questions, each a pair of `.rs` and `.sql`; entities, lists, mutations; saved queries by name |
//! | [`demo`] | a seeded company's worth of data |
//! | [`app`], [`config`] | what is opened at start, in which order |
//! | [`dashboard`] | pages for people: saved queries run through the schema, and drawn |
//! | [`http`] | transport only: routes, credentials, statuses |
//! | [`operator`] | the operator's door: what the command line asks of a server that holds the folder |
//! | [`cli`] | the commands |
//!
//! Imports go downwards in this order; `tests/tidy.rs` checks it.
//!
//! # An event's life
//!
//! 1. `http/track.rs` asks the [`directory`] about the credentials and hands the body to `ingest/wire`, which makes a
//!    [`domain::write::Write`] of it or says what is wrong.
//! 2. [`caller::Caller::write`] checks the right and queues it for `ingest/writer.rs`, which takes all that waits.
//! 3. `ingest/resolve` decides what it means against what is stored: duplicate or new, which session.
//! 4. [`store::Appender::append`] writes one frame to the log and syncs it, then adds the rows to the hot tables
//!    and publishes a snapshot that includes them. Now it is acknowledged.
//! 5. A full generation is sealed off the request path: `store/seal.rs` writes a Parquet file and the tables derived
//!    from it, the catalog lists it, the log file goes. Small segments are compacted to larger ones.
//!    Where there is object storage, `store/published/` puts the new instant there, and read replicas follow it.
//! 6. Hot tables and replaced files go when the last snapshot that lists them is gone.
//!
//! # A query's life
//!
//! 1. `http/graphql.rs` makes a [`caller::Caller`]: project, right, one instant of the store.
//! 2. A resolver, say `analytics/active.rs`, reads its arguments into a [`engine::scope::Scope`]. Cohorts it names are
//!    worked out first, once for the request (`caller/cohorts.rs`, [`engine::cohort`]).
//! 3. [`engine::Engine::run`] puts the scope's relations before the constant text of `active.sql`.
//! 4. `engine/scope/source.rs` picks the cheapest exact source: daily sums, events placed in groups, or whole events;
//!    DuckDB runs it over the snapshot's sealed and hot rows, within a permit and a deadline.
//!    Where there is a distributed engine and the question is large, [`engine::remote`] has it compute the sealed rows first.
//! 5. Arrow comes back; the resolver decodes columns by name.
//! 6. Nested fields of a page are gathered by `graphql/loader.rs`: one statement per kind.
//!
//! # Invariants
//!
//! | | invariant | guard |
//! |---|---|---|
//! | I1 | an acknowledged write survives `kill -9` | `tests/store/durability.rs` kills a server, many times |
//! | I2 | each received event ends in exactly one [`domain::event::Outcome`] | `#[must_use]`, `tests/graphql_people.rs` |
//! | I3 | only `engine/scope` writes a project, time, filter or attribution predicate | `tests/tidy.rs`; two projects with the same ids in the fixtures |
//! | I4 | a query sees one instant: hot rows and segments of one snapshot | `tests/store/snapshots.rs` seals and compacts during queries |
//! | I5 | segment files are never modified; deleted only when no snapshot lists them | numbered stories in `store/snapshot.rs` |
//! | I6 | ranges are half-open; storage is UTC; zones act only when bucketing | boundary and DST tests |
//! | I7 | blocking DuckDB work runs only in the engine, the store and the writer thread | `tests/tidy.rs` |
//! | I8 | time comes from [`domain::time::Clock`] | clippy's disallowed methods |
//! | I9 | `domain` has no serde derives and no GraphQL | `tests/tidy.rs` |
//! | I10 | no `unsafe` | lint |
//! | I11 | every source of an answer gives the same one | `tests/analytics/sources.rs`, and the reference is asked against each |
//! | I12 | whoever computes an answer, it is the same one | `tests/distributed/`: the reference is asked against a cluster, which is broken in every way there is |
//! | I13 | a replica answers as the primary did at one instant, and writes nothing | `tests/replica/` |

// Merged objects of the schema nest their types as deep as there are fields.
#![recursion_limit = "512"]

pub mod domain;
pub mod store;

pub mod engine;

pub mod ingest;

pub mod caller;
pub mod directory;
pub mod error;

pub mod tabular;

pub mod analytics;
pub mod graphql;
pub mod saved;

pub mod demo;

pub mod app;
pub mod config;

pub mod dashboard;
pub mod http;
pub mod operator;

pub mod cli;
