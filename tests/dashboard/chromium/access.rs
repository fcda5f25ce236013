//! Every page for everybody: what axe-core finds on it, in light and dark.

use crate::http::sdk::packages;
use crate::support::app::TestApp;
use crate::support::browser::{Tab, tell};
use serde_json::{Value, json};

/// What axe-core is asked for: everything of the levels A and AA.
const ASK: &str = "const done = arguments[0];
    const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    axe.run(document, { runOnly: levels }).then(({ passes, violations }) => done({
      passed: passes.length,
      violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    }));";

/// Every page, in a state that shows most of it.
const PAGES: [&str; 18] = [
    "/dashboard/groups",
    "/dashboard/groups?search=nobody",
    "/dashboard/groups/new",
    "/dashboard/group?id=acme&days=90&compare=1&steps=signup,export",
    "/dashboard/group?id=acme&tab=properties",
    "/dashboard/group?id=acme&tab=members",
    "/dashboard/group?id=acme&tab=events",
    "/dashboard/group?id=nobody",
    "/dashboard/explore",
    "/dashboard/explore/funnel?steps=signup,export&window=P7D",
    "/dashboard/explore/trend?breakdown=group:company&timeZone=Europe/Berlin",
    "/dashboard/explore/retention?interval=WEEK",
    "/dashboard/explore/trend?interval=MOON",
    "/dashboard/queries",
    "/dashboard/queries/ActiveCompanies",
    "/dashboard/queries/dashboard/Groups",
    "/dashboard/settings",
    "/graphiql",
];

async fn fill(t: &TestApp) {
    let properties = json!({ "plan": "pro", "seats": 5, "note": "long ".repeat(100), "tags": ["a"] });
    for (id, name) in [("acme", "Acme"), ("globex", "שלום")] {
        let input = json!({ "id": id, "type": "company", "name": name, "properties": properties });
        super::change(
            t,
            "mutation($input: UpsertGroupInput!) { upsertGroup(input: $input) { outcome } }",
            input,
        )
        .await;
    }
    for (profile, name, at) in [
        ("ann", "signup", "2026-02-20T09:00:00Z"),
        ("ann", "export", "2026-03-02T09:00:00Z"),
        ("bob", "signup", "2026-03-08T09:00:00Z"),
    ] {
        let input = json!({ "name": name, "profileId": profile, "groups": ["acme"], "occurredAt": at,
            "path": "/pricing", "properties": { "format": "x".repeat(200) } });
        super::change(t, "mutation($input: TrackInput!) { track(input: $input) { outcome } }", input).await;
        let input = json!({ "profileId": profile, "groupId": "acme" });
        super::change(
            t,
            "mutation($input: SetGroupInput!) { setGroup(input: $input) { profile { id } } }",
            input,
        )
        .await;
    }
}

/// What axe-core complains of on the present page.
async fn violations(tab: &Tab, axe: &str) -> Vec<String> {
    tab.run(axe, Vec::new()).await;
    let told = tab.driver.execute_async(ASK, Vec::<Value>::new()).await.expect("an answer").json().clone();
    assert!(told["passed"].as_u64() > Some(5), "it looked at next to nothing: {told}");
    let violations = told["violations"].as_array().expect("a list").iter();
    violations.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_keeps_anybody_out() {
    let packages = tokio::task::spawn_blocking(packages).await.expect("they are installed");
    let axe = std::fs::read_to_string(packages.join("axe-core/axe.min.js")).expect("axe-core");
    tell(async move |browsers| {
        let t = TestApp::start().await;
        fill(&t).await;
        let served = t.serve().await;
        let tab = browsers.open(&served.url).await;
        let mut found = Vec::new();
        let mut look = async |address: &str, scheme: &str| {
            let violations = violations(&tab, &axe).await;
            found.extend(violations.into_iter().map(|violation| format!("{address}, {scheme}: {violation}")));
        };
        for scheme in ["light", "dark"] {
            tab.prefer(scheme).await;
            tab.go("/dashboard/sign-in").await;
            tab.driver.delete_all_cookies().await.expect("none is left");
            for address in ["/dashboard/sign-in", "/dashboard/sign-in?said=over", "/graphiql"] {
                tab.go(address).await;
                look(address, scheme).await;
            }
            tab.sign_in(&t.beta.admin.id, &t.beta.admin.secret).await;
            look("an empty project", scheme).await;
            tab.push("Sign out").await;
            tab.sign_in(&t.alpha.admin.id, &t.alpha.admin.secret).await;
            for address in PAGES {
                tab.go(address).await;
                if address == "/graphiql" {
                    tab.press("button.graphiql-execute-button").await;
                    tab.see("\"totals\": {").await;
                }
                // What is folded is for everybody too.
                tab.run(
                    "for (const part of document.querySelectorAll('details')) part.open = true",
                    Vec::new(),
                )
                .await;
                look(address, scheme).await;
            }
            tab.go("/dashboard/groups").await;
            tab.press("input[name=id][value=acme]").await;
            tab.push("Delete chosen…").await;
            look("the confirmation", scheme).await;
        }
        assert_eq!(found, Vec::<String>::new());
    })
    .await;
}
