//! GraphQL documents.

use super::{corpus, for_a_while};
use crate::support::app::{GRAPHQL_RESPONSE, TestApp};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn argument() -> impl Strategy<Value = String> {
    let names = [
        "first",
        "after",
        "last",
        "range",
        "groupType",
        "filter",
        "interval",
        "timeZone",
        "unit",
        "steps",
        "window",
        "series",
        "search",
        "orderBy",
        "breakdowns",
        "id",
        "ids",
        "event",
        "property",
        "compare",
        "attribution",
        "input",
        "prefix",
    ];
    let values = [
        "1",
        "-1",
        "0",
        "2147483648",
        "1e400",
        "null",
        "true",
        "\"\"",
        "\"company\"",
        "\"P30D\"",
        "\"P999999999Y\"",
        "\"UTC\"",
        "\"Europe/Berlin\"",
        "\"Mars\"",
        "DAY",
        "PROFILE",
        "{kind: GROUP, groupType: \"company\"}",
        "{kind: SESSION}",
        "[]",
        "[1]",
        "[{event: \"a\"}, {event: \"b\"}]",
        "[{measure: EVENTS}]",
        "{event: {field: NAME, eq: \"a\"}}",
        "{not: {}}",
        "{cohort: {id: \"x\"}}",
        "{from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}",
        "{from: \"2026-01-01T00:00:00Z\", to: \"2025-01-01T00:00:00Z\"}",
        "{from: \"0001-01-01T00:00:00Z\", to: \"9999-12-31T23:59:59Z\"}",
        "$v",
        "{}",
        "\"\\u0000\"",
        "\"😀\"",
        "\"\"\"block\"\"\"",
        "{field: EVENTS}",
    ];
    (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()))
        .prop_map(|(name, value)| format!("{name}: {value}"))
}

fn field() -> impl Strategy<Value = String> {
    let names = [
        "activeUsers",
        "funnel",
        "retention",
        "trend",
        "lifecycle",
        "stickiness",
        "paths",
        "coverage",
        "groups",
        "profiles",
        "events",
        "group",
        "profile",
        "eventNames",
        "propertyKeys",
        "adoption",
        "slippingAway",
        "newGroups",
        "journey",
        "activeGroups",
        "usersPerGroup",
        "limits",
        "storage",
        "savedQueries",
        "cohorts",
        "clients",
        "erasures",
        "nodes",
        "rows",
        "totals",
        "id",
        "name",
        "type",
        "properties",
        "members",
        "memberCount",
        "metrics",
        "activity",
        "series",
        "value",
        "steps",
        "units",
        "totalCount",
        "pageInfo",
        "__typename",
        "__schema",
        "types",
    ];
    let leaf = (
        prop::option::weighted(0.1, "[a-z]{1,3}"),
        prop::sample::select(names.to_vec()),
        prop::collection::vec(argument(), 0..4),
        prop::option::weighted(
            0.1,
            prop::sample::select(vec!["@include(if: true)", "@skip(if: $v)", "@x", "@include"]),
        ),
    )
        .prop_map(|(alias, name, arguments, directive)| {
            let alias = alias.map(|alias| format!("{alias}: ")).unwrap_or_default();
            let arguments =
                if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            format!("{alias}{name}{arguments} {}", directive.unwrap_or_default())
        })
        .boxed();
    leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            4 => (leaf.clone(), prop::collection::vec(inner.clone(), 1..4)).prop_map(|(field, below)| format!("{field} {{ {} }}", below.join(" "))),
            1 => prop::collection::vec(inner, 1..3).prop_map(|below| format!("... on Group {{ {} }}", below.join(" "))),
            1 => Just("...F".to_owned()),
        ]
    })
}

fn document() -> impl Strategy<Value = String> {
    let begin = prop::sample::select(vec![
        "",
        "query ",
        "query Q($v: Int) ",
        "query Q($v: Boolean!) ",
        "subscription ",
        "query Q($v: [RangeInput!] = {}) ",
    ]);
    let whole = (begin, prop::collection::vec(field(), 1..4), prop::option::weighted(0.3, field()))
        .prop_map(|(begin, fields, fragment)| {
            let fragment =
                fragment.map(|field| format!(" fragment F on Query {{ {field} ...F }}")).unwrap_or_default();
            format!("{begin}{{ {} }}{fragment}", fields.join(" "))
        })
        .boxed();
    prop_oneof![
        8 => whole.clone(),
        1 => (whole, any::<prop::sample::Index>(), ".").prop_map(|(text, at, other)| {
            let mut chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            chars.splice(at..=at, other.chars());
            chars.into_iter().collect()
        }),
        1 => ".{0,60}",
    ]
}

fn variables() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!({}),
        json!({"v": 1}),
        json!({"v": true}),
        json!({"v": "x"}),
        json!({"v": [{"from": 1}]}),
        json!([]),
        json!("v"),
    ])
}

#[test]
fn whatever_is_asked_over_graphql_is_answered_or_refused_with_a_reason() {
    let runtime = Runtime::new().expect("a runtime");
    let t = runtime.block_on(TestApp::start_with(|config| config.max_requests_per_minute = 0));
    let events: Vec<Value> = (0..40)
        .map(|n| json!({"type": "track", "payload": {"name": "a", "profileId": format!("p{}", n % 5), "groups": ["g"]}}))
        .collect();
    assert_eq!(runtime.block_on(t.track(&Value::from(events))).status, 200);
    let is_well = |(document, variables): &(String, Value)| {
        let mut headers = t.alpha.admin.headers();
        headers.push(("accept", GRAPHQL_RESPONSE.to_owned()));
        let answer = runtime.block_on(t.post(
            "/graphql",
            &headers,
            &json!({"query": document, "variables": variables}),
        ));
        let told: Value =
            serde_json::from_str(&answer.text).map_err(|error| format!("{error}: {}", answer.text))?;
        let mut codes =
            told["errors"].as_array().into_iter().flatten().map(|error| &error["extensions"]["code"]);
        if answer.status >= 500 || codes.any(|code| code == "INTERNAL") {
            return Err(format!("{} {} for {document}", answer.status, answer.text));
        }
        let is_told =
            told["data"].is_object() || told["errors"].as_array().is_some_and(|errors| !errors.is_empty());
        if is_told { Ok(()) } else { Err(format!("neither data nor errors: {}", answer.text)) }
    };
    for line in corpus("documents.txt") {
        is_well(&(line, Value::Null)).expect("an input of the corpus");
    }
    for_a_while(&(document(), variables()), is_well);
}
