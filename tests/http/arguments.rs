//! Wrong arguments, over real HTTP: every complaint names the argument's path and says what to give instead; over a
//! saved query it names the query's own variable.

mod cases;

use crate::support::app::{GRAPHQL_RESPONSE, Served, TestApp};
use cases::{BATCH, cases};
use serde_json::{Value, json};

async fn ask(t: &TestApp, served: &Served, document: &str, variables: &Value) -> (u16, Value) {
    let sent = reqwest::Client::new().post(format!("{}/graphql", served.url));
    let sent = sent.basic_auth(&t.alpha.admin.id, Some(&t.alpha.admin.secret));
    let sent = sent.header("accept", GRAPHQL_RESPONSE);
    let answer = sent.json(&json!({ "query": document, "variables": variables })).send();
    let answer = answer.await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_argument_is_named_by_its_path() {
    let t = TestApp::start().await;
    let group = "mutation { upsertGroup(input: { id: \"acme\", type: \"company\", name: \"Acme\" }) { group { id } } }";
    assert_eq!(t.gql(group, json!({})).await["errors"], Value::Null);
    let served = t.serve().await;
    let mut wrong = Vec::new();
    for (document, variables, argument, variable, part) in cases() {
        let (status, answer) = ask(&t, &served, document, &variables).await;
        let error = &answer["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (extensions, message) = (&error["extensions"], text(&error["message"]));
        let is_well = status == 400
            && extensions["code"] == "BAD_INPUT"
            && extensions["argument"] == argument
            && text(&extensions["variable"]) == variable
            && message.starts_with(&format!("{argument}: "))
            && message.contains(part)
            && message.len() < 500;
        if !is_well {
            let shown: String = variables.to_string().chars().take(200).collect();
            wrong.push(format!("{argument} ({part})\n{document} {shown}\n{answer:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let (_, answer) = ask(&t, &served, "{ events { totalCount } }", &json!({})).await;
    assert_eq!(answer["data"]["events"]["totalCount"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_wrong_arguments_are_told_at_once_up_to_ten() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let document = "{ funnel(steps: [{ event: 1 }, {}], window: 5, unit: { kind: TEAM }, range: { from: \"x\" }) { steps { units } } }";
    let (_, answer) = ask(&t, &served, document, &json!({})).await;
    let arguments: Vec<&str> = answer["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["extensions"]["argument"].as_str().expect("a path"))
        .collect();
    assert_eq!(
        arguments,
        ["steps[0].event", "steps[1].event", "window", "range.from", "range.to", "unit.kind"]
    );
    let many = json!({ "events": vec![json!({ "name": 5 }); 5000] });
    let (_, answer) = ask(&t, &served, BATCH, &many).await;
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(10));
}

/// Saved queries of this test: the funnel's arguments have other names than the variables.
const SAVED: &str = "# Says how far units of a kind come.
query Steps($first: String! = \"a\", $second: String! = \"b\", $within: Duration! = \"P1D\", $start: DateTime! = \"2026-01-01T00:00:00Z\", $end: DateTime! = \"2026-02-01T00:00:00Z\", $kind: UnitKind! = PROFILE, $of: String, $where: FilterInput) {
  rows: funnel(
    steps: [{ event: $first }, { event: $second, filter: $where }]
    window: $within
    range: { from: $start, to: $end }
    unit: { kind: $kind, groupType: $of }
  ) { steps { units } }
}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_query_names_its_own_variable() {
    let queries = tempfile::tempdir().expect("a folder");
    std::fs::write(queries.path().join("Steps.graphql"), SAVED).expect("written");
    let t = TestApp::start_with(|config| config.queries_dir = queries.path().to_path_buf()).await;
    let served = t.serve().await;
    let long = format!("second={}", "x".repeat(10_240));
    let mut wrong = Vec::new();
    for (query, given, argument, part) in [
        ("Steps", "within=banana", "within", "give a Duration"),
        ("Steps", "within=P0D", "within", "give a Duration"),
        ("Steps", "second=", "second", "is empty; name the event"),
        ("Steps", long.as_str(), "second", "10240 characters"),
        ("Steps", "kind=GROUP", "of", "is missing; a unit of kind GROUP"),
        ("Steps", "kind=GROUP&of=", "of", "is empty"),
        ("Steps", "of=company", "of", "leave it out"),
        ("Steps", "kind=TEAM", "kind", "PROFILE"),
        ("Steps", "start=2026-03-01T00:00:00Z", "start, end", "is reversed"),
        ("Steps", "start=9999-01-01T00:00:00Z", "start", ""),
        (
            "Steps",
            "where=%7B%22event%22%3A%7B%22property%22%3A%22a%22%7D%7D",
            "where.event",
            "has no operator",
        ),
        (
            "Steps",
            "where=%7B%22event%22%3A%7B%22property%22%3A5%7D%7D",
            "where.event.property",
            "is 5; give a string",
        ),
        ("Steps", "shoe=5", "shoe", "first, second"),
        ("Steps", "first=a&first=b", "first", "given twice"),
        ("Funnel", "unit=GROUP", "unitGroupType", "is missing; a unit of kind GROUP"),
        ("Funnel", "unit=TEAM", "unit", "PROFILE, SESSION, GROUP"),
        ("Funnel", "window=0", "window", "write an ISO 8601 duration"),
        ("Funnel", "since=2026-02-01&until=2026-01-01", "until", "is reversed"),
        ("Funnel", "since=2026-02-01&until=2026-02-01", "until", "is empty"),
        ("Funnel", "until=9999-01-01", "until", ""),
        ("Funnel", "steps=a", "steps", "lists 1 steps"),
        ("Funnel", "top=0", "top", ""),
        ("Funnel", "top=banana", "top", "give an Int"),
        ("Funnel", "zone=Mars", "zone", "IANA name"),
    ] {
        for extension in ["json", "csv"] {
            let url = format!("{}/queries/{query}.{extension}?{given}", served.url);
            let sent =
                reqwest::Client::new().get(url).basic_auth(&t.alpha.read.id, Some(&t.alpha.read.secret));
            let answer = sent.send().await.expect("an answer");
            let status = answer.status().as_u16();
            let answer: Value = answer.json().await.expect("JSON");
            let shown: String = given.chars().take(100).collect();
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            let is_well = status == 400
                && answer["error"]["argument"] == argument
                && message.starts_with(&format!("{argument}: "))
                && message.contains(part);
            if !is_well {
                wrong.push(format!("{argument} ({part}) {query}?{shown}: {status} {answer:#}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
