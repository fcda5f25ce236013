//! From bytes to exactly one outcome per event: decode, validate, enrich, dedupe, append.

pub mod device;
pub mod import;
mod increment;
mod publisher;
mod resolve;
mod sealer;
pub mod sessions;
mod wanted;
pub mod wire;
pub mod writer;
