//! What is durable.

mod deadline;
mod durability;
mod snapshots;
