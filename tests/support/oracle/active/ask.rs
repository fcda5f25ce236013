//! `activeUsers` asked: the question drawn, as a document, and the answer as JSON.

use super::{ActiveSpec, ActiveUsers, active_users};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{
    calendar, defaults, distinct_breakdowns, filter, first, group_type, reading, span,
};
use crate::support::oracle::json::{keys, page};
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = active_case(rng, project);
    let request = active_request(&spec, defaults(rng));
    Case { field: "activeUsers", request, expected: active_json(&answer, spec.first) }
}

/// A question for `activeUsers` and its answer. Most of those without a row are drawn again.
pub(crate) fn active_case(rng: &mut ChaCha8Rng, project: &Project) -> (ActiveSpec, ActiveUsers) {
    loop {
        let span = span(rng, project);
        let spec = ActiveSpec {
            group_type: group_type(rng),
            breakdown: distinct_breakdowns(rng, &project.data),
            span,
            filter: rng.random_bool(0.6).then(|| filter(rng, &project.data, 2)),
            reading: reading(rng, span.range(project.data.now).to()),
            calendar: calendar(rng, span.range(project.data.now)),
            first: first(rng),
        };
        let answer = active_users(&project.data, &spec);
        if !answer.rows.is_empty() || rng.random_bool(0.2) {
            return (spec, answer);
        }
    }
}

/// The request for `activeUsers`.
pub(crate) fn active_request(spec: &ActiveSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.breakdown(&spec.breakdown);
    call.span(spec.span);
    call.filter_argument(spec.filter.as_ref());
    call.reading(spec.reading);
    call.calendar(spec.calendar);
    call.first(spec.first);
    let keys = if spec.breakdown.is_empty() { "" } else { "keys { name value }" };
    let buckets = if spec.calendar.is_some() {
        "buckets { bucket localDate isPartial activeUsers events }"
    } else {
        ""
    };
    call.finish(
        "activeUsers",
        &format!(
            "isAdditive totals {{ groups activeUsers events firstAt lastAt }} \
             rows {{ group {{ id }} {keys} activeUsers events lastActiveAt change }} {buckets}"
        ),
    )
}

/// What `data.activeUsers` must be.
pub(crate) fn active_json(answer: &ActiveUsers, first: Option<usize>) -> Value {
    let rows: Vec<Value> = page(&answer.rows, first)
        .iter()
        .map(|row| {
            let mut expected = json!({
                "group": {"id": row.group_id},
                "activeUsers": row.active_users,
                "events": row.events,
                "lastActiveAt": instant(row.last_active_at),
                "change": row.change,
            });
            if !answer.breakdown.is_empty() {
                expected["keys"] = keys(&answer.breakdown, &row.values);
            }
            expected
        })
        .collect();
    let totals = &answer.totals;
    let mut expected = json!({
        "isAdditive": false,
        "totals": {
            "groups": totals.groups,
            "activeUsers": totals.active_users,
            "events": totals.events,
            "firstAt": totals.first_at.map(instant),
            "lastAt": totals.last_at.map(instant),
        },
        "rows": rows,
    });
    if let Some(buckets) = &answer.buckets {
        expected["buckets"] = buckets
            .iter()
            .map(|bucket| {
                json!({
                    "bucket": instant(bucket.start),
                    "localDate": bucket.local_date.to_string(),
                    "isPartial": bucket.is_partial,
                    "activeUsers": bucket.active_users,
                    "events": bucket.events,
                })
            })
            .collect();
    }
    expected
}
