//! What is durable.

mod commits;
mod deadline;
mod durability;
mod snapshots;
