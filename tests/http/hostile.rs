//! Documents that are made to hurt.

use crate::support::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_document_that_nests_too_deep_is_refused_before_it_is_parsed() {
    let t = TestApp::start().await;
    let nested = |open: &str, core: &str, close: &str, levels: usize| {
        format!("{}{core}{}", open.repeat(levels), close.repeat(levels))
    };
    let filter = nested("{not:", r#"{event:{property:"a",eq:1}}"#, "}", 5_000);
    let list = nested("[", "1", "]", 5_000);
    let properties = nested("{a:", "1", "}", 5_000);
    for document in [
        format!(
            r#"{{ activeUsers(groupType: "company", last: "P1D", filter: {filter}) {{ totals {{ events }} }} }}"#
        ),
        format!(r#"{{ events(filter: {{event: {{property: "a", in: {list}}}}}) {{ totalCount }} }}"#),
        format!(r#"mutation {{ track(input: {{name: "a", properties: {properties}}}) {{ outcome }} }}"#),
    ] {
        let answer = t.gql_as(&t.alpha.admin, &document, json!({})).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["errors"][0]["extensions"]["argument"], "query");
    }
    let document = r#"{ activeUsers(groupType: "company", last: "P1D") { totals { events } } }"#;
    let answer = t.gql(document, json!({})).await;
    assert_eq!(answer["data"]["activeUsers"]["totals"]["events"], 0, "{answer}");
}

#[tokio::test]
async fn limits_can_be_read_and_wrong_documents_have_a_code() {
    let t = TestApp::start().await;
    let answer = t.gql("{ limits { funnelSteps batchEvents querySeconds } }", json!({})).await;
    assert_eq!(answer["data"]["limits"]["funnelSteps"], 32);
    assert_eq!(answer["data"]["limits"]["batchEvents"], 10_000);
    for document in
        ["{", "{ nothing }", r#"{ activeUsers(groupType: "c", last: "P1D", attribution: FOO) { hint } }"#]
    {
        let answer = t.gql_as(&t.alpha.admin, document, json!({})).await;
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "BAD_INPUT", "{document}");
    }
}

#[tokio::test]
async fn a_flag_that_can_only_be_true_is_not_read_as_its_opposite() {
    let t = TestApp::start().await;
    let document = r#"{ activeUsers(groupType: "c", last: "P1D", filter: {event: {property: "a", isSet: false}}) { hint } }"#;
    let answer = t.gql(document, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["argument"], "filter.event.isSet", "{answer}");
}
