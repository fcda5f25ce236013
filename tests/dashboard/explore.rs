//! Explore and saved queries: forms of the schema, answers of the API, and what is saved answers by its address.

use super::{Browser, start};
use crate::support::app::TestApp;
use serde_json::{Value, json};

async fn fill(t: &TestApp) {
    for (profile, name, at) in [
        ("ann", "signup", "2026-03-01T09:00:00Z"),
        ("bob", "signup", "2026-03-02T09:00:00Z"),
        ("cid", "signup", "2026-03-03T09:00:00Z"),
        ("ann", "<b>invite</b>", "2026-03-04T09:00:00Z"),
        ("bob", "<b>invite</b>", "2026-03-05T09:00:00Z"),
    ] {
        let properties = json!({ "plan": if profile == "ann" { "pro" } else { "free" } });
        let input = json!({ "name": name, "profileId": profile, "groups": ["acme"], "occurredAt": at, "properties": properties });
        let done = t
            .gql(
                "mutation($input: TrackInput!) { track(input: $input) { outcome } }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(done["data"]["track"]["outcome"], "ACCEPTED", "{done}");
    }
}

const FUNNEL: &str = "/dashboard/explore/funnel?from=2026-03-01&to=2026-03-10&window=P30D&steps=signup%2C%3Cb%3Einvite%3C%2Fb%3E";

#[tokio::test]
async fn every_question_of_flat_rows_has_a_form_of_its_arguments() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let index = browser.get("/dashboard/explore").await;
    let asked = "{ __schema { queryType { fields { name args { name } } } } }";
    let fields = t.gql(asked, json!({})).await["data"]["__schema"]["queryType"]["fields"].take();
    let tables = fields.as_array().expect("a list").iter();
    let tables: Vec<&Value> =
        tables.filter(|field| field["name"].as_str().is_some_and(|name| name.ends_with("Table"))).collect();
    assert!(tables.len() > 15, "{}", tables.len());
    for field in tables {
        let slug = field["name"].as_str().expect("a name").trim_end_matches("Table");
        assert!(index.text.contains(&format!("href=\"/dashboard/explore/{slug}\"")), "{slug}");
        let page = browser.get(&format!("/dashboard/explore/{slug}")).await;
        assert_eq!(page.status, 200, "{slug}: {}", page.words());
        for argument in field["args"].as_array().expect("a list") {
            let name = argument["name"].as_str().expect("a name");
            assert!(page.text.contains(&format!("name=\"{name}\"")), "{slug} has no field {name}");
        }
    }
    let page = browser.get("/dashboard/explore/trend").await;
    for part in [
        "<datalist id=\"known-events\">",
        "<option value=\"signup\">",
        "<option value=\"event:plan\">",
        "<option value=\"MEDIAN\">",
    ] {
        assert!(page.text.contains(part), "{part} is missing");
    }
    assert!(
        page.text.contains("<option value=\"&lt;b&gt;invite&lt;/b&gt;\">")
            && !page.text.contains("<b>invite")
    );
    let nothing = browser.get("/dashboard/explore/limits").await;
    assert_eq!(nothing.status, 404, "{}", nothing.words());
}

#[tokio::test]
async fn a_form_with_nothing_but_what_is_needed_is_answered() {
    let (t, served) = start().await;
    fill(&t).await;
    let input = json!({ "id": "acme", "type": "company", "name": "Acme" });
    let upsert = "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }";
    assert!(t.gql(upsert, json!({ "input": input })).await["errors"].is_null());
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let asked = "{ __schema { queryType { fields { name args { name defaultValue type { kind } } } } } }";
    let fields = t.gql(asked, json!({})).await["data"]["__schema"]["queryType"]["fields"].take();
    let mut answered = 0;
    for field in fields.as_array().expect("a list") {
        let name = field["name"].as_str().expect("a name");
        // There is no cohort here.
        let Some(slug) = name.strip_suffix("Table").filter(|slug| *slug != "cohort") else { continue };
        let needed = field["args"].as_array().expect("a list").iter();
        let needed = needed
            .filter(|argument| argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null());
        let given: Vec<String> = needed
            .map(|argument| match argument["name"].as_str().expect("a name") {
                "groupType" => "groupType=company",
                "groupId" => "groupId=acme",
                "steps" => "steps=signup,signup",
                "window" => "window=P7D",
                "event" => "event=signup",
                "of" => "of=EVENT",
                "property" => "property=plan",
                "from" => "from=2026-03-01",
                "to" => "to=2026-03-10",
                other => panic!("{name} needs {other}"),
            })
            .map(str::to_owned)
            .collect();
        let page = browser.get(&format!("/dashboard/explore/{slug}?{}", given.join("&"))).await;
        assert!(!page.text.contains("class=\"problem\""), "{slug}: {}", page.words());
        assert!(page.text.contains("id=\"answer\""), "{slug}: {}", page.words());
        answered += 1;
    }
    assert!(answered > 15, "{answered}");
}

