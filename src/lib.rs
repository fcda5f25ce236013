//! Muster.
pub mod analytics;
pub mod caller;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod error;
pub mod graphql;
pub mod ingest;
pub mod operator;
pub mod saved;
pub mod store;
pub mod tabular;
