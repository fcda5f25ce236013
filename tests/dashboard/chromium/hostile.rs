//! Much of everything, and names that want to be more than names: pages hold, and nothing of them is executed.

use crate::support::app::TestApp;
use crate::support::browser::{Tab, tell};
use muster::domain::identity::{GroupPatch, Right};
use muster::domain::write::Write;
use serde_json::{Value, json};

/// Texts that would run, break out of where they stand, or turn a line round.
const NAMES: [&str; 8] = [
    "<script>window.executed = 1</script>",
    "\"><img src=x onerror=\"window.executed = 1\">",
    "</textarea></title><svg onload='window.executed = 1'>",
    "javascript:window.executed = 1",
    "'; window.executed = 1; //",
    "Crab 🦀👩‍👩‍👧‍👦 Ltd",
    "שלום עולם \u{202e} turned round",
    "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
];

const GROUPS: usize = 5_000;
const MEMBERS: usize = 20_000;

async fn fill(t: &TestApp) {
    let caller = t.app.caller(t.alpha.key, Right::Admin);
    let mut writes: Vec<Write> = Vec::new();
    let group = |id: String, name: &str, properties: Value| {
        let properties = properties.as_object().expect("an object").clone();
        Write::UpsertGroup(GroupPatch {
            id,
            group_type: "company".to_owned(),
            name: name.to_owned(),
            properties,
            effective_at: None,
        })
    };
    for (place, name) in NAMES.iter().enumerate() {
        let long: String = name.chars().cycle().take(10_000).collect();
        let properties = json!({ *name: name, "long": long, "nested": { "a": [name] } });
        writes.push(group(format!("{place}{name}"), name, properties));
        writes.push(Write::JoinGroups {
            profile_id: (*name).to_owned(),
            group_ids: vec![format!("{place}{name}"), "crowd".to_owned()],
            joined_at: None,
        });
    }
    writes.push(group("crowd".to_owned(), "Crowd", json!({})));
    writes
        .extend((0..GROUPS).map(|n| group(format!("g{n:04}"), &format!("Group {n:04}"), json!({ "n": n }))));
    writes.extend((0..MEMBERS).map(|n| Write::JoinGroups {
        profile_id: format!("p{n:05}"),
        group_ids: vec!["crowd".to_owned()],
        joined_at: None,
    }));
    let mut writes = writes.into_iter().peekable();
    while writes.peek().is_some() {
        let batch: Vec<Write> = writes.by_ref().take(5_000).collect();
        caller.write(batch).await.expect("it is stored");
    }
    for (place, name) in NAMES.iter().enumerate() {
        let event: String = name.chars().take(80).collect();
        let input = json!({ "name": event, "profileId": name, "groups": [format!("{place}{name}")], "path": name,
            "properties": { *name: name } });
        super::change(t, "mutation($input: TrackInput!) { track(input: $input) { outcome } }", input).await;
    }
}

/// Looks at a page wide and narrow: it holds within its width, is no larger than it may be, and ran nothing of its data.
async fn look(tab: &Tab, address: &str) {
    for (width, height) in [(1280, 900), (390, 800)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        tab.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a size");
        tab.go(address).await;
        let found = tab
            .run(
                "return [window.executed ?? null, document.documentElement.scrollWidth - innerWidth,
                    document.querySelectorAll('main script, main img, main [onload], main [onerror]').length,
                    [...document.querySelectorAll('main a, main form')].filter((one) =>
                        !(one.href ?? one.action).startsWith(location.origin)).length,
                    performance.getEntriesByType('navigation')[0].decodedBodySize]",
                Vec::new(),
            )
            .await;
        assert_eq!(
            (&found[0], &found[2], &found[3]),
            (&Value::Null, &json!(0), &json!(0)),
            "{address}: {found}"
        );
        assert!(found[1].as_i64() <= Some(0), "{address} is wider than {width}: {found}");
        assert!(found[4].as_u64() < Some(500_000), "{address} is large: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_and_nothing_of_their_data_is_executed() {
    tell(async |browsers| {
        let t = TestApp::start().await;
        fill(&t).await;
        let served = t.serve().await;
        let tab = browsers.open(&served.url).await;
        tab.sign_in(&t.alpha.admin.id, &t.alpha.admin.secret).await;
        tab.see(&format!(
            "{},{:03} groups",
            (GROUPS + NAMES.len() + 1) / 1000,
            (GROUPS + NAMES.len() + 1) % 1000
        ))
        .await;
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for address in [
            "/dashboard/groups",
            "/dashboard/groups?orderBy=ID&direction=ASC",
            "/dashboard/groups?search=%3Cscript%3Ewindow.executed+%3D+1%3C%2Fscript%3E",
            "/dashboard/group?id=crowd",
            "/dashboard/group?id=crowd&tab=members",
            "/dashboard/explore",
            "/dashboard/explore/trend?breakdown=group:company",
            "/dashboard/explore/activeUsers?groupType=company",
            "/dashboard/explore/groups",
            "/dashboard/queries",
            "/dashboard/settings",
        ] {
            look(&tab, address).await;
        }
        for (place, name) in NAMES.iter().enumerate() {
            let id = encoded(&format!("{place}{name}"));
            for part in ["", "&tab=properties", "&tab=members", "&tab=events"] {
                look(&tab, &format!("/dashboard/group?id={id}{part}")).await;
            }
            let name = encoded(&name.replace(',', "\\,"));
            look(&tab, &format!("/dashboard/explore/funnel?steps={name},{name}&window=P1D")).await;
            look(&tab, &format!("/dashboard/group?id={id}&steps={name},{name}")).await;
        }

        // A crowd is gone through forwards and backwards, and searched.
        tab.go("/dashboard/group?id=crowd&tab=members").await;
        tab.see(&format!("20,{:03} members.", NAMES.len())).await;
        let first = async || tab.find("tbody th").await.text().await.expect("an id");
        let mut seen = vec![first().await];
        for _ in 0..25 {
            tab.press("[rel=next]").await;
            seen.push(first().await);
        }
        for before in seen[7..25].iter().rev() {
            tab.press("[rel=prev]").await;
            assert_eq!(first().await, *before);
        }
        tab.follow("First page").await;
        assert_eq!(first().await, seen[0]);
        tab.fill("[type=search]", "p19999").await;
        tab.push("Search").await;
        tab.see("1 member found.").await;

        // What is typed into a form is a name too.
        tab.go("/dashboard/groups/new").await;
        tab.fill("[name=id]", NAMES[1]).await;
        tab.fill("main [name=name]", NAMES[2]).await;
        tab.fill("[name=type]", NAMES[0]).await;
        tab.push("Create").await;
        tab.see("The group was created.").await;
        assert_eq!(tab.find("h1").await.text().await.expect("a heading"), NAMES[2]);
        tab.go("/dashboard/groups").await;
        tab.follow(&format!("{} 1", NAMES[0])).await;
        tab.see("1 group").await;
        assert_eq!(tab.run("return window.executed ?? null", Vec::new()).await, Value::Null);
        assert_eq!(tab.complaints().await, Vec::<String>::new());
    })
    .await;
}
