//! Settings: clients are made, rotated and revoked by those who may; limits and figures are the API's.

use super::{Browser, Shown, start};
use crate::support::app::{Credentials, TestApp};
use serde_json::{Value, json};

/// The text of the element with an id.
fn text_of(page: &Shown, id: &str) -> String {
    let after = page.text.split(&format!("id=\"{id}\">")).nth(1).unwrap_or_default();
    after.split('<').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn clients_are_made_rotated_and_revoked() {
    let (t, served) = start().await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let page = browser.get("/dashboard/settings").await;
    for client in [&t.alpha.admin, &t.alpha.read, &t.alpha.write] {
        assert!(page.text.contains(&client.id) && !page.text.contains(&client.secret));
    }
    assert!(!page.text.contains(&t.beta.admin.id));
    let fields =
        [("name", "<i>Desk</i>"), ("right", "READ"), ("origins", "https://a.example  https://b.example")];
    let made = browser.send(&page, "/dashboard/settings/clients/create", &fields).await;
    let client = Credentials { id: text_of(&made, "new-id"), secret: text_of(&made, "new-secret") };
    assert!(made.status == 200 && client.secret.starts_with("sec_"), "{}", made.words());
    assert!(made.text.contains("&lt;i&gt;Desk&lt;/i&gt;") && !made.text.contains("<i>Desk"));
    assert!(made.words().contains("Origins: https://a.example https://b.example"), "{}", made.words());
    let status = async |client: &Credentials| t.gql_as(client, "{ __typename }", json!({})).await.status;
    assert_eq!(status(&client).await, 200);
    assert!(!browser.get("/dashboard/settings").await.text.contains(&client.secret), "it is shown once");

    let id = client.id.as_str();
    let unsure = browser.send(&page, "/dashboard/settings/clients/rotate", &[("id", id)]).await;
    assert!(unsure.status == 400 && unsure.words().contains("Sure: is empty"), "{}", unsure.words());
    let sure = [("id", id), ("sure", "yes")];
    let rotated = browser.send(&page, "/dashboard/settings/clients/rotate", &sure).await;
    let second = Credentials { id: client.id.clone(), secret: text_of(&rotated, "new-secret") };
    assert_eq!((status(&client).await, status(&second).await), (401, 200));
    let origins = [("id", id), ("origins", "")];
    let changed = browser.send(&page, "/dashboard/settings/clients/origins", &origins).await;
    assert!(changed.words().contains("The change was saved.") && !changed.text.contains("https://a.example"));
    // Whoever is signed in with a client that is revoked is signed in no more.
    let mut reader = Browser::signed_in(&served, &second).await;
    let revoked = browser.send(&page, "/dashboard/settings/clients/revoke", &sure).await;
    assert!(
        revoked.words().contains("The client was revoked.") && revoked.words().contains("1 revoked"),
        "{}",
        revoked.words()
    );
    assert_eq!(status(&second).await, 401);
    assert!(reader.get("/dashboard/groups").await.address.starts_with("/dashboard/sign-in"));
    let last = [("id", t.alpha.admin.id.as_str()), ("sure", "yes")];
    let refused = browser.send(&page, "/dashboard/settings/clients/revoke", &last).await;
    assert!(
        refused.status == 409 && refused.words().contains("create another ADMIN client first"),
        "{}",
        refused.words()
    );
    let wrong = [("name", "x"), ("right", "READ"), ("origins", "not\u{fffd}one")];
    let refused = browser.send(&page, "/dashboard/settings/clients/create", &wrong).await;
    assert!(refused.status == 400 && refused.words().contains("rigins"), "{}", refused.words());
    assert_eq!(
        browser.post("/dashboard/settings/clients/revoke", &sure, &[]).await.status,
        403,
        "without its token"
    );
}

#[tokio::test]
async fn who_may_only_read_sees_limits_and_figures_and_no_clients() {
    let (t, served) = start().await;
    let event = |n: u32| json!({"type": "track", "payload": {"name": "a", "profileId": format!("u{n}")}});
    assert_eq!(t.track(&json!((0..7).map(event).collect::<Vec<_>>())).await.status, 200);
    let mut reader = Browser::signed_in(&served, &t.alpha.read).await;
    let page = reader.get("/dashboard/settings").await;
    let words = page.words();
    assert!(words.contains("Events 7 7 still in the log") && words.contains("Segments 0"), "{words}");
    assert!(!page.text.contains(&t.alpha.admin.id) && !page.text.contains("/clients/create"), "{words}");
    let admin = t.app.clients(t.alpha.key).into_iter().find(|client| client.id == t.alpha.admin.id);
    assert!(admin.is_some_and(|client| client.revoked_at.is_none()));
    let sure = [("id", t.alpha.write.id.as_str()), ("sure", "yes")];
    assert_eq!(reader.send(&page, "/dashboard/settings/clients/revoke", &sure).await.status, 403);
    assert_eq!(reader.send(&page, "/dashboard/settings/clients/create", &[("name", "x")]).await.status, 403);
    // Every limit of the schema is there.
    let asked = "{ __type(name: \"Limits\") { fields { name } } }";
    let fields = t.gql(asked, json!({})).await["data"]["__type"]["fields"].take();
    let names: Vec<&str> =
        fields.as_array().expect("a list").iter().filter_map(|field| field["name"].as_str()).collect();
    let told = t.get("/queries/dashboard/Limits.json", &t.alpha.read.headers()).await.json();
    let limits = told["data"]["limits"].as_object().expect("limits");
    for name in &names {
        let value = limits.get(*name).and_then(Value::as_i64).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(value >= 0);
    }
    assert!(words.contains("Requests per minute 60,000"), "{words}");
}

#[tokio::test]
async fn storage_is_each_projects_own() {
    let t = TestApp::start().await;
    let event = |n: u32| json!({"type": "track", "payload": {"name": "a", "profileId": format!("u{n}")}});
    assert_eq!(t.track(&json!((0..7).map(event).collect::<Vec<_>>())).await.status, 200);
    let asked = "{ storage { events unsealedEvents segments bytes lastReceivedAt sealedUntil lastCompactedAt medianLagSeconds isDegraded } }";
    let alpha = t.gql(asked, json!({})).await["data"]["storage"].take();
    let expected = json!({"events": 7, "unsealedEvents": 7, "segments": 0, "bytes": 0.0, "lastReceivedAt": "2026-03-10T12:00:00Z",
        "sealedUntil": null, "lastCompactedAt": null, "medianLagSeconds": 0.0, "isDegraded": false});
    assert_eq!(alpha, expected);
    let beta = t.gql_as(&t.beta.read, asked, json!({})).await.json()["data"]["storage"].take();
    let nothing = json!({"events": 0, "unsealedEvents": 0, "segments": 0, "bytes": 0.0, "lastReceivedAt": null,
        "sealedUntil": null, "lastCompactedAt": null, "medianLagSeconds": null, "isDegraded": false});
    assert_eq!(beta, nothing);
    let refused = t.gql_as(&t.alpha.write, asked, json!({})).await.json();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let t = t.restart_with(|config| config.seal_rows = 5).await;
    assert_eq!(t.track(&json!((7..9).map(event).collect::<Vec<_>>())).await.status, 200);
    let sealed = async || t.gql(asked, json!({})).await["data"]["storage"].take();
    let mut found = sealed().await;
    for _ in 0..2_000 {
        if found["segments"] == 1 {
            break;
        }
        tokio::task::yield_now().await;
        found = sealed().await;
    }
    assert_eq!(
        (&found["segments"], &found["sealedUntil"]),
        (&json!(1), &json!("2026-03-10T12:00:00Z")),
        "{found}"
    );
    assert!(found["bytes"].as_f64().is_some_and(|bytes| bytes > 100.0), "{found}");
}

#[tokio::test]
async fn the_last_compaction_is_told_to_whom_it_concerns() {
    let t = TestApp::start_with(|config| config.seal_rows = 5).await;
    let served = t.serve().await;
    let asked = "{ storage { segments lastCompactedAt } }";
    let mut found = t.gql(asked, json!({})).await["data"]["storage"].take();
    assert_eq!(found["lastCompactedAt"], Value::Null);
    for batch in 0..8 {
        let event =
            |n: u32| json!({"type": "track", "payload": {"name": "a", "profileId": format!("u{batch}-{n}")}});
        assert_eq!(t.track(&json!((0..5).map(event).collect::<Vec<_>>())).await.status, 200);
    }
    for _ in 0..20_000 {
        if !found["lastCompactedAt"].is_null() {
            break;
        }
        tokio::task::yield_now().await;
        found = t.gql(asked, json!({})).await["data"]["storage"].take();
    }
    assert_eq!(found["lastCompactedAt"], "2026-03-10T12:00:00Z", "{found}");
    let page = Browser::signed_in(&served, &t.alpha.read).await.get("/dashboard/settings").await;
    assert!(page.words().contains("Last compaction just now"), "{}", page.words());
    let other = Browser::signed_in(&served, &t.beta.read).await.get("/dashboard/settings").await;
    assert!(other.words().contains("Last compaction –"), "{}", other.words());
}
