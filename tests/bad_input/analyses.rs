//! What is wrong with a question is told by name; what is only unknown is an empty answer with a hint.

use super::World;
use serde_json::{Value, json};

/// Every analysis that rows can be split in, with the arguments it cannot do without.
const SPLIT: [(&str, &str); 9] = [
    ("activeUsers", "groupType: \"company\""),
    ("activeGroups", "groupType: \"company\", interval: DAY"),
    ("funnel", "steps: [{event: \"a\"}, {event: \"b\"}], window: \"P7D\""),
    ("retention", "startEvent: {event: \"a\"}, interval: DAY"),
    ("lifecycle", "interval: DAY"),
    ("stickiness", "interval: DAY"),
    ("usersPerGroup", "groupType: \"company\""),
    ("trend", "series: [{name: \"A\", event: \"a\"}]"),
    ("trend", "series: [{name: \"A\", event: \"a\", measure: UNITS}]"),
];

/// Every other analysis, likewise.
const UNSPLIT: [(&str, &str); 6] = [
    ("adoption", "groupType: \"company\", event: \"a\""),
    ("slippingAway", "groupType: \"company\""),
    ("newGroups", "groupType: \"company\""),
    ("journey", "groupId: \"acme\", steps: [{event: \"a\"}]"),
    ("paths", "event: \"a\""),
    ("coverage", ""),
];

fn tracked(name: &str, properties: &Value) -> Value {
    json!({"type": "track", "payload": {"name": name, "profileId": "jane", "groups": ["acme"], "properties": properties}})
}

#[test]
fn four_breakdowns_are_one_too_many() {
    let world = World::start();
    let breakdowns = ["a", "b", "c", "d"].map(|key| format!("{{eventProperty: \"{key}\"}}")).join(", ");
    for (field, arguments) in SPLIT {
        let document = format!(
            "{{ {field}({arguments}, last: \"P30D\", breakdown: [{breakdowns}]) {{ rows {{ cursor }} }} }}"
        );
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect_error(&told, 400, "BAD_INPUT", Some("breakdown"), field);
        world.expect(told.text.contains("lists 4 breakdowns; 3 at most"), field, &told);
    }
    let document = "{ trendTable(from: \"2026-01-01\", to: \"2026-01-02\", breakdown: \"event:a,event:b,event:c,event:d\") { value } }";
    let told = world.graphql(&world.read, document, &json!({}));
    world.expect_error(&told, 400, "BAD_INPUT", Some("breakdown"), "a flat form");
}

