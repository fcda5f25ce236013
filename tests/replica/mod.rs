//! Read replicas: what they answer, refuse and survive.

mod bucket;
mod corpus;
mod erased;
mod failures;
mod follows;
mod killed;
mod refused;
mod steps;
mod world;
