//! Transport, by address.

mod arguments;
mod audits;
mod auth;
mod graphql;
mod hostile;
mod pressure;
mod sdk;
mod serve;
mod track;
