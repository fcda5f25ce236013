//! Muster.
pub mod analytics;
pub mod caller;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod error;
pub mod graphql;
pub mod ingest;
pub mod store;
