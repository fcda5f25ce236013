//! Transport, by address.

mod auth;
mod graphql;
mod sdk;
mod serve;
mod track;
