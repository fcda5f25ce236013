//! Each analysis against the reference by definition, over seeded random data.

pub(crate) mod against_reference;
mod flat;
mod journeys;
mod ladder;
mod listings;
mod occasions;
mod sources;
