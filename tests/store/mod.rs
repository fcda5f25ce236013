//! What is durable.

mod broken;
mod commits;
mod deadline;
mod durability;
mod order;
mod snapshots;
