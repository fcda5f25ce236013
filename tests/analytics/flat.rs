//! Every flat form has the rows of its nested form: by local days around clock changes, with the arguments both take.

use crate::support::house::House;
use crate::support::oracle::random::{self, Project};
use chrono_tz::Tz;
use muster::domain::identity::ProjectKey;
use muster::domain::time::local_midnight;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// An analysis in both its forms.
struct Forms {
    field: &'static str,
    /// Arguments that both forms take as they stand.
    both: &'static str,
    /// What only the flat form takes so.
    flat: &'static str,
    /// What only the nested form takes so; ZONE is the time zone.
    nested: &'static str,
    /// Whether rows are split.
    is_split: bool,
    /// The columns of the flat form.
    columns: &'static str,
    /// The same of the nested form.
    selection: &'static str,
}

const FLAT_BREAKDOWN: &str = "breakdown: \"property:company:plan,group:workspace\",";
const NESTED_BREAKDOWN: &str =
    "breakdown: [{groupProperty: {type: \"company\", property: \"plan\"}}, {groupType: \"workspace\"}],";

const FORMS: [Forms; 14] = [
    Forms {
        field: "activeUsers",
        both: "groupType: \"company\",",
        flat: "",
        nested: "",
        is_split: false,
        columns: "groupId activeUsers events lastActiveAt change",
        selection: "rows { group { id } activeUsers events lastActiveAt change }",
    },
    Forms {
        field: "activeGroups",
        both: "groupType: \"company\",",
        flat: "interval: \"WEEK\", weekStart: \"SUNDAY\",",
        nested: "interval: WEEK, weekStart: SUNDAY, timeZone: \"ZONE\",",
        is_split: true,
        columns: "bucket localDate isPartial groups newGroups events groups1Day groups7Days groups30Days dauMauRate",
        selection: "rows { keys { value } buckets {
            bucket localDate isPartial groups newGroups events groups1Day groups7Days groups30Days dauMauRate } }",
    },
    Forms {
        field: "trend",
        both: "",
        flat: "events: \"a\", measure: \"UNITS\", unit: \"GROUP\", unitGroupType: \"company\", interval: \"DAY\",",
        nested: "series: [{name: \"a\", event: \"a\", measure: UNITS, unit: {kind: GROUP, groupType: \"company\"}}],
            interval: DAY, timeZone: \"ZONE\",",
        is_split: true,
        columns: "event bucket localDate isPartial value",
        selection: "rows { keys { value } series { event: name buckets { bucket localDate isPartial value } } }",
    },
    Forms {
        field: "funnel",
        both: "window: \"P7D\",",
        flat: "steps: \"a,b\", unit: \"GROUP\", unitGroupType: \"company\",",
        nested: "steps: [{event: \"a\"}, {event: \"b\"}], unit: {kind: GROUP, groupType: \"company\"},",
        is_split: true,
        columns: "event units rateFromStart rateFromPrevious averageSeconds medianSeconds p90Seconds",
        selection: "rows { keys { value } steps {
            event units rateFromStart rateFromPrevious averageSeconds medianSeconds p90Seconds } }",
    },
    Forms {
        field: "retention",
        both: "rolling: true,",
        flat: "startEvent: \"a\", mode: \"RECURRING\", interval: \"WEEK\",",
        nested: "startEvent: {event: \"a\"}, mode: RECURRING, interval: WEEK, timeZone: \"ZONE\",",
        is_split: true,
        columns: "cohort cohortDate starters column units rate isPartial",
        selection: "rows { keys { value } cohorts {
            cohort: bucket cohortDate: localDate starters cells { column units rate isPartial } } }",
    },
    Forms {
        field: "lifecycle",
        both: "event: \"a\",",
        flat: "interval: \"DAY\",",
        nested: "interval: DAY, timeZone: \"ZONE\",",
        is_split: true,
        columns: "bucket localDate isPartial new returning resurrecting dormant",
        selection: "rows { keys { value } buckets { bucket localDate isPartial new returning resurrecting dormant } }",
    },
    Forms {
        field: "stickiness",
        both: "cumulative: true,",
        flat: "interval: \"DAY\",",
        nested: "interval: DAY, timeZone: \"ZONE\",",
        is_split: true,
        columns: "periods units rate",
        selection: "rows { keys { value } shares { periods units rate } }",
    },
    Forms {
        field: "usersPerGroup",
        both: "groupType: \"company\", cumulative: true,",
        flat: "",
        nested: "",
        is_split: true,
        columns: "users groups rate",
        selection: "rows { keys { value } shares { users groups rate } }",
    },
    Forms {
        field: "adoption",
        both: "groupType: \"company\", event: \"a\", seats: \"amount\",",
        flat: "",
        nested: "",
        is_split: false,
        columns: "groupId members activeMembers adoptionRate activeUsers events firstUsedAt seats seatUtilisation",
        selection: "rows { group { id }
            members activeMembers adoptionRate activeUsers events firstUsedAt seats seatUtilisation }",
    },
    Forms {
        field: "slippingAway",
        both: "groupType: \"company\", fellBy: 0.01, silentFor: \"PT1S\",",
        flat: "",
        nested: "",
        is_split: false,
        columns: "groupId current previous change lastActiveAt members",
        selection: "rows { group { id } current previous change lastActiveAt members }",
    },
    Forms {
        field: "newGroups",
        both: "groupType: \"company\",",
        flat: "",
        nested: "",
        is_split: false,
        columns: "groupId firstActiveAt lastActiveAt activeUsers events members",
        selection: "rows { group { id } firstActiveAt lastActiveAt activeUsers events members }",
    },
    Forms {
        field: "journey",
        both: "groupId: \"acme\",",
        flat: "steps: \"a,b\",",
        nested: "steps: [{event: \"a\"}, {event: \"b\"}],",
        is_split: false,
        columns: "step event isDone firstAt profileId events position",
        selection: "steps { step event isDone firstAt profileId events position }",
    },
    Forms {
        field: "paths",
        both: "event: \"a\", length: 2,",
        flat: "direction: \"BEFORE\",",
        nested: "direction: BEFORE,",
        is_split: false,
        columns: "id parentId depth event isOther occurrences units rateFromParent ended",
        selection: "nodes { id parentId depth event isOther occurrences units rateFromParent ended }",
    },
    Forms {
        field: "coverage",
        both: "groupType: \"company\",",
        flat: "",
        nested: "timeZone: \"ZONE\",",
        is_split: false,
        columns: "event groupType bucket localDate isPartial events covered rate withoutEntity",
        selection: "rows { event groupType days { bucket localDate isPartial events covered rate withoutEntity } }",
    },
];

