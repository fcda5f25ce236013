//! Who is let in, for how long, and that no other page can act in their name.

use super::{Browser, start};
use crate::support::app::{Served, TestApp};
use chrono::Duration;
use serde_json::json;

#[tokio::test]
async fn a_client_signs_in_sees_its_project_and_signs_out() {
    let (t, served) = start().await;
    let mut browser = Browser::new(&served);
    let form = browser.get("/dashboard/groups?type=team").await;
    assert_eq!(form.address, "/dashboard/sign-in?next=%2Fdashboard%2Fgroups%3Ftype%3Dteam");
    let fields = [
        ("client-id", t.alpha.read.id.as_str()),
        ("client-secret", t.alpha.read.secret.as_str()),
        ("next", "/dashboard/groups?type=team"),
    ];
    let page = browser.send(&form, "/dashboard/sign-in", &fields).await;
    assert_eq!((page.status, page.address.as_str()), (200, "/dashboard/groups?type=team"));
    assert!(page.words().contains("alpha · READ"), "{}", page.words());
    assert!(!page.text.contains("/dashboard/groups/new"), "READ is not offered what it may not do");
    let out = browser.send(&page, "/dashboard/sign-out", &[]).await;
    assert_eq!((out.status, out.address.as_str()), (200, "/dashboard/sign-in?said=out"));
    assert!(browser.get("/dashboard/groups").await.address.starts_with("/dashboard/sign-in"));
    assert_eq!(browser.get("/").await.address.split('?').next(), Some("/dashboard/sign-in"));
}

