//! What is durable.

mod broken;
mod commits;
mod damaged;
mod deadline;
mod durability;
mod order;
mod snapshots;