#[test]
fn two_hundred_years_by_the_hour_are_too_many_buckets() {
    let world = World::start();
    let range = "range: {from: \"1980-01-01T00:00:00Z\", to: \"2180-01-01T00:00:00Z\"}, interval: HOUR";
    for (field, arguments) in [
        ("activeUsers", "groupType: \"company\""),
        ("funnel", "steps: [{event: \"a\"}, {event: \"b\"}], window: \"P7D\""),
        ("lifecycle", ""),
        ("activeGroups", "groupType: \"company\""),
        ("trend", "series: [{name: \"A\", event: \"a\"}]"),
        ("retention", ""),
        ("stickiness", ""),
        ("usersPerGroup", "groupType: \"company\""),
    ] {
        let document = format!("{{ {field}({arguments}, {range}) {{ hint }} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect_error(&told, 400, "BAD_INPUT", Some("interval"), field);
    }
}

#[test]
fn a_funnel_of_thirty_three_steps_is_refused() {
    let world = World::start();
    for steps in [33, 1_000] {
        let steps = vec!["{event: \"a\"}"; steps].join(", ");
        let document = format!("{{ funnel(steps: [{steps}], window: \"P1D\", last: \"P30D\") {{ hint }} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect_error(&told, 400, "BAD_INPUT", Some("steps"), "steps");
        let document =
            format!("{{ journey(groupId: \"acme\", steps: [{steps}], last: \"P30D\") {{ hint }} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect_error(&told, 400, "BAD_INPUT", Some("steps"), "steps of a journey");
    }
}

#[test]
fn an_unknown_property_is_an_empty_answer_with_a_hint() {
    let world = World::start();
    let group = json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme", "properties": {"plan": "pro"}}});
    let sent = json!([group, tracked("a", &json!({"size": 3})), tracked("b", &json!({"size": 4}))]);
    let told = world.post("/track", Some(&world.write), &sent);
    world.expect(told.status == 200, "sent", &told);
    let filters = [
        ("{event: {property: \"sise\", eq: 3}}", "no event of the range has the property \"sise\""),
        (
            "{group: {type: \"company\", property: \"plam\", eq: \"pro\"}}",
            "no company has the property \"plam\"",
        ),
        ("{profile: {property: \"rôle\", eq: \"boss\"}}", "no profile has the property \"rôle\""),
    ];
    for (field, arguments) in SPLIT {
        for (filter, hint) in filters {
            let ask = |filter: &str| {
                let document = format!(
                    "{{ {field}({arguments}, last: \"P2D\", filter: {filter}) {{ hint rows {{ cursor }} }} }}"
                );
                let told = world.graphql(&world.read, &document, &json!({}));
                world.expect(told.status == 200, field, &told);
                let answer: Value = serde_json::from_str(&told.text).expect("JSON");
                answer["data"][field].clone()
            };
            let answer = ask(filter);
            let text = answer["hint"].as_str().unwrap_or_else(|| panic!("{field} {filter}: {answer}"));
            assert!(text.starts_with(hint) && text.ends_with("propertyKeys lists those there are"), "{text}");
            assert_eq!(answer["rows"], json!([]), "{field} {filter}");
        }
        let known = "{and: [{event: {property: \"size\", gt: 1}}, {group: {type: \"company\", property: \"plan\", eq: \"pro\"}}]}";
        let document = format!("{{ {field}({arguments}, last: \"P2D\", filter: {known}) {{ hint }} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect(told.text.contains("\"hint\":null"), field, &told);
    }
    for (field, arguments) in UNSPLIT {
        for (filter, hint) in filters {
            let document = format!("{{ {field}({arguments}, last: \"P2D\", filter: {filter}) {{ hint }} }}");
            let told = world.graphql(&world.read, &document, &json!({}));
            world.expect(told.status == 200, field, &told);
            let answer: Value = serde_json::from_str(&told.text).expect("JSON");
            let text = answer["data"][field]["hint"].as_str();
            assert!(text.is_some_and(|text| text.starts_with(hint)), "{field} {filter}: {answer}");
        }
    }
}

#[test]
fn a_trend_tells_what_was_no_number_and_divides_by_zero_to_null() {
    let world = World::start();
    let sent: Value = [json!({"size": 3}), json!({"size": "four"}), json!({})]
        .iter()
        .map(|one| tracked("a", one))
        .collect();
    let told = world.post("/track", Some(&world.write), &sent);
    world.expect(told.status == 200, "sent", &told);
    let document = "{ trend(last: \"P1D\", series: [
            {name: \"A\", event: \"a\", measure: SUM, property: \"size\"}, {name: \"B\", event: \"never\"}
        ], formulas: [{name: \"C\", formula: \"A / B\"}]) { series { name value events leftOut } } }";
    let told = world.graphql(&world.read, document, &json!({}));
    let answer: Value = serde_json::from_str(&told.text).expect("JSON");
    let expected = json!([
        {"name": "A", "value": 3.0, "events": 3, "leftOut": 2},
        {"name": "B", "value": 0.0, "events": 0, "leftOut": null},
        {"name": "C", "value": null, "events": null, "leftOut": null},
    ]);
    assert_eq!(answer["data"]["trend"]["series"], expected, "{answer}");
    let document = "{ trend(last: \"P1D\", series: [{name: \"A\", event: \"a\"}], formulas: [{name: \"C\", formula: \"A / D\"}]) { hint } }";
    let told = world.graphql(&world.read, document, &json!({}));
    world.expect_error(&told, 400, "BAD_INPUT", Some("formulas[0].formula"), "a missing series");
}

const UNKNOWN: &str = "no event has the name \"sing_up\"; eventNames lists those there are";

/// Every analysis that can be asked about one name, with that name last.
const NAMED: [(&str, &str); 13] = [
    ("activeGroups", "groupType: \"company\", event: \"sing_up\""),
    ("funnel", "window: \"P7D\", steps: [{event: \"a\"}, {event: \"sing_up\"}]"),
    (
        "funnel",
        "window: \"P7D\", steps: [{event: \"a\"}, {event: \"a\"}], exclusions: [{event: \"sing_up\", fromStep: 1, toStep: 2}]",
    ),
    ("retention", "returnEvent: {event: \"sing_up\"}"),
    ("lifecycle", "event: \"sing_up\""),
    ("stickiness", "event: \"sing_up\""),
    ("usersPerGroup", "groupType: \"company\", event: \"sing_up\""),
    ("trend", "series: [{event: \"a\"}, {event: \"sing_up\", measure: UNITS}]"),
    ("adoption", "groupType: \"company\", event: \"sing_up\""),
    ("slippingAway", "groupType: \"company\", event: \"sing_up\""),
    ("newGroups", "groupType: \"company\", event: \"sing_up\""),
    ("journey", "groupId: \"acme\", steps: [{event: \"a\"}, {event: \"sing_up\"}]"),
    ("paths", "event: \"sing_up\""),
];

#[test]
fn an_unknown_event_and_a_range_without_events_are_told_by_a_hint() {
    let world = World::start();
    let hint = |field: &str, arguments: &str, range: &str| {
        let document = format!("{{ {field}({arguments}, {range}) {{ hint }} }}");
        let told = world.graphql(&world.read, &document, &json!({}));
        world.expect(told.status == 200, field, &told);
        let answer: Value = serde_json::from_str(&told.text).expect("JSON");
        answer["data"][field]["hint"].clone()
    };
    let (now, past) =
        ("last: \"P2D\"", "range: {from: \"2001-01-01T00:00:00Z\", to: \"2001-01-08T00:00:00Z\"}");
    assert_eq!(
        hint("paths", "event: \"a\"", now),
        "no event has the name \"a\"; eventNames lists those there are"
    );
    assert_eq!(hint("coverage", "first: 1", now), "there are no events yet");
    let group = json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme"}});
    let told = world.post("/track", Some(&world.write), &json!([group, tracked("a", &json!({}))]));
    world.expect(told.status == 200, "sent", &told);
    for (field, arguments) in NAMED {
        let told = hint(field, arguments, now);
        assert_eq!(told, UNKNOWN, "{field}");
        let known = arguments.replace("sing_up", "a");
        assert_eq!(hint(field, &known, now), Value::Null, "{field}({known})");
        let told = hint(field, &known, past);
        let told = told.as_str().unwrap_or_else(|| panic!("{field}: {told}"));
        assert!(told.starts_with("no event lies in the range; the latest was at 2"), "{field}: {told}");
    }
    assert_eq!(hint("coverage", "event: \"a\"", now), Value::Null);
    // A name that a filter tests, and what a flat form asks for.
    for (test, told) in [
        ("eq: \"sing_up\"", json!(UNKNOWN)),
        ("in: [\"a\", \"sing_up\"]", json!(UNKNOWN)),
        ("eq: \"a\"", Value::Null),
        ("startsWith: \"sing_up\"", Value::Null),
    ] {
        let filter = format!("filter: {{event: {{field: NAME, {test}}}}}");
        assert_eq!(hint("coverage", &filter, now), told, "{filter}");
    }
    for (arguments, told) in [
        ("events: \"a,sing_up\"", json!(UNKNOWN)),
        (
            "where: \"{\\\"event\\\":{\\\"field\\\":\\\"NAME\\\",\\\"eq\\\":\\\"sing_up\\\"}}\"",
            json!(UNKNOWN),
        ),
        ("breakdown: \"group:planet\"", json!("no group has the type \"planet\"; known types: company")),
        ("groupType: \"planet\"", json!("no group has the type \"planet\"; known types: company")),
        (
            "breakdown: \"event:plam\"",
            json!("no event of the range has the property \"plam\"; propertyKeys lists those there are"),
        ),
        ("events: \"a\", groupType: \"company\"", Value::Null),
    ] {
        let document = format!("{{ whyEmpty({arguments}, last: \"P2D\") }}");
        let answer = world.graphql(&world.read, &document, &json!({}));
        let read: Value = serde_json::from_str(&answer.text).expect("JSON");
        assert_eq!(read["data"]["whyEmpty"], told, "{document}: {}", answer.text);
    }
    let refused = world.graphql(&world.read, "{ whyEmpty(events: \"a\") }", &json!({}));
    world.expect_error(&refused, 400, "BAD_INPUT", Some("from"), "no range");
    for (id, event, told) in [
        (
            "idle",
            "sing_up",
            json!("at the end of the range the cohort \"idle\" is empty; cohorts tells the rule of each"),
        ),
        ("busy", "a", Value::Null),
    ] {
        let save = format!(
            "mutation {{ saveCohort(input: {{id: \"{id}\", name: \"{id}\", unit: {{kind: GROUP, groupType: \"company\"}}, rule: {{deed: {{event: \"{event}\", atLeast: 1}}}}}}) {{ cohort {{ id }} }} }}"
        );
        let saved = world.graphql(&world.admin, &save, &json!({}));
        world.expect(saved.text.contains(id), "saved", &saved);
        let filter = format!("filter: {{not: {{cohort: {{id: \"{id}\"}}}}}}");
        assert_eq!(hint("coverage", &filter, now), told, "{id}");
        let breakdown = format!("series: [{{event: \"a\"}}], breakdown: [{{cohort: \"{id}\"}}]");
        assert_eq!(hint("trend", &breakdown, now), told, "{id}");
    }
}
