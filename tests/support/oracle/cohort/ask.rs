//! Cohorts drawn, saved and asked.

use super::{Cohort, Done, Own, Rule, When};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, instant, quoted};
use crate::support::oracle::draw::{deed, defaults, filter, group_type, operator, path, reading, span};
use crate::support::oracle::filter::{Deed, GroupField, ProfileField};
use crate::support::oracle::filter_json::{filter_json, operator_json, profile_field};
use crate::support::oracle::random::{Project, one, scalar};
use crate::support::oracle::scope::{GroupProperties, Reading, Users};
use chrono::Duration;
use muster::domain::time::format_duration;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Draws a project's cohorts; no rule of theirs names a cohort.
pub(crate) fn cohorts(rng: &mut ChaCha8Rng, project: &Project) -> Vec<Arc<Cohort>> {
    let draw = |n| {
        let group_type = rng.random_bool(0.5).then(|| group_type(rng));
        let rule = rule(rng, project, group_type.is_some(), 2);
        Arc::new(Cohort { id: format!("k{n}"), name: format!("Cohort {n}"), group_type, rule })
    };
    (1..=4).map(draw).collect()
}

fn rule(rng: &mut ChaCha8Rng, project: &Project, of_groups: bool, levels: u32) -> Rule {
    let list = |rng: &mut ChaCha8Rng| {
        (0..rng.random_range(0..=3)).map(|_| rule(rng, project, of_groups, levels - 1)).collect::<Vec<_>>()
    };
    match rng.random_range(0..12) {
        0 if levels > 0 => Rule::And(list(rng)),
        1 if levels > 0 => Rule::Or(list(rng)),
        2 if levels > 0 => Rule::Not(Box::new(rule(rng, project, of_groups, levels - 1))),
        3 => Rule::Ids(ids(rng, project, of_groups)),
        4..=7 => {
            let own = own(rng, of_groups);
            let value = match own {
                Own::Property(_) => scalar(rng),
                Own::ProfileField(_) => one(rng, &["u1", "u2", "ada", "bo@acme.example"]).into(),
                Own::GroupField(_) => one(rng, &["Acme", "acme", "w1", "Über"]).into(),
            };
            Rule::Own(own, operator(rng, value))
        }
        _ => Rule::Done(done(rng, project)),
    }
}

fn own(rng: &mut ChaCha8Rng, of_groups: bool) -> Own {
    use ProfileField::{Avatar, Email, FirstName, Id, LastName};
    match (rng.random_bool(0.7), of_groups) {
        (true, _) => Own::Property(path(rng)),
        (false, true) => Own::GroupField(one(rng, &[GroupField::Id, GroupField::Name])),
        (false, false) => Own::ProfileField(one(rng, &[Id, Email, FirstName, LastName, Avatar])),
    }
}

fn ids(rng: &mut ChaCha8Rng, project: &Project, of_groups: bool) -> Vec<String> {
    let known: Vec<String> = if of_groups {
        project.data.groups.keys().cloned().collect()
    } else {
        (1..9).map(|n| format!("u{n}")).collect()
    };
    (0..rng.random_range(0..4))
        .map(|_| if rng.random_bool(0.1) { "nobody".to_owned() } else { one(rng, &known) })
        .collect()
}

fn done(rng: &mut ChaCha8Rng, project: &Project) -> Done {
    let any = Deed { event: None, filter: rng.random_bool(0.3).then(|| filter(rng, &project.data, 1)) };
    let deed = if rng.random_bool(0.3) { any } else { deed(rng, &project.data) };
    let (at_least, at_most) = match rng.random_range(0..6) {
        0..=2 => (Some(one(rng, &[0, 1, 1, 2, 3])), None),
        3 | 4 => (None, Some(one(rng, &[0, 0, 1, 3]))),
        _ => (Some(1), Some(one(rng, &[1, 2, 5]))),
    };
    let timeline = &project.timeline;
    let when = match rng.random_range(0..4) {
        0 => When::Last((timeline.grain * one(rng, &[1, 3, 10])).max(Duration::seconds(1))),
        1 => When::Range(span(rng, project).range(project.data.now)),
        _ => When::Ever,
    };
    Done { deed, at_least, at_most, when }
}

/// The mutation that saves a cohort.
pub(crate) const SAVE: &str =
    "mutation($input: SaveCohortInput!) { saveCohort(input: $input) { cohort { id rule } } }";

/// A cohort as `SaveCohortInput`.
pub(crate) fn save_json(cohort: &Cohort) -> Value {
    let unit = match &cohort.group_type {
        None => json!({"kind": "PROFILE"}),
        Some(group_type) => json!({"kind": "GROUP", "groupType": group_type}),
    };
    json!({"id": cohort.id, "name": cohort.name, "unit": unit, "rule": rule_json(&cohort.rule)})
}

