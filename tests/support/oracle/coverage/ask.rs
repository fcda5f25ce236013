//! `coverage` asked: the question drawn, as a document, and the answer as JSON.

use super::{Carried, Coverage, CoverageSpec, coverage};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, quoted};
use crate::support::oracle::draw::{defaults, event, group_type, unsplit, zone};
use crate::support::oracle::json::{bucket_json, joined, page};
use crate::support::oracle::numbers::rate;
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = coverage_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "coverage", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about no event are drawn again.
pub(super) fn coverage_case(rng: &mut ChaCha8Rng, project: &Project) -> (CoverageSpec, Coverage) {
    loop {
        let common = unsplit(rng, project);
        let spec = CoverageSpec {
            group_type: rng.random_bool(0.5).then(|| group_type(rng)),
            event: event(rng),
            zone: zone(rng, common.range(&project.data)),
            common,
        };
        let answer = coverage(&project.data, &spec);
        if !answer.rows.is_empty() || rng.random_bool(0.1) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &CoverageSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    if let Some(group_type) = &spec.group_type {
        call.argument("groupType", &quoted(group_type));
    }
    call.event(spec.event.as_ref());
    call.events(&spec.common);
    call.argument_unless_default("timeZone", &quoted(spec.zone.name()), "\"UTC\"");
    call.first(spec.common.first);
    let carried = "events covered rate withoutEntity";
    call.finish(
        "coverage",
        &format!(
            "isAdditive totals {{ groupType {carried} }} rows {{ event groupType {carried} \
             days {{ bucket localDate isPartial {carried} }} }}"
        ),
    )
}

/// What `data.coverage` must be.
fn answer_json(answer: &Coverage, spec: &CoverageSpec) -> Value {
    let mut totals = Vec::new();
    for (group_type, carried) in &answer.totals {
        let mut expected = carried_json(carried);
        expected["groupType"] = json!(group_type);
        totals.push(expected);
    }
    let mut rows = Vec::new();
    for row in page(&answer.rows, spec.common.first) {
        let mut expected = carried_json(&row.carried);
        expected["event"] = json!(row.event);
        expected["groupType"] = json!(row.group_type);
        let days = row.days.iter().map(|(day, carried)| joined(bucket_json(day), carried_json(carried)));
        expected["days"] = days.collect();
        rows.push(expected);
    }
    json!({"isAdditive": false, "totals": totals, "rows": rows})
}

fn carried_json(carried: &Carried) -> Value {
    json!({
        "events": carried.events,
        "covered": carried.covered,
        "rate": rate(carried.covered, carried.events),
        "withoutEntity": carried.without_entity,
    })
}
