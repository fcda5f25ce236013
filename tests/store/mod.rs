//! What is durable.

mod durability;
mod snapshots;
