//! A group's page: every number is the API's, properties keep their types, members and events come and go.

use super::{Browser, start};
use crate::support::app::TestApp;
use serde_json::{Value, json};

const UPSERT: &str = "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }";

/// An id that an address must not take apart.
const ID: &str = "a/b?c=d&e";

/// The id in an address.
const ENCODED: &str = "a%2Fb%3Fc%3Dd%26e";

async fn fill(t: &TestApp) {
    let properties = json!({ "plan": "pro", "seats": 12, "paid": true, "tags": ["a"], "<script>": "</textarea><script>alert(1)</script>", "long": "x".repeat(10_000) });
    let input = json!({ "id": ID, "name": "<b>Acme</b>", "type": "company", "properties": properties });
    assert!(t.gql(UPSERT, json!({ "input": input })).await["errors"].is_null());
    for (profile, name, at, path) in [
        ("ann", "signup", "2026-01-20T09:00:00Z", None),
        ("ann", "signup", "2026-02-20T09:00:00Z", None),
        ("ann", "screen_view", "2026-02-20T09:01:00Z", Some("/pricing")),
        ("ann", "invite_sent", "2026-02-21T09:00:00Z", None),
        ("bob", "signup", "2026-03-01T10:00:00Z", None),
        ("bob", "screen_view", "2026-03-10T11:00:00Z", Some("/<b>")),
    ] {
        let input = json!({ "name": name, "profileId": profile, "groups": [ID], "occurredAt": at, "path": path, "properties": { "seats": 3 } });
        let done = t
            .gql(
                "mutation($input: TrackInput!) { track(input: $input) { outcome } }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(done["data"]["track"]["outcome"], "ACCEPTED", "{done}");
    }
    for profile in ["ann", "bob"] {
        let input = json!({ "profileId": profile, "groupId": ID, "joinedAt": "2026-02-20T00:00:00Z" });
        t.gql(
            "mutation($input: SetGroupInput!) { setGroup(input: $input) { profile { id } } }",
            json!({ "input": input }),
        )
        .await;
    }
}

#[tokio::test]
async fn the_cards_and_charts_have_the_numbers_of_the_api() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let page = browser
        .get(&format!("/dashboard/group?id={ENCODED}&days=30&compare=1&steps=signup,invite_sent"))
        .await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert!(!page.text.contains("<b>Acme") && !page.text.contains("<script>alert"), "{}", page.text);
    let words = page.words();
    for part in [
        "Events 5 +400 % against the period before",
        "Active users 2 +100 % against the period before",
        "Members at the end 2",
        "2 joined and 0 left; 2 members at the end.",
        "/pricing 1 ",
        "/&lt;b&gt; 1 ",
        "signup 2 100.0 %",
        "invite_sent 1 50.0 %",
        "1. signup",
        "6 events on 5 of 182 days.",
    ] {
        assert!(words.contains(part), "{part} is missing: {words}");
    }
    // Every table that a panel links to answers with the same variables.
    let tables: Vec<String> = page
        .text
        .split("href=\"/queries/")
        .skip(1)
        .filter_map(|part| Some(format!("/queries/{}", part.split('"').next()?.replace("&amp;", "&"))))
        .collect();
    assert!(tables.len() >= 8, "{tables:?}");
    for table in tables {
        let answer = browser.get(&table).await;
        let kind = answer.headers["content-type"].to_str().expect("text");
        assert!(answer.status == 200 && kind.starts_with("text/csv"), "{table}: {}", answer.text);
    }
    let figures = format!("/queries/dashboard/GroupFigures.json?id={ENCODED}&last=P30D");
    let figures: Value = serde_json::from_str(&browser.get(&figures).await.text).expect("JSON");
    assert_eq!(figures["data"]["group"]["metrics"]["events"], 5);
    let other =
        Browser::signed_in(&served, &t.beta.read).await.get(&format!("/dashboard/group?id={ENCODED}")).await;
    assert_eq!(other.status, 404, "{}", other.words());
}

#[tokio::test]
async fn a_wrong_range_is_told_with_its_field() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let page = browser.get(&format!("/dashboard/group?id={ENCODED}&from=2026-03-02&to=2026-03-01")).await;
    assert!(page.status == 400 && page.words().contains("To: lies before from"), "{}", page.words());
    let page = browser.get("/dashboard/group?id=nobody").await;
    assert!(page.status == 404 && page.words().contains("there is no group"), "{}", page.words());
}

