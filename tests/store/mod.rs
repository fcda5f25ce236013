//! What is durable.

mod backup;
mod broken;
mod commits;
mod damaged;
mod deadline;
pub(crate) mod durability;
pub(crate) mod erasure;
mod export;
mod formats;
#[cfg(target_os = "linux")]
mod full_disk;
mod large;
mod order;
mod sealing;
mod snapshots;
