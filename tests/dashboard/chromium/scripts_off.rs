//! The pages in a browser that runs no script.

use crate::support::app::TestApp;
use crate::support::browser::tell;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_without_scripts_but_what_says_that_it_needs_them() {
    tell(async |browsers| {
        let t = TestApp::start().await;
        let served = t.serve().await;
        let tab = browsers.open(&served.url).await;
        tab.forbid_scripts().await;
        tab.sign_in(&t.alpha.admin.id, &t.alpha.admin.secret).await;
        tab.follow("Create a group").await;
        tab.fill("[name=id]", "acme").await;
        tab.fill("main [name=name]", "Acme").await;
        tab.fill("[name=type]", "company").await;
        tab.push("Create").await;
        tab.see("The group was created.").await;
        tab.follow("Properties").await;
        tab.fill("[aria-label='Name of the new property']", "plan").await;
        tab.fill("[aria-label='Value of the new property']", "pro").await;
        tab.push("Add").await;
        tab.see("The change was saved.").await;
        tab.press("[aria-label='Remove plan']").await;
        tab.see("The property was removed.").await;
        tab.follow("Members").await;
        tab.fill("[name=profile]", "joe").await;
        tab.push("Add").await;
        tab.see("1 member.").await;
        for (name, path) in [("signup", "/a"), ("export", "/b")] {
            let input = json!({ "name": name, "profileId": "joe", "groups": ["acme"], "path": path });
            super::change(&t, "mutation($input: TrackInput!) { track(input: $input) { outcome } }", input)
                .await;
        }
        // A range ends before what happens at this very instant.
        t.advance(chrono::Duration::seconds(2));
        tab.follow("Events").await;
        tab.see("With scripts on, the list renews itself").await;
        for row in ["UTC joe /a", "UTC joe /b"] {
            tab.see(row).await;
        }
        tab.follow("Overview").await;
        tab.see("Events 2 Active users 1").await;
        // A chart has its numbers in a table that unfolds without a script.
        tab.press("figure details summary").await;
        tab.see("2026-03-10 1").await;
        tab.follow("Explore").await;
        tab.follow("Funnel").await;
        tab.fill("[name=steps]", "signup,export").await;
        tab.fill("[name=window]", "P7D").await;
        tab.push("Show").await;
        tab.see("2. export 1").await;
        tab.fill("[name=save-name]", "ExportFunnel").await;
        tab.push("Save as a saved query").await;
        tab.see("The query was saved.").await;
        tab.press(".check input").await;
        tab.push("Delete this query").await;
        tab.see("The saved query was deleted.").await;
        tab.follow("Settings").await;
        tab.see("Requests per minute 60,000").await;
        tab.follow("Groups").await;
        tab.press("input[name=id][value=acme]").await;
        tab.push("Delete chosen…").await;
        tab.push("Delete").await;
        tab.see("The groups were deleted.").await;
        tab.follow("GraphiQL").await;
        tab.see("Muster needs JavaScript to show GraphiQL.").await;
        tab.go("/dashboard/groups").await;
        tab.push("Sign out").await;
        tab.see("You are signed out.").await;
        assert_eq!(tab.complaints().await, Vec::<String>::new());
    })
    .await;
}
