//! `adoption` asked: the question drawn, as a document, and the answer as JSON.

use super::{Adoption, AdoptionSpec, adoption};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{defaults, group_type, path, unsplit};
use crate::support::oracle::filter::Path;
use crate::support::oracle::json::page;
use crate::support::oracle::random::{Project, one};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = adoption_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "adoption", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about an event that never happens are drawn again.
pub(super) fn adoption_case(rng: &mut ChaCha8Rng, project: &Project) -> (AdoptionSpec, Adoption) {
    loop {
        let amount = || Path::new(&["amount"]);
        let seats = if rng.random_bool(0.6) { amount() } else { path(rng) };
        let spec = AdoptionSpec {
            group_type: group_type(rng),
            event: one(rng, &["a", "a", "a", "b", "b", "c", "d", "never sent"]).to_owned(),
            seats: rng.random_bool(0.7).then_some(seats),
            common: unsplit(rng, project),
        };
        let answer = adoption(&project.data, &spec);
        if answer.totals.events > 0 || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &AdoptionSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupType", &quoted(&spec.group_type));
    call.event(Some(&spec.event));
    if let Some(seats) = &spec.seats {
        call.argument("seats", &quoted(&seats.dotted()));
    }
    call.events(&spec.common);
    call.users(spec.common.reading);
    call.first(spec.common.first);
    call.finish(
        "adoption",
        "isAdditive totals { groups adoptingGroups members activeMembers adoptionRate activeUsers events \
         medianDaysToFirstUse } rows { group { id } members activeMembers adoptionRate activeUsers events \
         eventsPerUser firstUsedAt daysToFirstUse seats seatUtilisation }",
    )
}

/// What `data.adoption` must be.
fn answer_json(answer: &Adoption, spec: &AdoptionSpec) -> Value {
    let row = |row: &super::AdoptionRow| {
        json!({
            "group": {"id": row.group_id},
            "members": row.members,
            "activeMembers": row.active_members,
            "adoptionRate": row.adoption_rate,
            "activeUsers": row.active_users,
            "events": row.events,
            "eventsPerUser": row.events_per_user,
            "firstUsedAt": row.first_used_at.map(instant),
            "daysToFirstUse": row.days_to_first_use,
            "seats": row.seats,
            "seatUtilisation": row.seat_utilisation,
        })
    };
    let totals = &answer.totals;
    json!({
        "isAdditive": false,
        "totals": {
            "groups": totals.groups,
            "adoptingGroups": totals.adopting_groups,
            "members": totals.members,
            "activeMembers": totals.active_members,
            "adoptionRate": totals.adoption_rate,
            "activeUsers": totals.active_users,
            "events": totals.events,
            "medianDaysToFirstUse": totals.median_days_to_first_use,
        },
        "rows": page(&answer.rows, spec.common.first).iter().map(row).collect::<Vec<_>>(),
    })
}
