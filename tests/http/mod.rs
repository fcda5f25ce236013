//! Transport, by address.

mod auth;
mod graphql;
mod hostile;
mod pressure;
mod sdk;
mod serve;
mod track;
