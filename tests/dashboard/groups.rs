//! The list of groups: the numbers of the API, every order, creating and deleting.

use super::{Browser, Shown, start};
use crate::support::app::TestApp;
use serde_json::{Value, json};

/// Names that would break a page which does not escape them.
const NAMES: [(&str, &str); 5] = [
    ("a/b?c=d&e", "<script>alert(1)</script>"),
    ("..", "\"Quotes\" & 'more'"),
    ("émoji 🦀", "Crab 🦀 Ltd"),
    ("rtl", "שלום עולם"),
    ("plain", "Plain"),
];

async fn fill(t: &TestApp) {
    for (id, name) in NAMES {
        let input =
            json!({ "id": id, "name": name, "type": "company", "properties": { "plan": "<b>pro</b>" } });
        let done = t
            .gql(
                "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }",
                json!({ "input": input }),
            )
            .await;
        assert!(done["errors"].is_null(), "{done}");
    }
    for (place, (id, _)) in NAMES.iter().enumerate() {
        for event in 0..=place {
            let track = json!({ "name": "seen", "profileId": format!("p{event}"), "groups": [id] });
            t.gql(
                "mutation($input: TrackInput!) { track(input: $input) { outcome } }",
                json!({ "input": track }),
            )
            .await;
        }
    }
}

#[tokio::test]
async fn every_name_is_shown_as_it_is_and_nothing_of_it_is_executed() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let page = browser.get("/dashboard/groups").await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.text.contains("Crab 🦀 Ltd") && page.text.contains("<bdi>שלום עולם</bdi>"));
    assert!(page.text.contains("href=\"/dashboard/group?id=a%2Fb%3Fc%3Dd%26e\""), "{}", page.text);
    assert!(page.text.len() < 100_000, "{} bytes", page.text.len());
    let other = Browser::signed_in(&served, &t.beta.admin).await.get("/dashboard/groups").await;
    assert!(!other.text.contains("Crab") && other.words().contains("No groups yet"), "{}", other.words());
    let told = format!("apiUrl: &#39;{}&#39;", served.url);
    let lines = other.text.replace('\'', "&#39;");
    assert!(lines.contains(&told) && !lines.contains(&t.beta.admin.id), "{told} {lines}");
}

#[tokio::test]
async fn a_page_is_given_again_from_what_is_kept_until_something_is_stored() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let first = browser.get("/dashboard/groups").await;
    let before = t.app.engine().statements();
    let again = browser.get("/dashboard/groups").await;
    assert_eq!(t.app.engine().statements(), before, "nothing is asked again");
    assert_eq!(again.text, first.text);
    let fresh = json!({ "id": "fresh", "type": "company", "name": "Fresh" });
    let mutation = "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }";
    let stored = t.gql(mutation, json!({ "input": fresh })).await;
    assert_eq!(stored["data"]["upsertGroup"]["outcome"], "CREATED", "{stored}");
    let changed = browser.get("/dashboard/groups").await;
    assert!(t.app.engine().statements() > before);
    assert!(changed.text.contains("Fresh") && !first.text.contains("Fresh"), "the very next page has it");
}