const ZONES: [Tz; 3] = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe];
const ATTRIBUTIONS: [&str; 3] = ["EVENT", "MEMBERSHIP_AT_EVENT", "MEMBERSHIP_NOW"];

/// The innermost objects of a nested answer, each with what stands around it.
fn unrolled(value: &Value, around: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let (mut own, mut inside) = (around.clone(), None);
    for (name, value) in value.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("keys", Value::Array(keys)) => {
                own.extend((1..).zip(keys).map(|(place, key)| (format!("key{place}"), key["value"].clone())));
            }
            ("group", group) => drop(own.insert("groupId".to_owned(), group["id"].clone())),
            (_, Value::Array(list)) => inside = Some(list),
            _ => drop(own.insert(name.clone(), value.clone())),
        }
    }
    match inside {
        Some(list) => list.iter().flat_map(|one| unrolled(one, &own)).collect(),
        None => vec![own],
    }
}

/// The local days of the project's events: the first and the one behind the last.
fn days(project: &Project, zone: Tz) -> [chrono::NaiveDate; 2] {
    let times =
        || project.data.events.iter().map(|event| event.occurred_at.with_timezone(&zone).date_naive());
    let now = project.data.now.with_timezone(&zone).date_naive();
    [times().min().unwrap_or(now), times().max().unwrap_or(now) + chrono::Days::new(1)]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flat_form_has_the_rows_of_its_nested_form() {
    let house = House::open(random::project(&mut random::rng(0)).data.now, 150);
    let (mut told, mut matters) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..12_usize {
        let project = random::project(&mut random::rng(seed as u64));
        house.clock.set(project.data.now);
        let key = ProjectKey(u32::try_from(seed).expect("a small number") + 1);
        house.write(key, project.data.writes.clone()).await;
        // From now on no company of that id has a plan; at its events it had.
        let unplanned = "mutation { upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\", properties: {plan: null, amount: 1000}}) { outcome } }";
        house.ask(key, unplanned, json!({})).await.expect("written");
        let (zone, attribution) = (ZONES[seed % 3], ATTRIBUTIONS[seed / 3 % 3]);
        let [from, to] = days(&project, zone);
        let [first, last] = [from, to].map(|day| local_midnight(zone, day).to_rfc3339());
        let filter = json!({"group": {"type": "company", "property": "plan", "isSet": true}});
        for forms in &FORMS {
            let Forms { field, both, flat, nested, is_split, columns, selection } = forms;
            let (flat_split, nested_split, keys) =
                if *is_split { (FLAT_BREAKDOWN, NESTED_BREAKDOWN, "key1 key2") } else { ("", "", "") };
            let mut answers = Vec::new();
            for as_of in ["AS_OF_EVENT", "NOW"] {
                let document = format!(
                    "query($where: String) {{ {field}Table({both} {flat} {flat_split} where: $where, from: \"{from}\", to: \"{to}\",
                        timeZone: \"{zone}\", attribution: \"{attribution}\", groupProperties: \"{as_of}\") {{ {keys} {columns} }} }}"
                );
                let rows = house.ask(key, &document, json!({"where": filter.to_string()})).await;
                let rows = rows.unwrap_or_else(|message| panic!("{document}\n{message}"))
                    [format!("{field}Table")]
                .take();
                let nested = nested.replace("ZONE", zone.name());
                let document = format!(
                    "query($filter: FilterInput) {{ {field}({both} {nested} {nested_split} filter: $filter, range: {{from: \"{first}\", to: \"{last}\"}},
                        attribution: {attribution}, groupProperties: {as_of}) {{ {selection} }} }}"
                );
                let answer = house.ask(key, &document, json!({"filter": filter})).await;
                let answer = answer.unwrap_or_else(|message| panic!("{document}\n{message}"));
                let expected = unrolled(&answer[*field], &Map::new());
                assert_eq!(rows, json!(expected), "{field} {as_of}, seed {seed}");
                if !expected.is_empty() {
                    told.insert(*field);
                }
                answers.push(rows);
            }
            if answers[0] != answers[1] {
                matters.insert(*field);
            }
        }
    }
    let all: BTreeSet<&str> = FORMS.iter().map(|forms| forms.field).collect();
    assert_eq!(
        (&told, &matters),
        (&all, &all),
        "what has rows, and to what it matters when properties are read"
    );
}

#[tokio::test]
async fn a_wrong_word_for_when_properties_are_read_is_named() {
    let house = House::open("2026-06-15T12:00:00Z".parse().expect("an instant"), 150);
    for Forms { field, both, flat, columns, .. } in &FORMS {
        let document = format!(
            "{{ {field}Table({both} {flat} last: \"P1D\", groupProperties: \"LATER\") {{ {columns} }} }}"
        );
        let message = house.ask(ProjectKey(1), &document, json!({})).await.expect_err(field);
        assert_eq!(message, "groupProperties: must be one of AS_OF_EVENT, NOW", "{field}");
    }
}
