//! The reference: what an analysis must answer, worked out by definition.
//!
//! Written from the product's definitions alone, sentence by sentence, over plain lists. It knows no SQL
//! and nothing of the code it checks, and it is slow on purpose: it tries every chain of events.
//!
//! * `data`: one project's data, as a list of writes and as what those writes mean.
//! * `scope`: whose event it is: users, attribution, ranges.
//! * `filter`: the filter tree and when it holds.
//! * `active`: `activeUsers`, with `active_rows` (its rows, with a breakdown or without).
//! * `funnel`: `funnel`, with `units` (which events a unit is walked over), `walk` (its best chain) and
//!   `rows` (the breakdown).
//! * `graphql`, `answer`: the same question as a GraphQL document, and the comparison of the answers.
//! * `random`, `random_specs`: seeded data sets and questions.
//! * `worked_*`: the reference itself, checked against examples worked by hand.
//!
//! A check of the server: make a case with [`random_specs::active_case`] or [`random_specs::funnel_case`],
//! send `data.writes` with the clock at `data.now`, ask [`graphql::active_request`] or
//! [`graphql::funnel_request`], and demand that [`answer::differences`] is empty.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the reference is test code; a broken case must stop it"
)]

pub(crate) mod active;
mod active_rows;
pub(crate) mod answer;
pub(crate) mod data;
pub(crate) mod filter;
pub(crate) mod funnel;
pub(crate) mod graphql;
pub(crate) mod random;
pub(crate) mod random_specs;
mod rows;
pub(crate) mod scope;
mod units;
mod walk;
mod worked;
mod worked_active;
mod worked_active_breakdown;
mod worked_breakdown;
mod worked_cases;
mod worked_filter;
mod worked_funnel;
