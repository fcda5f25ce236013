//! `lifecycle` asked: the question drawn, as a document, and the answer as JSON.

use super::{Lifecycle, LifecycleSpec, Stages, lifecycle};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request};
use crate::support::oracle::draw::{common, cuts, defaults, event, unit};
use crate::support::oracle::json::{bucket_json, joined, page, row_json};
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Buckets of a drawn question, at most.
const MOST_BUCKETS: usize = 40;

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = lifecycle_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "lifecycle", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about nobody are drawn again.
pub(super) fn lifecycle_case(rng: &mut ChaCha8Rng, project: &Project) -> (LifecycleSpec, Lifecycle) {
    loop {
        let common = common(rng, project);
        let spec = LifecycleSpec {
            event: event(rng),
            unit: unit(rng),
            calendar: cuts(rng, common.range(&project.data), MOST_BUCKETS),
            common,
        };
        let answer = lifecycle(&project.data, &spec);
        if answer.whole.units > 0 || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &LifecycleSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.event(spec.event.as_ref());
    call.unit(&spec.unit);
    call.common(&spec.common);
    call.calendar(Some(spec.calendar));
    let buckets = "buckets { bucket localDate isPartial new returning resurrecting dormant }";
    call.finish(
        "lifecycle",
        &format!(
            "isAdditive totals {{ units new events }} {buckets} \
             rows {{ keys {{ name value }} group {{ id }} units new events {buckets} }}"
        ),
    )
}

/// What `data.lifecycle` must be.
fn answer_json(answer: &Lifecycle, spec: &LifecycleSpec) -> Value {
    let row = |(values, stages): &_| {
        let mut fields = row_json(&spec.common.breakdown, values);
        fields.insert("buckets".to_owned(), buckets_json(stages));
        joined(fields, totals_json(stages))
    };
    json!({
        "isAdditive": false,
        "totals": totals_json(&answer.whole),
        "buckets": buckets_json(&answer.whole),
        "rows": page(&answer.rows, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    })
}

fn totals_json(stages: &Stages) -> Value {
    json!({"units": stages.units, "new": stages.new, "events": stages.events})
}

fn buckets_json(stages: &Stages) -> Value {
    stages
        .buckets
        .iter()
        .map(|stage| {
            joined(
                bucket_json(&stage.bucket),
                json!({
                    "new": stage.new,
                    "returning": stage.returning,
                    "resurrecting": stage.resurrecting,
                    "dormant": stage.dormant,
                }),
            )
        })
        .collect()
}
