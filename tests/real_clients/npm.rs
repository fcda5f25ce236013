//! What products and their developers use: Apollo Client, urql, code generation, checks of schema and operations.

use super::packages::{node, who};
use super::start;
use serde_json::json;
use std::path::Path;

/// A folder of this repository.
fn own(folder: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn apollo_client_pages_keeps_persists_and_listens() {
    let t = start().await;
    let served = t.serve().await;
    let Some(told) = node("apollo.mjs", &who(&served, &t.alpha.admin)).await else { return };
    // The first page, both, the first anew, and what the mutation changed, without another question.
    assert_eq!(
        told["shown"],
        json!([
            ["Acme", "Globex"],
            ["Acme", "Globex", "Umbrella"],
            ["Acme", "Globex"],
            ["Acme Ltd", "Globex"]
        ])
    );
    // A hash nobody knows, the document with it, then hashes alone.
    assert_eq!(told["requests"], json!([["GET", false], ["POST", false], ["GET", false]]));
    assert_eq!(told["again"], json!(["GET", false]));
    assert_eq!(told["outcome"], "UPDATED");
    assert_eq!(told["failed"], json!({"code": "BAD_INPUT", "argument": "last"}));
    assert_eq!(told["live"], json!(["event-0", "event-1"]));
    for batched in told["batched"].as_array().expect("two") {
        assert_eq!(batched[0], "rejected", "{batched}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn urql_asks_by_get_asks_anew_after_a_change_and_listens() {
    let t = start().await;
    let served = t.serve().await;
    let Some(told) = node("urql.mjs", &who(&served, &t.alpha.admin)).await else { return };
    assert_eq!(told["names"], json!(["Acme", "Acme", "Acme Inc"]));
    // The second question is answered by its cache.
    assert_eq!(told["methods"], json!(["GET", "POST", "GET"]));
    assert_eq!(told["failed"], json!([{"code": "BAD_INPUT", "argument": "last"}]));
    assert_eq!(told["live"], json!(["event-0", "event-1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn code_generated_from_the_introspected_schema_compiles() {
    let t = start().await;
    let served = t.serve().await;
    let out = tempfile::tempdir().expect("a folder");
    let mut arguments = who(&served, &t.alpha.read).to_vec();
    arguments.push(out.path().display().to_string());
    let folders = ["queries", "queries/dashboard", "tests/contract"];
    arguments.extend(folders.map(own));
    let Some(told) = node("generate.mjs", &arguments).await else { return };
    assert_eq!(told["complaints"], json!([]));
    for (folder, operations) in folders.iter().zip(told["operations"].as_array().expect("lists")) {
        let operations = operations.as_array().expect("a list").len();
        assert!(operations > 15, "{folder}: {operations}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_eslint_and_graphql_inspector_find_nothing_wrong() {
    let arguments = ["schema.graphql", "queries", "tests/contract"].map(own);
    let Some(told) = node("inspect.mjs", &arguments).await else { return };
    assert_eq!(told["schema"], json!([]));
    assert_eq!(told["acceptedInVain"], json!([]));
    assert_eq!(told["invalid"], json!([]));
    // They look: at every file, and find what is wrong.
    assert!(told["documents"].as_i64() >= Some(50), "{}", told["documents"]);
    assert!(told["wrongSchema"].as_i64() > Some(0), "{}", told["wrongSchema"]);
    assert_eq!(told["wrongDocument"][0]["errors"][0], "Cannot query field \"nothing\" on type \"Query\".");
}
