//! A drawn question with the answer it must get.

use super::document::Request;
use super::random::Project;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// One question about one project.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The root field that is asked.
    pub(crate) field: &'static str,
    /// The question.
    pub(crate) request: Request,
    /// What `data.{field}` must be.
    pub(crate) expected: Value,
}

/// Draws a case of one analysis.
pub(crate) type Draw = fn(&mut ChaCha8Rng, &Project) -> Case;
