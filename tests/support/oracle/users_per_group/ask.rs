//! `usersPerGroup` asked: the question drawn, as a document, and the answer as JSON.

use super::{Crowd, Shares, UsersPerGroup, UsersPerGroupSpec, users_per_group};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, quoted};
use crate::support::oracle::draw::{calendar, common, defaults, event, group_type};
use crate::support::oracle::json::{bucket_json, joined, page, row_json};
use crate::support::oracle::random::Project;
use muster::domain::time::Bucket;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = users_per_group_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "usersPerGroup", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about no group are drawn again.
pub(super) fn users_per_group_case(
    rng: &mut ChaCha8Rng,
    project: &Project,
) -> (UsersPerGroupSpec, UsersPerGroup) {
    loop {
        let common = common(rng, project);
        let spec = UsersPerGroupSpec {
            group_type: group_type(rng),
            event: event(rng),
            cumulative: rng.random_bool(0.4),
            calendar: calendar(rng, common.range(&project.data)),
            common,
        };
        let answer = users_per_group(&project.data, &spec);
        if answer.whole.totals.groups > 0 || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &UsersPerGroupSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.event(spec.event.as_ref());
    call.argument_unless_default("cumulative", &spec.cumulative.to_string(), "false");
    call.common(&spec.common);
    call.calendar(spec.calendar);
    let shares = "shares { users groups rate }";
    let buckets = if spec.calendar.is_some() {
        format!("buckets {{ bucket localDate isPartial groups averageUsers medianUsers {shares} }}")
    } else {
        String::new()
    };
    let totals = "groups events averageUsers medianUsers";
    call.finish(
        "usersPerGroup",
        &format!(
            "isAdditive totals {{ {totals} }} {shares} {buckets} \
             rows {{ keys {{ name value }} group {{ id }} {totals} {shares} {buckets} }}"
        ),
    )
}

/// What `data.usersPerGroup` must be.
fn answer_json(answer: &UsersPerGroup, spec: &UsersPerGroupSpec) -> Value {
    let row = |(values, crowd): &_| {
        let mut fields = row_json(&spec.common.breakdown, values);
        fields.extend(over_time(crowd));
        joined(fields, totals_json(&crowd.totals))
    };
    let rows: Vec<Value> = page(&answer.rows, spec.common.first).iter().map(row).collect();
    let totals = totals_json(&answer.whole.totals);
    joined(over_time(&answer.whole), json!({"isAdditive": false, "totals": totals, "rows": rows}))
}

fn over_time(crowd: &Crowd) -> Map<String, Value> {
    let mut fields = Map::from_iter([("shares".to_owned(), shares_json(&crowd.totals))]);
    if let Some(buckets) = &crowd.buckets {
        let bucket = |(bucket, shares): &(Bucket, Shares)| {
            let more = json!({
                "groups": shares.groups,
                "averageUsers": shares.average_users,
                "medianUsers": shares.median_users,
                "shares": shares_json(shares),
            });
            joined(bucket_json(bucket), more)
        };
        fields.insert("buckets".to_owned(), buckets.iter().map(bucket).collect());
    }
    fields
}

fn totals_json(shares: &Shares) -> Value {
    json!({
        "groups": shares.groups,
        "events": shares.events,
        "averageUsers": shares.average_users,
        "medianUsers": shares.median_users,
    })
}

fn shares_json(shares: &Shares) -> Value {
    let share =
        |(users, groups, rate): &(usize, usize, f64)| json!({"users": users, "groups": groups, "rate": rate});
    shares.by_users.iter().map(share).collect()
}
