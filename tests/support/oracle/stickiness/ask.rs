//! `stickiness` asked: the question drawn, as a document, and the answer as JSON.

use super::{Distribution, Stickiness, StickinessSpec, stickiness};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request};
use crate::support::oracle::draw::{common, cuts, defaults, event, unit};
use crate::support::oracle::json::{joined, page, row_json};
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Periods of a drawn question, at most.
const MOST_PERIODS: usize = 60;

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = stickiness_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "stickiness", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about nobody are drawn again.
pub(super) fn stickiness_case(rng: &mut ChaCha8Rng, project: &Project) -> (StickinessSpec, Stickiness) {
    loop {
        let common = common(rng, project);
        let spec = StickinessSpec {
            event: event(rng),
            unit: unit(rng),
            cumulative: rng.random_bool(0.4),
            calendar: cuts(rng, common.range(&project.data), MOST_PERIODS),
            common,
        };
        let answer = stickiness(&project.data, &spec);
        if answer.whole.units > 0 || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &StickinessSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.event(spec.event.as_ref());
    call.unit(&spec.unit);
    call.argument_unless_default("cumulative", &spec.cumulative.to_string(), "false");
    call.common(&spec.common);
    call.calendar(Some(spec.calendar));
    let totals = "units events averagePeriods";
    let shares = "shares { periods units rate }";
    call.finish(
        "stickiness",
        &format!(
            "isAdditive totals {{ {totals} }} {shares} \
             rows {{ keys {{ name value }} group {{ id }} {totals} {shares} }}"
        ),
    )
}

/// What `data.stickiness` must be.
fn answer_json(answer: &Stickiness, spec: &StickinessSpec) -> Value {
    let row = |(values, shares): &_| {
        let mut fields = row_json(&spec.common.breakdown, values);
        fields.insert("shares".to_owned(), shares_json(shares));
        joined(fields, totals_json(shares))
    };
    json!({
        "isAdditive": false,
        "totals": totals_json(&answer.whole),
        "shares": shares_json(&answer.whole),
        "rows": page(&answer.rows, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    })
}

fn totals_json(shares: &Distribution) -> Value {
    json!({"units": shares.units, "events": shares.events, "averagePeriods": shares.average_periods})
}

fn shares_json(shares: &Distribution) -> Value {
    let share = |(index, (units, rate)): (usize, &(usize, Option<f64>))| json!({"periods": index + 1, "units": units, "rate": rate});
    shares.shares.iter().enumerate().map(share).collect()
}