#[tokio::test]
async fn an_answer_in_which_something_is_missing_says_why() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let march = "from=2026-03-01&to=2026-03-10";
    for (asked, why) in [
        // Rows of nothing but zeros, all of them or one, and no row at all.
        (format!("trend?events=sing_up&{march}"), "No event has the name \"sing_up\";"),
        (format!("funnel?window=P7D&steps=signup,sing_up&{march}"), "No event has the name \"sing_up\";"),
        (
            "funnel?window=P7D&steps=signup,signup&from=2020-03-01&to=2020-03-10".to_owned(),
            "No event lies in the range; the latest was at 2026-03-05T09:00:00",
        ),
        (format!("slippingAway?groupType=planet&{march}"), "No group has the type \"planet\";"),
        (
            format!("trend?{march}&where-property=plam&where-value=pro"),
            "No event of the range has the property \"plam\";",
        ),
    ] {
        let page = browser.get(&format!("/dashboard/explore/{asked}")).await;
        let words = page.words().replace("&quot;", "\"");
        assert!(words.contains(why), "{asked}: {words}");
    }
    let page = browser.get(&format!("/dashboard/explore/trend?events=signup&{march}")).await;
    assert!(!page.words().contains("No event"), "{}", page.words());
}

#[tokio::test]
async fn an_answer_is_the_apis_and_can_be_taken_along() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let page = browser.get(FUNNEL).await;
    let words = page.words();
    assert_eq!(page.status, 200, "{words}");
    assert!(words.contains("1. signup") && words.contains("2. &lt;b&gt;invite&lt;/b&gt;"), "{words}");
    let api = "{ funnelTable(from: \"2026-03-01\", to: \"2026-03-10\", window: \"P30D\", steps: \"signup,<b>invite</b>\") { step event units rateFromStart } }";
    let rows = t.gql(api, json!({})).await["data"]["funnelTable"].take();
    assert_eq!((&rows[0]["units"], &rows[1]["units"]), (&json!(3), &json!(2)), "{rows}");
    assert!(words.contains("signup 3 ") && words.contains("0.6667"), "{words}");
    assert!(
        !page.text.contains("<b>invite") && !page.text.contains("Save as a saved query"),
        "READ may not save"
    );

    let csv = browser.get(&format!("{FUNNEL}&as=csv")).await;
    assert!(csv.headers["content-type"].to_str().expect("text").starts_with("text/csv"), "{}", csv.text);
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    // What is offered for copying asks the same.
    let document = page.text.split("id=\"as-graphql\"").nth(1).and_then(|part| part.split("<code>").nth(1));
    let document = document.and_then(|part| part.split("</code>").next()).expect("a document");
    let document =
        document.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let answer = t.gql_as(&t.alpha.read, &document, json!({})).await.json();
    assert_eq!(answer["data"]["funnelTable"][1]["units"], 2, "{document} {answer}");

    let filtered = browser.get("/dashboard/explore/trend?from=2026-03-01&to=2026-03-06&events=signup&where-property=plan&where-value=pro").await;
    let api = "{ trendTable(from: \"2026-03-01\", to: \"2026-03-06\", events: \"signup\", where: \"{\\\"event\\\": {\\\"property\\\": \\\"plan\\\", \\\"eq\\\": \\\"pro\\\"}}\") { localDate value } }";
    let rows = t.gql(api, json!({})).await["data"]["trendTable"].take();
    let told: Vec<String> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            format!("<title>{}\nsignup: {}</title>", row["localDate"].as_str().expect("a day"), row["value"])
        })
        .map(|told| told.replace(".0<", "<"))
        .collect();
    assert_eq!(told.len(), 5, "{rows}");
    for told in told {
        assert!(filtered.text.contains(&told), "{told} is missing: {}", filtered.words());
    }
    for (address, part) in [
        (
            "/dashboard/explore/trend?from=yesterday&to=2026-03-06",
            "From: is &quot;yesterday&quot;; give a Date",
        ),
        ("/dashboard/explore/funnel?window=P1D&steps=a", "teps"),
        ("/dashboard/explore/trend?interval=MOON", "nterval"),
    ] {
        let page = browser.get(address).await;
        assert!(
            page.text.contains("class=\"problem\"") && page.words().contains(part),
            "{address}: {}",
            page.words()
        );
    }
}

