//! What is durable.

mod durability;
