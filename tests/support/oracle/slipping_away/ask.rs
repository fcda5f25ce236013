//! `slippingAway` asked: the question drawn, as a document, and the answer as JSON.

use super::{Measure, SlippingRow, SlippingSpec, slipping_away};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{defaults, event, group_type, unsplit};
use crate::support::oracle::json::page;
use crate::support::oracle::random::{Project, one};
use muster::domain::time::format_duration;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = slipping_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "slippingAway", request, expected: answer_json(&answer, &spec) }
}

/// Most questions in which no group has fallen are drawn again.
pub(super) fn slipping_case(rng: &mut ChaCha8Rng, project: &Project) -> (SlippingSpec, Vec<SlippingRow>) {
    loop {
        let fell_by = one(rng, &[None, Some(0.5), Some(0.5), Some(0.25), Some(0.3), Some(1.0), Some(0.01)]);
        let silent_for = project.timeline.grain * one(rng, &[1, 2, 3, 5, 10]);
        let common = unsplit(rng, project);
        let spec = SlippingSpec {
            group_type: group_type(rng),
            event: event(rng),
            measure: one(rng, &[Measure::Events, Measure::Users]),
            silent_for: (fell_by.is_none() || rng.random_bool(0.5)).then_some(silent_for),
            fell_by,
            common,
        };
        let answer = slipping_away(&project.data, &spec);
        if answer.iter().any(|row| row.has_fallen) || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &SlippingSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.event(spec.event.as_ref());
    let measure = if spec.measure == Measure::Events { "EVENTS" } else { "USERS" };
    call.argument_unless_default("measure", measure, "EVENTS");
    let fell_by = spec.fell_by.map_or_else(|| "null".to_owned(), |fell_by| fell_by.to_string());
    call.argument_unless_default("fellBy", &fell_by, "0.5");
    if let Some(silent_for) = spec.silent_for {
        call.argument("silentFor", &quoted(&format_duration(silent_for)));
    }
    call.events(&spec.common);
    call.users(spec.common.reading);
    call.first(spec.common.first);
    call.finish(
        "slippingAway",
        "isAdditive totals { groups fallen silent } rows { group { id } current previous change hasFallen \
         isSilent lastActiveAt silentDays members }",
    )
}

/// What `data.slippingAway` must be.
fn answer_json(answer: &[SlippingRow], spec: &SlippingSpec) -> Value {
    let row = |row: &SlippingRow| {
        json!({
            "group": {"id": row.group_id},
            "current": row.current,
            "previous": row.previous,
            "change": row.change,
            "hasFallen": row.has_fallen,
            "isSilent": row.is_silent,
            "lastActiveAt": instant(row.last_active_at),
            "silentDays": row.silent_days,
            "members": row.members,
        })
    };
    json!({
        "isAdditive": false,
        "totals": {
            "groups": answer.len(),
            "fallen": answer.iter().filter(|row| row.has_fallen).count(),
            "silent": answer.iter().filter(|row| row.is_silent).count(),
        },
        "rows": page(answer, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    })
}
