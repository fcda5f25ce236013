//! From bytes to exactly one outcome per event: decode, validate, enrich, dedupe, append.

pub mod device;
mod resolve;
pub mod sessions;
pub mod wire;
pub mod writer;