#[tokio::test]
async fn a_wrong_secret_and_a_client_that_only_writes_are_told_why() {
    let (t, served) = start().await;
    let mut browser = Browser::new(&served);
    let mut wrong = t.alpha.read.clone();
    wrong.secret = t.beta.read.secret.clone();
    let shown = browser.sign_in(&wrong).await;
    assert_eq!(shown.status, 401);
    assert!(shown.words().contains("No client has this id and secret"), "{}", shown.words());
    let shown = browser.sign_in(&t.alpha.write).await;
    assert_eq!(shown.status, 403);
    assert!(shown.words().contains("right WRITE"), "{}", shown.words());
    let form = browser.get("/dashboard/sign-in").await;
    let shown = browser.send(&form, "/dashboard/sign-in", &[("client-id", "x")]).await;
    assert!(shown.status == 400 && shown.words().contains("Client-secret: is empty"), "{}", shown.words());
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_session() {
    let (t, served) = start().await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let mut other = Browser::signed_in(&served, &t.alpha.admin).await;
    let (page, foreign) =
        (browser.get("/dashboard/groups/new").await, other.get("/dashboard/groups/new").await);
    let group = [("id", "acme"), ("name", "Acme"), ("type", "company")];
    let with = |token: &str| {
        let mut fields = vec![("form-token".to_owned(), token.to_owned())];
        fields.extend(group.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    };
    for (fields, headers) in [
        (with(""), vec![]),
        (with(&foreign.token()), vec![]),
        (with(&page.token()), vec![("sec-fetch-site", "cross-site")]),
        (with(&page.token()), vec![("origin", "https://evil.example")]),
    ] {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let refused = browser.post("/dashboard/groups/new", &fields, &headers).await;
        assert_eq!(refused.status, 403, "{fields:?} {headers:?}");
    }
    assert!(t.groups(&t.alpha).await.is_empty());
    let made = browser.send(&page, "/dashboard/groups/new", &group).await;
    assert_eq!(made.address, "/dashboard/group?id=acme&said=created");
    assert_eq!(t.groups(&t.alpha).await.len(), 1);
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_and_a_changed_cookie_is_none() {
    let (t, served) = start().await;
    let mut browser = Browser::signed_in(&served, &t.alpha.admin).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let changed = cookie.replacen(&t.alpha.admin.id, &t.beta.admin.id, 1);
    assert_ne!(cookie, changed);
    browser.cookie = Some(changed);
    assert!(browser.get("/dashboard/groups").await.address.starts_with("/dashboard/sign-in"));
    browser.cookie = Some(cookie);
    t.advance(Duration::hours(11));
    assert_eq!(browser.get("/dashboard/groups").await.address, "/dashboard/groups");
    t.advance(Duration::hours(1));
    assert!(browser.get("/dashboard/groups").await.address.starts_with("/dashboard/sign-in"));
}

#[tokio::test]
async fn a_session_outlives_a_restart() {
    let (t, served) = start().await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    drop(served);
    let t = t.restart().await;
    let served = t.serve().await;
    browser.url.clone_from(&served.url);
    assert_eq!(browser.get("/dashboard/groups").await.address, "/dashboard/groups");
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let (t, served) = start().await;
    let word = t.app.sign_ins().link(&t.alpha.admin.id, t.app.clock().now()).expect("a link");
    let address = format!("/dashboard/enter?link={word}");
    let head =
        reqwest::Client::new().head(format!("{}{address}", served.url)).send().await.expect("an answer");
    assert_eq!(
        head.headers()
            .get("set-cookie")
            .map(|set| set.to_str().is_ok_and(|set| set.contains(&t.alpha.admin.id))),
        Some(false)
    );
    let mut browser = Browser::new(&served);
    assert_eq!(browser.get(&address).await.address, "/dashboard/groups");
    let again = Browser::new(&served).get(&address).await;
    assert_eq!(again.address, "/dashboard/sign-in?said=used");
    assert!(again.words().contains("This link was used before"), "{}", again.words());
}

#[tokio::test]
async fn the_cookie_and_the_pages_are_kept_from_scripts_and_other_sites() {
    let (t, served) = start().await;
    let form = Browser::new(&served).get("/dashboard/sign-in").await;
    let cookie = form.headers["set-cookie"].to_str().expect("text").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let is_secure = async |served: &Served| {
        let proxied = reqwest::Client::new().get(format!("{}/dashboard/sign-in", served.url));
        let proxied = proxied.header("x-forwarded-proto", "https").send().await.expect("an answer");
        proxied.headers()["set-cookie"].to_str().expect("text").contains("Secure")
    };
    assert!(!is_secure(&served).await, "only a trusted proxy is believed");
    let behind = TestApp::start_with(|config| {
        config.trust_proxy = vec!["127.0.0.0/8".parse().expect("a network")];
    });
    assert!(is_secure(&behind.await.serve().await).await);
    let page = Browser::signed_in(&served, &t.alpha.read).await.get("/dashboard/groups").await;
    let policy = page.headers["content-security-policy"].to_str().expect("text");
    for part in ["default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(page.headers["cache-control"], "private, no-store");
    assert!(!page.text.contains("style=") && !page.text.contains("<script>"), "{}", page.text);
}

#[tokio::test]
async fn a_session_reads_tables_and_asks_graphql_only_with_its_token() {
    let (t, served) = start().await;
    t.gql(
        "mutation { upsertGroup(input: {id: \"acme\", type: \"company\", name: \"Acme\"}) { outcome } }",
        json!({}),
    )
    .await;
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    let page = browser.get("/dashboard/groups").await;
    let table = browser.get("/queries/dashboard/GroupTypes.csv").await;
    assert_eq!((table.status, table.text.as_str()), (200, "type,groups\ncompany,1\n"));
    // GraphiQL is handed the token with the page, nobody else is.
    let meta = format!("<meta name=\"form-token\" content=\"{}\">", page.token());
    let graphiql = browser.get("/graphiql").await;
    assert!(graphiql.text.contains(&meta) && graphiql.headers["cache-control"] == "private, no-store");
    let stranger = Browser::new(&served).get("/graphiql").await;
    assert!(!stranger.text.contains("form-token"), "{}", stranger.text);
    let ask = async |headers: Vec<(&str, String)>| {
        let mut request = reqwest::Client::new().post(format!("{}/graphql", served.url));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .header("content-type", "application/json")
            .body("{\"query\":\"{ groupTypes { type } }\"}");
        request.send().await.expect("an answer").status().as_u16()
    };
    let cookie = || ("cookie", browser.cookie.clone().expect("a cookie"));
    assert_eq!(ask(vec![cookie()]).await, 401);
    assert_eq!(ask(vec![cookie(), ("muster-form-token", "wrong".to_owned())]).await, 401);
    assert_eq!(ask(vec![cookie(), ("muster-form-token", page.token())]).await, 200);
    assert_eq!(ask(vec![("muster-form-token", page.token())]).await, 401);
}

#[tokio::test]
async fn pages_count_as_requests_of_the_client() {
    let t = TestApp::start_with(|config| config.max_requests_per_minute = 6).await;
    let served = t.serve().await;
    let (policy, mut left) = ("\"requests\";q=6;w=60".parse().expect("a header"), Vec::new());
    // Signing in is one, the page behind it another.
    let mut browser = Browser::signed_in(&served, &t.alpha.read).await;
    for _ in 0..4 {
        let page = browser.get("/dashboard/queries").await;
        assert_eq!((page.status, &page.headers["ratelimit-policy"]), (200, &policy), "{:?}", page.headers);
        left.push(page.headers["ratelimit"].to_str().expect("text").to_owned());
    }
    assert!(left.iter().zip(3..).all(|(told, seen)| told.contains(&format!("r={}", 6 - seen))), "{left:?}");
    let refused = browser.get("/dashboard/queries").await;
    assert_eq!(refused.status, 429, "{}", refused.words());
    let seconds = refused.headers["retry-after"].to_str().expect("text").parse::<u64>();
    assert!(seconds.is_ok_and(|seconds| (1..=60).contains(&seconds)), "{:?}", refused.headers);
    assert!(refused.words().contains("This did not work"), "{}", refused.words());
    assert_eq!(t.gql_as(&t.alpha.read, "{ __typename }", json!({})).await.status, 429);
    assert_eq!(t.gql_as(&t.alpha.admin, "{ __typename }", json!({})).await.status, 200, "others go on");
}
