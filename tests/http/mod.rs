//! Transport, by address.

mod answers;
mod arguments;
mod audits;
mod auth;
mod cost;
mod documents;
mod graphql;
mod hostile;
mod live;
mod page;
mod pressure;
pub(crate) mod sdk;
mod serve;
mod tables;
mod tls;
mod track;
