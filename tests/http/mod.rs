//! Transport, by address.

mod auth;
mod graphql;
mod sdk;
mod track;
