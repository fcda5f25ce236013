//! One walk through everything that somebody does who writes no code.

use super::Site;
use crate::http::sdk::packages;
use crate::support::app::TestApp;
use crate::support::browser::tell;
use serde_json::{Value, json};

const GROUP: &str =
    "{ group(id: \"acme\") { name type properties memberCount members(first: 5) { nodes { id } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_writes_no_code_gets_everything_done() {
    let packages = tokio::task::spawn_blocking(packages).await.expect("they are installed");
    tell(async move |browsers| {
        let t = TestApp::start_with_system_clock().await;
        let served = t.serve().await;
        let mut site = Site::new().await;
        let tab = browsers.open(&served.url).await;
        let group = async || t.gql(GROUP, json!({})).await["data"]["group"].take();

        // Sign in.
        tab.go("/").await;
        tab.arrive("/dashboard/sign-in").await;
        tab.fill("[name=client-id]", &t.alpha.admin.id).await;
        tab.fill("[name=client-secret]", &t.alpha.admin.secret).await;
        tab.push("Sign in").await;
        tab.see("No groups yet").await;

        // Create a group.
        tab.follow("Create a group").await;
        tab.fill("[name=id]", "acme").await;
        tab.fill("main [name=name]", "Acme & Söhne").await;
        tab.fill("[name=type]", "company").await;
        tab.push("Create").await;
        tab.see("The group was created.").await;
        assert_eq!(tab.find("h1").await.text().await.expect("a heading"), "Acme & Söhne");

        // Add, edit and remove properties: they are on the page and in GraphQL.
        tab.follow("Properties").await;
        for (key, kind, value) in [("plan", "text", "free"), ("seats", "number", "5")] {
            tab.fill("[aria-label='Name of the new property']", key).await;
            tab.choose("[aria-label='Kind of the new property']", kind).await;
            tab.fill("[aria-label='Value of the new property']", value).await;
            tab.push("Add").await;
            tab.find(&format!("[aria-label='Value of {key}']")).await;
        }
        assert_eq!(group().await["properties"], json!({ "plan": "free", "seats": 5 }));
        tab.fill("[aria-label='Value of plan']", "pro").await;
        tab.press("[aria-label='Save plan']").await;
        tab.see("The change was saved.").await;
        tab.see("plan: free → pro").await;
        tab.press("[aria-label='Remove seats']").await;
        tab.see("The property was removed.").await;
        tab.see("seats: 5 → removed").await;
        let shown = tab.find("[aria-label='Value of plan']").await.value().await.expect("a field");
        assert_eq!((shown.as_deref(), group().await["properties"].take()), (Some("pro"), json!({ "plan": "pro" })));

        // Assign a member.
        tab.follow("Members").await;
        tab.fill("[name=profile]", "joe").await;
        tab.push("Add").await;
        tab.see("The member was added.").await;
        tab.see("1 member.").await;
        assert_eq!(group().await["members"]["nodes"], json!([{ "id": "joe" }]));

        // Make a client for a web page on another origin.
        tab.follow("Settings").await;
        tab.press("section > details:last-of-type > summary").await;
        tab.fill(".stack [name=name]", "Web site").await;
        tab.choose(".stack [name=right]", "WRITE").await;
        tab.fill(".stack [name=origins]", &site.origin).await;
        tab.push("Make it").await;
        let client = tab.find("#new-id").await.text().await.expect("an id");
        site.serve(&packages, &served.url, &client);

        // Send events with the SDK's browser build, and watch them appear without loading the page anew.
        tab.go("/dashboard/group?id=acme&tab=events").await;
        tab.see("No event fits.").await;
        tab.run("window.isStillThere = true", Vec::new()).await;
        let product = browsers.open(&site.origin).await;
        product.go("/pricing").await;
        product.press("button").await;
        for event in ["screen_view", "signup", "report_exported"] {
            tab.see(event).await;
        }
        tab.see("Jane jane").await;
        tab.see("\"format\":\"pdf\"").await;
        assert_eq!(tab.run("return window.isStillThere", Vec::new()).await, json!(true));
        assert_eq!(product.complaints().await, Vec::<String>::new());

        // Build a funnel in Explore, save it, open its CSV.
        tab.follow("Explore").await;
        tab.follow("Funnel").await;
        tab.fill("[name=steps]", "signup,report_exported").await;
        tab.fill("[name=window]", "P7D").await;
        tab.push("Show").await;
        tab.see("2. report_exported 1").await;
        tab.fill("[name=save-name]", "ExportFunnel").await;
        tab.fill("[name=save-description]", "How many export a report.").await;
        tab.push("Save as a saved query").await;
        tab.see("The query was saved.").await;
        tab.see("How many export a report.").await;
        let csv = tab.find("a[href^='/queries/ExportFunnel.csv']").await.attr("href").await.expect("a link");
        let csv = tab.fetch(&csv.expect("an address")).await;
        assert!(csv.contains(",1,signup,1,") && csv.contains(",2,report_exported,1,"), "{csv}");
        let api = "{ funnelTable(steps: \"signup,report_exported\", window: \"P7D\", last: \"P30D\") { event units } }";
        let steps = t.gql(api, json!({})).await["data"]["funnelTable"].take();
        assert_eq!(steps, json!([{ "event": "signup", "units": 1 }, { "event": "report_exported", "units": 1 }]));

        // Delete the group.
        tab.go("/dashboard/groups").await;
        tab.press("input[name=id][value=acme]").await;
        tab.push("Delete chosen…").await;
        tab.see("Delete 1 group?").await;
        tab.push("Delete").await;
        tab.see("The groups were deleted.").await;
        assert_eq!(group().await, Value::Null);

        // Sign out.
        tab.push("Sign out").await;
        tab.see("You are signed out.").await;
        tab.go("/dashboard/groups").await;
        tab.arrive("/dashboard/sign-in").await;
        assert_eq!(tab.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_asks_in_the_name_of_whoever_is_signed_in() {
    tell(async |browsers| {
        let t = TestApp::start().await;
        let served = t.serve().await;
        let tab = browsers.open(&served.url).await;
        tab.go("/graphiql").await;
        tab.find("form.sign-in [name=secret]").await;
        tab.sign_in(&t.alpha.read.id, &t.alpha.read.secret).await;
        tab.follow("GraphiQL").await;
        tab.press("button.graphiql-execute-button").await;
        tab.see("\"activeUsers\": {").await;
        tab.see("\"groups\": 0").await;
        assert_eq!(tab.complaints().await, Vec::<String>::new());
    })
    .await;
}
