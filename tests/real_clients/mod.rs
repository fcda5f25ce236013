//! Programs that others wrote and our customers use, against a real server: each asked as its documentation says, with
//! nothing but the address and credentials changed.

mod npm;
pub(crate) mod packages;
mod python;

use crate::support::app::TestApp;
use serde_json::json;

/// Three companies, the events of two of them and a cohort.
async fn start() -> TestApp {
    let t = TestApp::start().await;
    let document = r#"mutation {
      a: upsertGroup(input: {id: "acme", type: "company", name: "Acme"}) { outcome }
      b: upsertGroup(input: {id: "globex", type: "company", name: "Globex"}) { outcome }
      c: upsertGroup(input: {id: "umbrella", type: "company", name: "Umbrella"}) { outcome }
      d: setGroup(input: {profileId: "jane", groupId: "acme"}) { profile { id } }
      saveCohort(input: {id: "customers", name: "Customers", unit: {kind: GROUP, groupType: "company"},
        rule: {ids: ["acme"]}}) { cohort { id } }
      trackBatch(input: {events: [
        {name: "login", profileId: "jane", groups: ["acme"], occurredAt: "2026-03-09T09:00:00Z"}
        {name: "login", profileId: "joe", groups: ["acme"], occurredAt: "2026-03-09T10:00:00Z"}
        {name: "report_shared", profileId: "jane", groups: ["acme"], occurredAt: "2026-03-10T09:00:00Z"}
        {name: "login", profileId: "kim", groups: ["globex"], occurredAt: "2026-03-10T10:00:00Z"}
      ]}) { accepted }
    }"#;
    for project in [&t.alpha, &t.beta] {
        let answer = t.gql_as(&project.admin, document, json!({})).await.json();
        assert_eq!(answer["data"]["trackBatch"]["accepted"], 4, "{answer}");
    }
    t
}
