//! `newGroups` asked: the question drawn, as a document, and the answer as JSON.

use super::{NewGroup, NewGroups, NewGroupsSpec, new_groups};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{defaults, event, group_type, unsplit};
use crate::support::oracle::json::page;
use crate::support::oracle::random::Project;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = new_groups_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "newGroups", request, expected: answer_json(&answer, &spec) }
}

/// Most questions that no group is new in are drawn again.
pub(super) fn new_groups_case(rng: &mut ChaCha8Rng, project: &Project) -> (NewGroupsSpec, NewGroups) {
    loop {
        let spec =
            NewGroupsSpec { group_type: group_type(rng), event: event(rng), common: unsplit(rng, project) };
        let answer = new_groups(&project.data, &spec);
        if !answer.rows.is_empty() || rng.random_bool(0.1) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &NewGroupsSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.event(spec.event.as_ref());
    call.events(&spec.common);
    call.users(spec.common.reading);
    call.first(spec.common.first);
    call.finish(
        "newGroups",
        "isAdditive totals { groups activeUsers events } \
         rows { group { id } firstActiveAt lastActiveAt activeUsers events members }",
    )
}

/// What `data.newGroups` must be.
fn answer_json(answer: &NewGroups, spec: &NewGroupsSpec) -> Value {
    let row = |row: &NewGroup| {
        json!({
            "group": {"id": row.group_id},
            "firstActiveAt": instant(row.first_active_at),
            "lastActiveAt": instant(row.last_active_at),
            "activeUsers": row.active_users,
            "events": row.events,
            "members": row.members,
        })
    };
    let (groups, users) = (answer.rows.len(), answer.active_users);
    json!({
        "isAdditive": false,
        "totals": {"groups": groups, "activeUsers": users, "events": answer.events},
        "rows": page(&answer.rows, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    })
}
