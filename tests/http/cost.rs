//! What an operation may cost: told with every answer, and too much is refused before anything runs.

use crate::support::app::{Answer, TestApp};
use serde_json::{Value, json};

const RANGE: &str = "range: {from: \"2026-01-01T00:00:00Z\", to: \"2026-01-31T00:00:00Z\"}";

fn cost(answer: &Answer) -> u64 {
    answer.headers["muster-cost"].to_str().expect("text").parse().expect("a number")
}

async fn ask(t: &TestApp, document: &str, variables: Value) -> Answer {
    t.gql_as(&t.alpha.read, document, variables).await
}

#[tokio::test]
async fn a_cost_is_what_the_arguments_say() {
    let t = TestApp::start().await;
    let split = "breakdown: [{eventProperty: \"plan\"}]";
    let steps = "steps: [{event: \"a\"}, {event: \"b\"}, {event: \"c\"}], window: \"P1D\"";
    let series = "series: [{name: \"A\", event: \"a\"}, {name: \"B\", event: \"b\"}]";
    for (fields, expected) in [
        ("limits { rows }".to_owned(), 0),
        ("groups { totalCount }".to_owned(), 50),
        ("groups(first: 7) { totalCount } profiles(first: 5) { totalCount }".to_owned(), 12),
        ("a: groups(first: 7) { totalCount } b: groups(first: 7) { totalCount }".to_owned(), 14),
        (format!("lifecycle({RANGE}) {{ hint }}"), 30),
        (format!("lifecycle({RANGE}, interval: WEEK) {{ hint }}"), 5),
        ("lifecycle(last: \"PT36H\", interval: HOUR) { hint }".to_owned(), 36),
        (format!("lifecycle({RANGE}, {split}) {{ hint }}"), 101 * 31),
        (format!("lifecycle({RANGE}, first: 9, {split}) {{ hint }}"), 10 * 31),
        (format!("retention({RANGE}) {{ hint }}"), 30 * 31 / 2),
        (format!("retention({RANGE}, columns: 4) {{ hint }}"), 30 * 4),
        (format!("funnel({RANGE}, {steps}) {{ hint }}"), 3),
        (format!("funnel({RANGE}, {steps}, comparePrevious: true, first: 2, {split}) {{ hint }}"), 3 * 4 * 2),
        (format!("trend({RANGE}, {series}, interval: DAY) {{ hint }}"), 60),
        ("lifecycleTable(from: \"2026-01-01\", to: \"2026-01-31\", breakdown: \"event:a,event:b\") { newUnits: new }".to_owned(), 101 * 32),
        (format!("coverage({RANGE}) {{ hint }}"), 100 * 30),
        (format!("groups(first: 20) {{ nodes {{ activity({RANGE}) {{ events }} }} }}"), 20 + 20 * 30),
        ("groups(first: 20) { nodes { members(first: 3) { nodes { groups(first: 2) { totalCount } } } } }".to_owned(), 20 + 20 * (3 + 3 * 2)),
        // What is refused anyway costs one.
        ("groups(first: 0) { totalCount }".to_owned(), 1),
        ("lifecycle(last: \"P9999D\", interval: HOUR) { hint }".to_owned(), 1),
    ] {
        let answer = ask(&t, &format!("{{ {fields} }}"), json!({})).await;
        assert_eq!(cost(&answer), expected, "{fields} {}", answer.text);
        assert_eq!(cost(&ask(&t, &format!("{{ {fields} }}"), json!({})).await), expected, "kept as well");
    }
    let fragments = "query ($n: Int = 4) { ...A ... on Query { ...A } } fragment A on Query { groups(first: $n) { nodes { ...B } } } fragment B on Group { members(first: 2) { totalCount } }";
    assert_eq!(cost(&ask(&t, fragments, json!({})).await), 2 * (4 + 4 * 2));
    assert_eq!(cost(&ask(&t, fragments, json!({"n": 10})).await), 2 * (10 + 10 * 2));
    let circular = "{ ...A } fragment A on Query { groups(first: 2) { totalCount } ...A }";
    assert_eq!(ask(&t, circular, json!({})).await.status, 400);
}