#[tokio::test]
async fn the_list_has_the_numbers_of_the_api_in_every_order() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    for order in ["NAME", "ID", "TYPE", "MEMBER_COUNT", "LAST_ACTIVE_AT", "EVENTS"] {
        for direction in ["ASC", "DESC"] {
            let asked = format!("orderBy={order}&direction={direction}");
            let page = browser.get(&format!("/dashboard/groups?{asked}")).await;
            let answer = browser.get(&format!("/queries/dashboard/Groups.json?{asked}")).await;
            let answer: Value = serde_json::from_str(&answer.text).expect("JSON");
            let nodes = answer["data"]["groups"]["nodes"].as_array().expect("nodes").clone();
            assert_eq!(nodes.len(), NAMES.len());
            let rows: Vec<&str> = page.text.split("<tr>").skip(2).collect();
            assert_eq!(rows.len(), nodes.len());
            for (row, node) in rows.iter().zip(&nodes) {
                let id = url::form_urlencoded::byte_serialize(node["id"].as_str().expect("an id").as_bytes())
                    .collect::<String>();
                assert!(row.contains(&format!("/dashboard/group?id={id}\"")), "{order} {direction}: {row}");
                let events = format!("<td class=\"number\">{} <svg", node["metrics"]["events"]);
                assert!(row.contains(&events), "{order} {direction}: {row}");
                let days = node["activity"]
                    .as_array()
                    .expect("days")
                    .iter()
                    .map(|day| day["events"].as_i64().unwrap_or(0));
                assert_eq!(json!(days.sum::<i64>()), node["metrics"]["events"]);
            }
        }
    }
    let searched = browser.get("/dashboard/groups?search=crab").await;
    assert!(searched.words().contains("1 group "), "{}", searched.words());
    let typed = browser.get("/dashboard/groups?type=company").await;
    assert!(typed.words().contains("5 groups"), "{}", typed.words());
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let (t, served) = start().await;
    for n in 0..120 {
        let input = json!({ "id": format!("g{n:03}"), "name": format!("Group {n:03}"), "type": "team" });
        t.gql(
            "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }",
            json!({ "input": input }),
        )
        .await;
    }
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let ids = |page: &Shown| {
        let parts = page.text.split("/dashboard/group?id=").skip(1);
        parts.filter_map(|part| part.get(..4)).map(str::to_owned).collect::<Vec<_>>()
    };
    let link = |page: &Shown, to: &str| {
        let (before, _) = page.text.split_once(&format!("\" rel=\"{to}\""))?;
        Some(before.rsplit("href=\"").next().expect("a link").replace("&amp;", "&"))
    };
    let mut page = browser.get("/dashboard/groups?orderBy=NAME&direction=ASC").await;
    let mut pages = vec![ids(&page)];
    while let Some(next) = link(&page, "next") {
        page = browser.get(&next).await;
        pages.push(ids(&page));
    }
    let all: Vec<String> = (0..120).map(|n| format!("g{n:03}")).collect();
    assert_eq!((pages.concat(), pages.len()), (all, 3));
    let first = browser.get(&link(&page, "first").expect("a link")).await;
    assert_eq!(ids(&first), pages[0]);
    for before in pages.iter().rev().skip(1) {
        page = browser.get(&link(&page, "prev").expect("a link")).await;
        assert_eq!(ids(&page), *before);
    }
    assert_eq!((link(&page, "prev"), link(&page, "first")), (None, None));
}

#[tokio::test]
async fn groups_are_created_and_deleted_by_those_who_may() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let form = browser.get("/dashboard/groups/new").await;
    let again = browser
        .send(&form, "/dashboard/groups/new", &[("id", ".."), ("name", "Two"), ("type", "team")])
        .await;
    assert!(again.status == 409 && again.words().contains("there is a group"), "{}", again.words());
    let empty =
        browser.send(&form, "/dashboard/groups/new", &[("id", "new"), ("name", " "), ("type", "team")]).await;
    assert!(empty.status == 400 && empty.words().contains("Name: is empty"), "{}", empty.words());
    assert!(empty.text.contains("value=\"new\""), "what was typed stays");

    let page = browser.get("/dashboard/groups").await;
    let chosen = [("id", ".."), ("id", "a/b?c=d&e")];
    let asked = browser.send(&page, "/dashboard/groups/delete", &chosen).await;
    assert!(asked.words().contains("Delete 2 groups?"), "{}", asked.words());
    assert_eq!(t.groups(&t.alpha).await.len(), NAMES.len());
    let confirmed = [("id", ".."), ("id", "a/b?c=d&e"), ("confirmed", "yes")];
    let done = browser.send(&asked, "/dashboard/groups/delete", &confirmed).await;
    assert_eq!(done.address, "/dashboard/groups?said=deleted");
    assert_eq!(t.groups(&t.alpha).await.len(), NAMES.len() - 2);

    let mut reader = Browser::signed_in(&served, &t.alpha.read).await;
    let page = reader.get("/dashboard/groups").await;
    for (address, fields) in [
        ("/dashboard/groups/new", vec![("id", "x"), ("name", "X"), ("type", "team")]),
        ("/dashboard/groups/delete", vec![("id", "plain"), ("confirmed", "yes")]),
        ("/dashboard/groups/delete", vec![("id", "plain")]),
    ] {
        let refused = reader.send(&page, address, &fields).await;
        assert_eq!(refused.status, 403, "{address} {fields:?}");
        assert!(refused.words().contains("right ADMIN"), "{}", refused.words());
    }
    assert_eq!(t.groups(&t.alpha).await.len(), NAMES.len() - 2);
}
