//! The documentation: there for everybody, whole, and found from where a question is asked.

use super::{Browser, start};
use muster::analytics::pages::PAGES;
use serde_json::json;

#[tokio::test]
async fn every_page_is_read_without_signing_in() {
    let (_t, served) = start().await;
    let mut browser = Browser::new(&served);
    let index = browser.get("/docs").await;
    assert_eq!((index.status, index.address.as_str()), (200, "/docs"), "{}", index.words());
    for page in &PAGES {
        let address = format!("/docs/{}", page.name);
        assert!(index.text.contains(&format!("href=\"{address}\"")), "{address} is not listed");
        let shown = browser.get(&address).await;
        assert_eq!(shown.status, 200, "{address}: {}", shown.words());
        assert!(shown.text.contains(&format!("<h1>{}</h1>", page.title())), "{address}");
        assert!(
            shown.text.contains("data-copy><code class=\"language-graphql\">"),
            "{address} has no example"
        );
        // The policy lets no style within the page through.
        let policy = shown.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("style-src 'self';") && !shown.text.contains("style="), "{address}");
        for link in shown.text.split("href=\"/docs/").skip(1) {
            let name = link.split('"').next().expect("a name");
            assert!(PAGES.iter().any(|page| page.name == name), "{address} leads to {name}");
        }
        assert!(!page.lead().is_empty() && !shown.text.contains("**"), "{address}");
    }
    assert_eq!(browser.get("/docs/nothing").await.status, 404);
}

#[tokio::test]
async fn every_question_leads_to_its_page_and_back() {
    let (t, served) = start().await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let asked = "{ __schema { queryType { fields { name } } } }";
    let fields = t.gql(asked, json!({})).await["data"]["__schema"]["queryType"]["fields"].take();
    let fields: Vec<&str> =
        fields.as_array().expect("a list").iter().filter_map(|field| field["name"].as_str()).collect();
    // Lists of what is stored are not counted in any way.
    let lists = ["events", "groups", "profiles"];
    let mut linked = 0;
    for slug in
        fields.iter().filter_map(|name| name.strip_suffix("Table")).filter(|slug| !lists.contains(slug))
    {
        let form = browser.get(&format!("/dashboard/explore/{slug}")).await;
        let page = PAGES.iter().find(|page| page.fields.contains(&slug));
        let page = page.unwrap_or_else(|| panic!("{slug} has no page"));
        assert!(form.text.contains(&format!("href=\"/docs/{}\"", page.name)), "{slug}: {}", form.words());
        linked += 1;
    }
    assert!(linked > 15, "{linked}");
    for page in PAGES.iter().filter(|page| !page.fields.is_empty()) {
        let shown = browser.get(&format!("/docs/{}", page.name)).await;
        assert!(shown.words().contains("Sign out"), "{}", page.name);
        let back = format!("/dashboard/explore/{}", page.fields[0]);
        assert!(shown.text.contains(&format!("href=\"{back}\"")), "{}", page.name);
        assert_eq!(browser.get(&back).await.status, 200, "{back}");
    }
    let nothing = browser.get("/docs/nothing").await;
    assert!(nothing.status == 404 && nothing.words().contains("no such page"), "{}", nothing.words());
}
