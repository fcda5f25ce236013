//! Documents and variables that are made to take long.

use crate::support::app::{Answer, TestApp};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// How long the answer to a hostile document may take, at most, on a machine that does other things too.
const SOON: Duration = Duration::from_secs(10);

async fn ask(t: &TestApp, document: &str, variables: Value) -> Answer {
    let began = Instant::now();
    let answer = t.gql_as(&t.alpha.admin, document, variables).await;
    assert!(began.elapsed() < SOON, "{:?}: {}", began.elapsed(), answer.text);
    answer
}

#[tokio::test]
async fn fragments_that_double_are_counted_and_never_written_out() {
    let t = TestApp::start().await;
    // Each spreads the next one twice: 2^30 fields.
    let mut doubling = "{ limits { ...F0 } } ".to_owned();
    for level in 0..30 {
        write!(doubling, "fragment F{level} on Limits {{ ...F{0} ...F{0} }} ", level + 1).expect("written");
    }
    doubling += "fragment F30 on Limits { rows }";
    let answer = ask(&t, &doubling, json!({})).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(answer.json()["errors"][0]["extensions"]["limit"], "queryFields", "{}", answer.text);
    // A chain of as many as there is room for.
    let mut chain = "{ limits { ...F0 } } ".to_owned();
    for level in 0..1_000 {
        write!(chain, "fragment F{level} on Limits {{ ...F{} }} ", level + 1).expect("written");
    }
    chain += "fragment F1000 on Limits { rows }";
    let answer = ask(&t, &chain, json!({})).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(t.gql("{ limits { rows } }", json!({})).await["data"]["limits"]["rows"], 100_000);
}

#[tokio::test]
async fn fragments_that_spread_themselves_are_refused() {
    let t = TestApp::start().await;
    for document in [
        "{ limits { ...F } } fragment F on Limits { ...F }",
        "{ limits { ...F } } fragment F on Limits { rows ...G } fragment G on Limits { ...H } fragment H on Limits { ...F }",
        "{ groups { nodes { ...F } } } fragment F on Group { id members { nodes { groups { nodes { group { ...F } } } } } }",
        "query A { ...F } fragment F on Query { limits { rows } ... on Query { ...F } }",
    ] {
        let answer = ask(&t, document, json!({})).await;
        assert_eq!(answer.status, 400, "{document} {}", answer.text);
        assert_eq!(
            answer.json()["errors"][0]["extensions"]["code"],
            "BAD_INPUT",
            "{document} {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn huge_lists_in_variables_are_bounded() {
    let t = TestApp::start().await;
    let many = |count: usize| (0..count).map(|number| json!(format!("v{number}"))).collect::<Value>();
    for (document, variables, argument) in [
        (
            "mutation($x: [TrackInput!]!) { trackBatch(input: {events: $x}) { accepted } }",
            json!({"x": (0..10_001).map(|_| json!({"name": "a"})).collect::<Value>()}),
            "input.events",
        ),
        (
            "mutation($x: [ID!]!) { setGroups(input: {profileId: \"p\", groupIds: $x}) { profile { id } } }",
            json!({"x": many(50_000)}),
            "input.groupIds",
        ),
        (
            "mutation($x: [ID!]!) { saveCohort(input: {id: \"c\", name: \"C\", unit: {kind: PROFILE}, rule: {ids: $x}}) { cohort { id } } }",
            json!({"x": many(50_000)}),
            "input.rule.ids",
        ),
        (
            "query($x: [BreakdownInput!]) { activeUsers(groupType: \"c\", last: \"P1D\", breakdown: $x) { hint } }",
            json!({"x": (0..50_000).map(|_| json!({"eventProperty": "a"})).collect::<Value>()}),
            "breakdown",
        ),
        (
            "query($x: [FunnelStepInput!]!) { funnel(steps: $x, window: \"P1D\", last: \"P1D\") { hint } }",
            json!({"x": (0..50_000).map(|_| json!({"event": "a"})).collect::<Value>()}),
            "steps",
        ),
    ] {
        let answer = ask(&t, document, variables).await;
        let error = answer.json()["errors"][0].clone();
        assert!(matches!(answer.status, 400 | 422), "{document} {error}");
        assert_eq!(error["extensions"]["argument"], argument, "{document} {error}");
    }
    // A list to look for is read as one value, however long.
    let document = "query($x: [JSON!]) { events(filter: {event: {property: \"a\", in: $x}}) { totalCount } }";
    let answer = ask(&t, document, json!({"x": many(100_000)})).await;
    assert!(answer.status == 200 || (400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
    let spread = (0..200).map(|number| format!("$x{number}: [JSON!]")).collect::<Vec<_>>().join(" ");
    let answer = ask(&t, &format!("query({spread}) {{ limits {{ rows }} }}"), json!({})).await;
    assert!(answer.status == 200 || answer.status == 400, "{} {}", answer.status, answer.text);
}
