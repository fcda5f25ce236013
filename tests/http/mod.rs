//! Transport, by address.

mod arguments;
mod audits;
mod auth;
mod documents;
mod graphql;
mod hostile;
mod page;
mod pressure;
mod sdk;
mod serve;
mod tables;
mod track;
