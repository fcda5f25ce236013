//! What the tests stand on.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod house;
pub(crate) mod not_run;
pub(crate) mod oracle;
pub(crate) mod schema;
pub(crate) mod socket;