/// A rule as `CohortRuleInput`.
pub(crate) fn rule_json(rule: &Rule) -> Value {
    let list = |rules: &[Rule]| rules.iter().map(rule_json).collect::<Vec<_>>();
    match rule {
        Rule::And(rules) => json!({"and": list(rules)}),
        Rule::Or(rules) => json!({"or": list(rules)}),
        Rule::Not(rule) => json!({"not": rule_json(rule)}),
        Rule::Ids(ids) => json!({"ids": ids}),
        Rule::Own(own, operator) => {
            let mut test = Map::new();
            let (key, value) = match own {
                Own::Property(path) => ("property", path.dotted()),
                Own::ProfileField(field) => ("profileField", profile_field(*field).to_owned()),
                Own::GroupField(GroupField::Id) => ("groupField", "ID".to_owned()),
                Own::GroupField(GroupField::Name) => ("groupField", "NAME".to_owned()),
            };
            test.insert(key.to_owned(), value.into());
            let (key, value) = operator_json(operator);
            test.insert(key.to_owned(), value);
            json!({"property": test})
        }
        Rule::Done(done) => {
            let mut deed = Map::new();
            let mut put = |key: &str, value: Option<Value>| {
                deed.extend(value.map(|value| (key.to_owned(), value)));
            };
            put("event", done.deed.event.clone().map(Value::from));
            put("filter", done.deed.filter.as_ref().map(filter_json));
            put("atLeast", done.at_least.map(Value::from));
            put("atMost", done.at_most.map(Value::from));
            match done.when {
                When::Ever => {}
                When::Last(length) => put("last", Some(format_duration(length).into())),
                When::Range(range) => {
                    put("range", Some(json!({"from": instant(range.from()), "to": instant(range.to())})));
                }
            }
            json!({"deed": deed})
        }
    }
}

/// A drawn question about one of the project's cohorts, on its own or as a table, with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let data = &project.data;
    let cohort = one(rng, &data.cohorts);
    let attribution = reading(rng, data.now).attribution;
    let alone = |attribution| Reading {
        attribution,
        users: Users::Identified,
        group_properties: GroupProperties::AsOfEvent,
        until: data.now,
    };
    let by_default = alone(crate::support::oracle::scope::Attribution::Event);
    let members = cohort.members(data, by_default);
    let first = one(rng, &[1, 3, 50]);
    let mut call = Call::new(defaults(rng));
    call.argument("id", &quoted(&cohort.id));
    if rng.random_bool(0.3) {
        call.argument("first", &first.to_string());
        let name = |id: &&str| match &cohort.group_type {
            Some(_) => Some(data.groups[*id].current().name.clone()),
            None => data.profiles.get(*id).and_then(|profile| {
                let names = [profile.first_name.clone(), profile.last_name.clone()];
                let names: Vec<String> = names.into_iter().flatten().collect();
                (!names.is_empty()).then(|| names.join(" "))
            }),
        };
        let row = |id: &&str| json!({"unitId": id, "name": name(id)});
        let expected = members.iter().take(first).map(row).collect();
        return Case { field: "cohortTable", request: call.finish("cohortTable", "unitId name"), expected };
    }
    let page = |is_kind: bool| {
        let nodes = members.iter().take(if is_kind { first } else { 0 });
        let nodes: Vec<Value> = nodes.map(|id| json!({"id": id})).collect();
        let has_next = is_kind && members.len() > first;
        let total = if is_kind { members.len() } else { 0 };
        json!({"nodes": nodes, "totalCount": total, "pageInfo": {"hasNextPage": has_next}})
    };
    let of_groups = cohort.group_type.is_some();
    let asked = by_attribution(attribution);
    let selection = format!(
        "id name kind groupType isStatic rule size(attribution: {asked})
         profiles(first: {first}) {{ nodes {{ id }} totalCount pageInfo {{ hasNextPage }} }}
         groups(first: {first}) {{ nodes {{ id }} totalCount pageInfo {{ hasNextPage }} }}"
    );
    let expected = json!({
        "id": cohort.id,
        "name": cohort.name,
        "kind": if of_groups { "GROUP" } else { "PROFILE" },
        "groupType": cohort.group_type,
        "isStatic": matches!(cohort.rule, Rule::Ids(_)),
        "rule": rule_json(&cohort.rule),
        "size": cohort.members(data, alone(attribution)).len(),
        "profiles": page(!of_groups),
        "groups": page(of_groups),
    });
    Case { field: "cohort", request: call.finish("cohort", &selection), expected }
}

fn by_attribution(attribution: crate::support::oracle::scope::Attribution) -> &'static str {
    use crate::support::oracle::scope::Attribution::{Event, MembershipAtEvent, MembershipNow};
    match attribution {
        Event => "EVENT",
        MembershipAtEvent => "MEMBERSHIP_AT_EVENT",
        MembershipNow => "MEMBERSHIP_NOW",
    }
}