#[tokio::test]
async fn too_much_is_refused_before_it_runs_and_the_advice_helps() {
    let t = TestApp::start_with(|config| config.max_query_cost = 10_000).await;
    let limits = ask(&t, "{ limits { queryCost } }", json!({})).await;
    assert_eq!(limits.json()["data"]["limits"]["queryCost"], 10_000);
    let split = "breakdown: [{eventProperty: \"plan\"}]";
    for (document, lowered, argument, advice) in [
        ("{ groups(first: 1000) { nodes { members(first: 1000) { totalCount } } } }".to_owned(),
         "{ groups(first: 1000) { nodes { members(first: 9) { totalCount } } } }".to_owned(), "first", "give 9 or less with members"),
        (format!("{{ lifecycle({RANGE}, first: 1000, {split}) {{ hint }} }}"),
         format!("{{ lifecycle({RANGE}, first: 321, {split}) {{ hint }} }}"), "first", "give 321 or less with lifecycle"),
        ("{ retention(last: \"P300D\", columns: 300) { hint } }".to_owned(),
         "{ retention(last: \"P300D\", columns: 33) { hint } }".to_owned(), "columns", "give 33 or less with retention"),
        ("{ retention(last: \"P300D\") { hint } }".to_owned(),
         "{ retention(last: \"P300D\", interval: WEEK) { hint } }".to_owned(), "interval", "give WEEK or a longer one"),
        ("{ trend(last: \"P9000D\", interval: YEAR, series: [{name: \"A\", event: \"a\"}]) { hint } groups(first: 1000) { nodes { activity(last: \"P9000D\", interval: YEAR) { events } } } }".to_owned(),
         "{ trend(last: \"P9000D\", interval: YEAR, series: [{name: \"A\", event: \"a\"}]) { hint } groups(first: 1000) { nodes { activity(last: \"P2920D\", interval: YEAR) { events } } } }".to_owned(), "last", "give \"P2920D\" or less with activity"),
    ] {
        let before = t.app.engine().statements();
        let answer = ask(&t, &document, json!({})).await;
        let error = &answer.json()["errors"][0];
        assert_eq!((answer.status, &error["extensions"]["code"]), (422, &json!("LIMITED")), "{document} {}", answer.text);
        assert_eq!((&error["extensions"]["argument"], &error["extensions"]["limit"]), (&json!(argument), &json!("queryCost")), "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(advice) && message.contains("10000 at most"), "{message}");
        assert!(cost(&answer) > 10_000);
        assert_eq!(t.app.engine().statements(), before, "nothing ran");
        let answer = ask(&t, &lowered, json!({})).await;
        assert_eq!((answer.status, answer.json()["errors"].as_array()), (200, None), "{lowered} {}", answer.text);
        assert!(cost(&answer) <= 10_000);
    }
}

#[tokio::test]
async fn a_refusal_names_the_variable_or_says_that_no_argument_does_it() {
    let t = TestApp::start_with(|config| config.max_query_cost = 100).await;
    let document = "query ($many: Int!) { groups(first: $many) { totalCount } }";
    let error = &ask(&t, document, json!({"many": 101})).await.json()["errors"][0];
    assert_eq!(
        (&error["extensions"]["argument"], &error["extensions"]["variable"]),
        (&json!("first"), &json!("many"))
    );
    assert!(error["message"].as_str().expect("text").contains("give 100 or less with groups"), "{error}");
    let aliases: Vec<String> = (0..11).map(|n| format!("a{n}: groups(first: 10) {{ totalCount }}")).collect();
    let aliases = aliases.join(" ");
    let error = &ask(&t, &format!("{{ {aliases} }}"), json!({})).await.json()["errors"][0];
    assert_eq!(error["extensions"]["argument"], "query");
    assert!(error["message"].as_str().expect("text").contains("another request"), "{error}");
    let read = t.alpha.read.headers();
    let csv = t.get("/queries/GroupDirectory.csv?top=101", &read).await;
    assert_eq!((csv.status, &csv.json()["error"]["argument"]), (422, &json!("top")), "{}", csv.text);
    let csv = t.get("/queries/GroupDirectory.csv?top=100", &read).await;
    assert_eq!((csv.status, cost(&csv)), (200, 100), "{}", csv.text);
}
