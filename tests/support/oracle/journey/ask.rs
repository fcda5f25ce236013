//! `journey` asked: the question drawn, as a document, and the answer as JSON.

use super::{JourneySpec, JourneyStep, journey};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{deed, defaults, unsplit};
use crate::support::oracle::random::{GHOSTS, Project, one};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = journey_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "journey", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about a group that did nothing are drawn again.
pub(super) fn journey_case(rng: &mut ChaCha8Rng, project: &Project) -> (JourneySpec, Vec<JourneyStep>) {
    loop {
        let ids: Vec<String> = project.data.groups.keys().cloned().collect();
        let group_id = match rng.random_range(0..10) {
            0 => one(rng, &GHOSTS).to_owned(),
            1 if rng.random_bool(0.2) => "never seen".to_owned(),
            _ => one(rng, &ids),
        };
        let spec = JourneySpec {
            group_id,
            steps: (0..rng.random_range(1..=5)).map(|_| deed(rng, &project.data)).collect(),
            common: unsplit(rng, project),
        };
        let answer = journey(&project.data, &spec);
        if answer.iter().any(|step| step.events > 0) || rng.random_bool(0.1) {
            return (spec, answer);
        }
    }
}

/// The request.
fn request(spec: &JourneySpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    call.argument("groupId", &quoted(&spec.group_id));
    let steps: Vec<String> = spec.steps.iter().map(|step| format!("{{{}}}", call.deed(step))).collect();
    call.argument("steps", &format!("[{}]", steps.join(", ")));
    call.events(&spec.common);
    call.finish(
        "journey",
        "group { id } done next { step event } \
         steps { step event isDone firstAt profileId profile { id } events position }",
    )
}

/// What `data.journey` must be.
fn answer_json(answer: &[JourneyStep], spec: &JourneySpec) -> Value {
    let event = |step: usize| spec.steps[step].event.clone();
    let step = |(number, step): (usize, &JourneyStep)| {
        json!({
            "step": number + 1,
            "event": event(number),
            "isDone": step.first_at.is_some(),
            "firstAt": step.first_at.map(instant),
            "profileId": step.profile_id,
            "profile": step.profile_id.as_ref().map(|id| json!({"id": id})),
            "events": step.events,
            "position": step.position,
        })
    };
    let next = answer.iter().position(|step| step.first_at.is_none());
    json!({
        "group": {"id": spec.group_id},
        "done": answer.iter().filter(|step| step.first_at.is_some()).count(),
        "next": next.map(|step| json!({"step": step + 1, "event": event(step)})),
        "steps": answer.iter().enumerate().map(step).collect::<Vec<_>>(),
    })
}
