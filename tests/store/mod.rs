//! What is durable.

mod deadline;
mod durability;
mod order;
mod snapshots;
