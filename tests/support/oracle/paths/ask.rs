//! `paths` asked: the question drawn, as a document, and the answer as JSON.

use super::{PathNode, PathsSpec, paths};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request};
use crate::support::oracle::draw::{any_unit, defaults, unsplit};
use crate::support::oracle::random::{Project, one};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = paths_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "paths", request, expected: answer_json(&answer) }
}

/// Most questions about an event that never happens are drawn again.
pub(super) fn paths_case(rng: &mut ChaCha8Rng, project: &Project) -> (PathsSpec, Vec<PathNode>) {
    loop {
        let spec = PathsSpec {
            event: one(rng, &["a", "a", "b", "c", "d", "screen_view", "never sent"]).to_owned(),
            backward: rng.random_bool(0.4),
            length: one(rng, &[1, 2, 3, 3, 3, 5, 10]),
            top: one(rng, &[1, 2, 2, 3, 5, 5, 50]),
            unit: any_unit(rng),
            common: unsplit(rng, project),
        };
        let answer = paths(&project.data, &spec);
        if answer.len() > 1 || rng.random_bool(0.1) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &PathsSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.event(Some(&spec.event));
    call.argument_unless_default("direction", if spec.backward { "BEFORE" } else { "AFTER" }, "AFTER");
    call.argument_unless_default("length", &spec.length.to_string(), "3");
    call.argument_unless_default("top", &spec.top.to_string(), "5");
    call.unit(&spec.unit);
    call.events(&spec.common);
    call.users(spec.common.reading);
    call.finish(
        "paths",
        "isAdditive totals { occurrences units } \
         nodes { id parentId depth event isOther occurrences units rateFromParent ended }",
    )
}

/// What `data.paths` must be.
fn answer_json(answer: &[PathNode]) -> Value {
    let node = |(id, node): (usize, &PathNode)| {
        json!({
            "id": id,
            "parentId": node.parent,
            "depth": node.depth,
            "event": node.event,
            "isOther": node.event.is_none(),
            "occurrences": node.occurrences,
            "units": node.units,
            "rateFromParent": node.rate_from_parent,
            "ended": node.ended,
        })
    };
    let (occurrences, units) = answer.first().map_or((0, 0), |node| (node.occurrences, node.units));
    json!({
        "isAdditive": false,
        "totals": {"occurrences": occurrences, "units": units},
        "nodes": answer.iter().enumerate().map(node).collect::<Vec<_>>(),
    })
}
