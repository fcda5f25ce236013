//! The audits of npm `graphql-http`: whether the server keeps to the GraphQL-over-HTTP specification.

use super::sdk::{packages, script};
use crate::support::app::TestApp;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn every_audit_of_graphql_over_http_passes() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    let packages = tokio::task::spawn_blocking(packages).await.expect("they are installed");
    let audits = packages.join("graphql-http/lib/audits/index.mjs").display().to_string();
    let (url, client) = (format!("{}/graphql", served.url), &t.alpha.admin);
    let results = script("audits.mjs", vec![audits, url, client.id.clone(), client.secret.clone()]).await;
    let results = results.as_array().expect("a list");
    let failed: Vec<&Value> = results.iter().filter(|result| result["status"] != "ok").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(results.len(), 61);
}