#[tokio::test]
async fn properties_are_added_changed_and_removed_with_their_types() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let tab = browser.get(&format!("/dashboard/group?id={ENCODED}&tab=properties")).await;
    assert!(!tab.text.contains("<script>alert"), "{}", tab.text);
    for (key, kind, value, act) in [
        ("seats", "number", "20", "change"),
        ("plan", "text", "20", "change"),
        ("paid", "", "", "remove"),
        ("tags", "json", "{\"a\": {\"b\": 1}}", "change"),
        ("owner \"x\"", "text", "Ann", "add"),
        ("long", "", "", "remove"),
        ("<script>", "", "", "remove"),
    ] {
        let fields = [("id", ID), ("key", key), ("kind", kind), ("value", value), ("do", act)];
        let done = browser.send(&tab, "/dashboard/group/properties", &fields).await;
        assert!(done.address.contains("&said="), "{key}: {}", done.words());
    }
    let fields = [("id", ID), ("key", "tags"), ("kind", "json"), ("value", "{\"a\": {}}"), ("do", "change")];
    browser.send(&tab, "/dashboard/group/properties", &fields).await;
    let group = t.groups(&t.alpha).await;
    assert_eq!(
        group[0]["properties"],
        json!({"plan": "20", "seats": 20, "tags": {"a": {}}, "owner \"x\"": "Ann"})
    );
    for (key, kind, value, act, status, part) in [
        ("seats", "number", "many", "change", 400, "Seats: is no number"),
        ("", "text", "x", "add", 400, "Key: is empty"),
        ("plan", "text", "x", "add", 409, "there is a property"),
    ] {
        let fields = [("id", ID), ("key", key), ("kind", kind), ("value", value), ("do", act)];
        let refused = browser.send(&tab, "/dashboard/group/properties", &fields).await;
        assert!(
            refused.status == status && refused.words().to_lowercase().contains(&part.to_lowercase()),
            "{}",
            refused.words()
        );
    }
    let history = browser.get(&format!("/dashboard/group?id={ENCODED}&tab=properties")).await;
    assert!(history.words().contains("seats : 12 → 20"), "{}", history.words());
    assert!(
        history.words().contains("long : xxxxx") && history.words().contains("… → removed"),
        "{}",
        history.words()
    );
    let named = browser
        .send(&tab, "/dashboard/group/name", &[("id", ID), ("name", "New & Co"), ("type", "team")])
        .await;
    assert!(named.text.contains("New &amp; Co"), "{}", named.words());
    assert_eq!(t.groups(&t.alpha).await[0]["type"], "team");

    let mut reader = Browser::signed_in(&served, &t.alpha.read).await;
    let tab = reader.get(&format!("/dashboard/group?id={ENCODED}&tab=properties")).await;
    assert!(!tab.text.contains("/dashboard/group/properties"), "READ is offered no form");
    let fields = [("id", ID), ("key", "plan"), ("kind", "text"), ("value", "x"), ("do", "change")];
    assert_eq!(reader.send(&tab, "/dashboard/group/properties", &fields).await.status, 403);
    assert_eq!(t.groups(&t.alpha).await[0]["properties"]["plan"], "20");
}

#[tokio::test]
async fn members_are_found_added_and_removed() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let tab = browser.get(&format!("/dashboard/group?id={ENCODED}&tab=members")).await;
    assert!(tab.words().contains("2 members."), "{}", tab.words());
    let added = browser
        .send(&tab, "/dashboard/group/members", &[("id", ID), ("profile", "<i>cid</i>"), ("do", "add")])
        .await;
    assert!(
        added.words().contains("The member was added.") && added.text.contains("&lt;i&gt;cid&lt;/i&gt;"),
        "{}",
        added.words()
    );
    let found = browser.get(&format!("/dashboard/group?id={ENCODED}&tab=members&search=AN")).await;
    assert!(found.words().contains("1 member found."), "{}", found.words());
    browser.send(&tab, "/dashboard/group/members", &[("id", ID), ("profile", "ann"), ("do", "remove")]).await;
    let open: Vec<Value> = t.memberships(&t.alpha).await.into_iter().filter(|one| one[2] == true).collect();
    assert_eq!(open, [json!(["bob", ID, true]), json!(["<i>cid</i>", ID, true])]);
    let none =
        browser.send(&tab, "/dashboard/group/members", &[("id", ID), ("profile", ""), ("do", "add")]).await;
    assert!(none.status == 400 && none.words().contains("Profile: is empty"), "{}", none.words());
}

#[tokio::test]
async fn events_are_chosen_by_name_and_by_property() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    for (choice, rows) in [
        ("", 6),
        ("&name=signup", 3),
        ("&property=seats&value=3", 6),
        ("&property=seats&value=4", 0),
        ("&property=plan", 0),
        ("&name=signup&property=seats", 3),
    ] {
        let tab = browser.get(&format!("/dashboard/group?id={ENCODED}&tab=events{choice}")).await;
        assert_eq!(tab.text.matches("<td class=\"json\">").count(), rows, "{choice}: {}", tab.words());
        assert!(tab.text.contains("data-renew=\"5\""));
    }
}
