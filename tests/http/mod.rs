//! Transport, by address.

mod auth;
mod graphql;
mod hostile;
mod sdk;
mod serve;
mod track;
