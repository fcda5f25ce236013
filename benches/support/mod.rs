//! What the benchmark is made of.
//!
//! ```text
//! plan -> dataset (files) -> import (a data folder) -> server (a child process)
//!                                                       <- asking | ingest | together | tenants, over HTTP
//! ```

pub(crate) mod asking;
pub(crate) mod client;
pub(crate) mod dataset;
pub(crate) mod decoding;
pub(crate) mod documents;
pub(crate) mod figures;
pub(crate) mod folder;
pub(crate) mod freshness;
pub(crate) mod import;
pub(crate) mod ingest;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod machine;
pub(crate) mod met;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod sealing;
pub(crate) mod server;
pub(crate) mod tenants;
pub(crate) mod together;

/// What may go wrong ends the benchmark with a line.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
