//! The reference: what an analysis must answer, worked out by definition.
//!
//! Written from the product's definitions alone, sentence by sentence, over plain lists. It knows no SQL
//! and nothing of the code it checks, and it is slow on purpose: it tries every chain of events.
//!
//! What all of it stands on:
//!
//! * `data`: one project's data, as a list of writes and as what those writes mean.
//! * `scope`: whose event it is: users, attribution, ranges. `filter`: the filter tree and when it holds.
//! * `units`: what is counted, and which events belong to each unit. `breakdown`: which row a unit belongs to.
//! * `numbers`: shares, changes, means, quantiles.
//! * `random`, `draw`: seeded data sets, and seeded arguments of questions.
//! * `document`, `filter_json`, `json`, `compare`: a question as a GraphQL document, pieces of its answer, and
//!   the comparison.
//! * `common`: the arguments that most analyses take. `case`: a question with the answer it must get.
//! * `shorthand`: for the examples worked by hand.
//!
//! `asked.graphql` has the fields that are asked and that the schema does not have yet, with their rulings.
//!
//! Each analysis is a folder: its definition, `ask` (the question drawn, as a document, and the answer as JSON)
//! and `worked*` (the reference itself, checked against examples worked by hand).
//!
//! A check of the server: draw a project and a case of an analysis, such as [`funnel::ask::case`], send
//! `data.writes` with the clock at `data.now`, ask, and demand that [`compare::differences`] is empty.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the reference is test code; a broken case must stop it"
)]

pub(crate) mod active;
pub(crate) mod active_groups;
pub(crate) mod adoption;
mod breakdown;
pub(crate) mod case;
pub(crate) mod cohort;
mod common;
pub(crate) mod compare;
pub(crate) mod coverage;
mod data;
pub(crate) mod document;
mod draw;
mod filter;
mod filter_json;
pub(crate) mod funnel;
pub(crate) mod journey;
mod json;
pub(crate) mod lifecycle;
pub(crate) mod names;
pub(crate) mod new_groups;
mod numbers;
pub(crate) mod paths;
pub(crate) mod random;
pub(crate) mod retention;
mod scope;
mod shorthand;
pub(crate) mod slipping_away;
pub(crate) mod stickiness;
pub(crate) mod trend;
mod units;
pub(crate) mod users_per_group;
mod worked_agreement;
mod worked_cases;
mod worked_filter;
