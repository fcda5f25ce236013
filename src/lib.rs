//! Muster.
pub mod analytics;
pub mod app;
pub mod caller;
pub mod config;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod error;
pub mod graphql;
pub mod http;
pub mod ingest;
pub mod store;
