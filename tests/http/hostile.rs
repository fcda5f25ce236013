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
async fn a_document_that_is_too_large_is_told_the_limit_by_its_name() {
    let t = TestApp::start_with(|config| config.max_query_tokens = 2_000).await;
    let fields =
        "queryTokens queryDepth queryFields queryRootFields queryAliases queryDirectives rows bodyBytes";
    let limits = t.gql(&format!("{{ limits {{ {fields} }} }}"), json!({})).await["data"]["limits"].clone();
    assert_eq!(
        limits,
        json!({"queryTokens": 2_000, "queryDepth": 20, "queryFields": 2_000, "queryRootFields": 50,
            "queryAliases": 100, "queryDirectives": 8, "rows": 100_000, "bodyBytes": 16 << 20})
    );
    let many = |text: &dyn Fn(usize) -> String, count: usize| (0..count).map(text).collect::<String>();
    let alias = |number: usize| format!(" a{number}: rows");
    let root = |number: usize| format!(" r{number}: __typename");
    let nested = |levels: usize| {
        let open = "groups { nodes { members { nodes { ".repeat(levels);
        format!(
            "{{ groups {{ nodes {{ members {{ nodes {{ {open} id {} }} }} }} }} }}",
            "}".repeat(levels * 4)
        )
    };
    let spread = format!("{{ limits {{ {} }} }} fragment F on Limits {{ {fields} }}", "...F ".repeat(300));
    for (document, limit) in [
        (format!("{{ limits {{ {} }} }}", many(&alias, 101)), "queryAliases"),
        (format!("{{ limits {{ ...F }} }} fragment F on Limits {{ {} }}", many(&alias, 101)), "queryAliases"),
        (format!("{{ {} }}", many(&root, 51)), "queryRootFields"),
        (format!("{{ ...F }} fragment F on Query {{ {} }}", many(&root, 51)), "queryRootFields"),
        (nested(5), "queryDepth"),
        (spread, "queryFields"),
        (format!("{{ __typename {} }}", "@skip(if: false) ".repeat(9)), "queryDirectives"),
    ] {
        let answer = t.gql_as(&t.alpha.admin, &document, json!({})).await;
        let error = answer.json()["errors"][0].clone();
        assert_eq!(answer.status, 400, "{limit} {error}");
        assert_eq!(
            (&error["extensions"]["limit"], &error["extensions"]["argument"]),
            (&json!(limit), &json!("query"))
        );
        let (message, most) = (error["message"].as_str().expect("a message"), limits[limit].to_string());
        assert!(message.starts_with("query: has ") && message.contains(&most), "{message}");
    }
    let long = format!("{{ limits {{ {} }} }}", "rows ".repeat(2_000));
    let answer = t.gql_as(&t.alpha.admin, &long, json!({})).await.json();
    assert!(
        answer["errors"][0]["message"].as_str().is_some_and(|text| text.contains("2000 tokens")),
        "{answer}"
    );
    let within = format!("{{ limits {{ {} }} {} }}", many(&alias, 80), many(&root, 19));
    assert_eq!(t.gql_as(&t.alpha.admin, &within, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_flag_that_can_only_be_true_is_not_read_as_its_opposite() {
    let t = TestApp::start().await;
    let document = r#"{ activeUsers(groupType: "c", last: "P1D", filter: {event: {property: "a", isSet: false}}) { hint } }"#;
    let answer = t.gql(document, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["argument"], "filter.event.isSet", "{answer}");
}