#[tokio::test]
async fn what_is_saved_answers_by_its_address_until_it_is_deleted() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let page = browser.get(FUNNEL).await;
    assert!(page.words().contains("Save as a saved query"), "{}", page.words());
    let fields = |name: &'static str| {
        [
            ("from", "2026-03-01"),
            ("to", "2026-03-10"),
            ("window", "P30D"),
            ("steps", "signup,<b>invite</b>"),
            ("save-name", name),
            ("save-description", "How far they get.\n} query X {"),
        ]
    };
    for (name, status, part) in [
        ("", 400, "Name: is empty"),
        ("lower case", 400, "PascalCase"),
        ("lower", 400, "PascalCase"),
        ("ActiveGroups", 409, "comes with a saved query ActiveGroups"),
    ] {
        let refused = browser.send(&page, "/dashboard/explore/funnel", &fields(name)).await;
        assert!(refused.status == status && refused.words().contains(part), "{name}: {}", refused.words());
    }
    let saved = browser.send(&page, "/dashboard/explore/funnel", &fields("HowFar")).await;
    assert_eq!(
        (saved.status, saved.address.as_str()),
        (200, "/dashboard/queries/HowFar?said=kept"),
        "{}",
        saved.words()
    );
    assert!(
        saved.words().contains("How far they get. } query X {") && saved.words().contains("1. signup"),
        "{}",
        saved.words()
    );
    let csv = browser.get("/queries/HowFar.csv").await;
    assert!(csv.status == 200 && csv.text.contains("signup"), "{}", csv.text);
    assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    let narrower = browser.get("/dashboard/queries/HowFar?to=2026-03-03").await;
    assert!(narrower.words().contains("signup 2 "), "{}", narrower.words());
    assert!(narrower.text.contains("/queries/HowFar.csv?to=2026-03-03"), "{}", narrower.text);
    let wrong = browser.get("/dashboard/queries/HowFar?to=never").await;
    assert!(wrong.words().contains("give a Date"), "{}", wrong.words());

    // What was asked of the last days is saved as such, and other days can be asked of it.
    let lately = [("steps", "signup,signup"), ("window", "P7D"), ("last", "P30D"), ("save-name", "Lately")];
    let lately = browser.send(&page, "/dashboard/explore/funnel", &lately).await;
    assert!(lately.text.contains("$last: Duration = &quot;P30D&quot;"), "{}", lately.words());
    assert!(!lately.text.contains("2026-0"), "{}", lately.words());
    let other = browser.get("/queries/Lately.json?from=2026-03-01&to=2026-03-02").await;
    assert!(other.text.contains("\"units\":1"), "{}", other.text);
    let empty = browser.get("/dashboard/explore/trend").await;
    assert!(empty.text.contains("name=\"last\" value=\"P30D\""), "{}", empty.words());

    let list = browser.get("/dashboard/queries").await;
    assert!(
        list.text.contains("href=\"/dashboard/queries/HowFar\"")
            && list.text.contains("/dashboard/queries/ActiveGroups")
    );
    let mut other = Browser::signed_in(&served, &t.beta.admin).await;
    assert!(!other.get("/dashboard/queries").await.text.contains("HowFar"));
    assert_eq!(other.get("/dashboard/queries/HowFar").await.status, 404);
    let mut reader = Browser::signed_in(&served, &t.alpha.read).await;
    let shown = reader.get("/dashboard/queries/HowFar").await;
    assert!(shown.words().contains("1. signup") && !shown.words().contains("Delete this query"));
    let sure = [("name", "HowFar"), ("sure", "yes")];
    assert_eq!(reader.send(&shown, "/dashboard/queries/delete", &sure).await.status, 403);
    assert_eq!(browser.post("/dashboard/queries/delete", &sure, &[]).await.status, 403, "without its token");
    assert_eq!(
        browser.send(&saved, "/dashboard/queries/delete", &sure[..1]).await.status,
        400,
        "nobody was sure"
    );
    let gone = browser.send(&saved, "/dashboard/queries/delete", &sure).await;
    assert!(
        gone.words().contains("The saved query was deleted.") && !gone.text.contains("HowFar"),
        "{}",
        gone.words()
    );
    assert_eq!(browser.get("/queries/HowFar.csv").await.status, 404);
}

#[tokio::test]
async fn every_shipped_query_has_a_page_with_its_answer() {
    let (t, served) = start().await;
    fill(&t).await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    for (name, _) in muster::saved::shipped::SHIPPED {
        let page = browser.get(&format!("/dashboard/queries/{name}")).await;
        assert_eq!(page.status, 200, "{name}: {}", page.words());
        let is_told = [format!("/queries/{name}.json"), "Fill in what is needed".to_owned()];
        // A panel's query may have nothing to say without its panel's variables, and says so.
        let is_panel = name.contains('/') && page.text.contains("class=\"problem\"");
        assert!(is_panel || is_told.iter().any(|part| page.text.contains(part)), "{name}: {}", page.words());
    }
}
