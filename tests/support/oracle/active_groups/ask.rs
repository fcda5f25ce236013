//! `activeGroups` asked: the question drawn, as a document, and the answer as JSON.

use super::{ActiveGroups, ActiveGroupsSpec, Activity, Totals, active_groups};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, quoted};
use crate::support::oracle::draw::{common, cuts, defaults, event, group_type};
use crate::support::oracle::json::{bucket_json, joined, page, row_json};
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Buckets of a drawn question, at most.
const MOST_BUCKETS: usize = 40;

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = active_groups_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "activeGroups", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about nobody are drawn again.
pub(super) fn active_groups_case(
    rng: &mut ChaCha8Rng,
    project: &Project,
) -> (ActiveGroupsSpec, ActiveGroups) {
    loop {
        let common = common(rng, project);
        let spec = ActiveGroupsSpec {
            group_type: group_type(rng),
            event: event(rng),
            calendar: cuts(rng, common.range(&project.data), MOST_BUCKETS),
            compare_previous: rng.random_bool(0.4),
            common,
        };
        let answer = active_groups(&project.data, &spec);
        if answer.whole.totals.groups > 0 || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &ActiveGroupsSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.event(spec.event.as_ref());
    call.common_without_users(&spec.common);
    call.argument_unless_default("comparePrevious", &spec.compare_previous.to_string(), "false");
    call.calendar(Some(spec.calendar));
    let totals = "groups newGroups events";
    let previous = if spec.compare_previous { format!("previous {{ {totals} }}") } else { String::new() };
    let buckets = format!(
        "buckets {{ bucket localDate isPartial {totals} groups1Day groups7Days groups30Days dauMauRate }}"
    );
    call.finish(
        "activeGroups",
        &format!(
            "isAdditive totals {{ {totals} }} {previous} {buckets} \
             rows {{ keys {{ name value }} group {{ id }} {totals} {buckets} }}"
        ),
    )
}

/// What `data.activeGroups` must be.
fn answer_json(answer: &ActiveGroups, spec: &ActiveGroupsSpec) -> Value {
    let row = |(values, activity): &_| {
        let mut fields = row_json(&spec.common.breakdown, values);
        fields.insert("buckets".to_owned(), buckets_json(activity));
        joined(fields, totals_json(&activity.totals))
    };
    let mut expected = json!({
        "isAdditive": false,
        "totals": totals_json(&answer.whole.totals),
        "buckets": buckets_json(&answer.whole),
        "rows": page(&answer.rows, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    });
    if let Some(previous) = &answer.previous {
        expected["previous"] = totals_json(previous);
    }
    expected
}

fn totals_json(totals: &Totals) -> Value {
    json!({"groups": totals.groups, "newGroups": totals.new_groups, "events": totals.events})
}

fn buckets_json(activity: &Activity) -> Value {
    let bucket = |bucket: &super::ActiveBucket| {
        let mut fields = bucket_json(&bucket.bucket);
        for (name, groups) in ["groups1Day", "groups7Days", "groups30Days"].into_iter().zip(bucket.rolling) {
            fields.insert(name.to_owned(), groups.into());
        }
        fields.insert("dauMauRate".to_owned(), bucket.dau_mau_rate.into());
        joined(fields, totals_json(&bucket.totals))
    };
    activity.buckets.iter().map(bucket).collect()
}
