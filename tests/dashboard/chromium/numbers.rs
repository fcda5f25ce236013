//! Every number on a page is the API's: the pages of the demo's last days, against questions that are asked apart.

use super::shown::{compare, is_shown, read};
use crate::support::app::TestApp;
use crate::support::browser::{Tab, tell};
use chrono::{DateTime, Utc};
use muster::demo::Demo;
use muster::domain::identity::Right;
use muster::domain::write::Write;
use serde_json::{Value, json};

/// The range of a page of 30 days, and of its calendar: they end with the present minute.
const RANGE: &str = "{from: \"2026-02-09T00:00:00Z\", to: \"2026-03-10T12:01:00Z\"}";
const BEFORE: &str = "{from: \"2026-01-10T11:59:00Z\", to: \"2026-02-09T00:00:00Z\"}";
const HALF_YEAR: &str = "{from: \"2025-09-10T00:00:00Z\", to: \"2026-03-10T12:01:00Z\"}";

const STEPS: &str = "[{event: \"login\"}, {event: \"task_created\"}, {event: \"report_exported\"}]";

/// A server with everybody of the demo and the events of its last days.
async fn demo() -> TestApp {
    let t = TestApp::start().await;
    let caller = t.app.caller(t.alpha.key, Right::Admin);
    let since: DateTime<Utc> = "2026-01-25T00:00:00Z".parse().expect("an instant");
    let mut batches = Vec::new();
    let demo = Demo::new(7, "2026-03-10".parse().expect("a day")).expect("a demo");
    let keep = |mut batch: Vec<Write>| {
        batch.retain(|write| !matches!(write, Write::Track(event) if event.event.occurred_at < since));
        batches.push(batch);
        Ok::<(), ()>(())
    };
    demo.write_all(keep).expect("it is kept");
    for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
        caller.write(batch).await.expect("it is stored");
    }
    t
}

async fn ask(t: &TestApp, question: &str) -> Value {
    let answer = t.gql(question, json!({})).await;
    assert!(answer["errors"].is_null(), "{question}: {answer}");
    answer["data"].clone()
}

/// The list of groups, page by page.
async fn groups(t: &TestApp, tab: &Tab, group_type: Option<&str>) {
    let only = group_type.map_or(String::new(), |of| format!("type: \"{of}\", "));
    let asked = format!(
        "{{ groups({only}first: 1000, orderBy: {{field: LAST_ACTIVE_AT, direction: DESC}}) {{ totalCount
            nodes {{ id name type memberCount lastActiveAt createdAt metrics(last: \"P30D\") {{ events }} }} }} }}"
    );
    let all = ask(t, &asked).await["groups"].take();
    let of = group_type.map_or(String::new(), |of| format!("?type={of}"));
    tab.go(&format!("/dashboard/groups{of}")).await;
    let heading = format!("{} groups", all["totalCount"]);
    let mut rows = Vec::new();
    loop {
        let page = read(tab).await;
        rows.extend(page[&heading]["tables"][0].as_array().expect("the list").iter().cloned());
        if tab.run("return !document.querySelector('[rel=next]')", Vec::new()).await == json!(true) {
            break;
        }
        tab.press("[rel=next]").await;
    }
    let nodes: Vec<Value> = all["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .cloned()
        .map(|mut node| {
            node["events"] = node["metrics"]["events"].take();
            node["called"] = if node["name"].is_null() { node["id"].clone() } else { node["name"].clone() };
            node
        })
        .collect();
    let columns = ["called", "id", "type", "memberCount", "lastActiveAt", "events", "createdAt"];
    compare(&heading, &json!(rows), &json!(nodes), &columns);
    // The way back leads to the first page again.
    let mut pages = 1;
    while tab.run("return !!document.querySelector('[rel=prev]')", Vec::new()).await == json!(true) {
        tab.press("[rel=prev]").await;
        pages += 1;
    }
    let first = read(tab).await[&heading]["tables"][0].clone();
    assert_eq!(first[0], rows[0]);
    assert_eq!(pages, rows.len().div_ceil(50), "{heading}");
}

/// All tabs of a group.
async fn group(t: &TestApp, tab: &Tab, id: &str, of: &str) {
    let asked = format!(
        "{{ group(id: \"{id}\") {{ memberCount lastActiveAt
            metrics(range: {RANGE}) {{ events activeUsers members firstSeenAt lastSeenAt }}
            before: metrics(range: {BEFORE}) {{ events activeUsers members }}
            activity(range: {RANGE}, interval: DAY) {{ localDate activeUsers }}
            half: activity(range: {HALF_YEAR}, interval: DAY) {{ localDate events }}
            memberGrowth(range: {RANGE}, interval: DAY) {{ localDate joined left }}
            topEvents(range: {RANGE}) {{ name events activeUsers }} topPaths(range: {RANGE}) {{ path events }}
            members(first: 50) {{ totalCount nodes {{ id email firstSeenAt lastSeenAt }} }} }}
          events(groupId: \"{id}\", first: 50) {{ nodes {{ name occurredAt path }} }}
          funnel(steps: {STEPS}, window: \"P30D\", range: {RANGE}, filter: {{group: {{type: \"{of}\", field: ID, eq: \"{id}\"}}}}) {{ steps {{ event units rateFromStart medianSeconds }} }}
          journey(groupId: \"{id}\", steps: {STEPS}, range: {RANGE}) {{ steps {{ firstAt profileId events }} }} }}"
    );
    let answer = ask(t, &asked).await;
    let api = &answer["group"];
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    tab.go(&format!("/dashboard/group?id={encoded}&compare=1&steps=login,task_created,report_exported"))
        .await;
    let page = read(tab).await;
    let cards = &page["In the last 30 days"]["terms"];
    for (card, name) in [
        ("Events", "events"),
        ("Active users", "activeUsers"),
        ("Members at the end", "members"),
        ("First event in the range", "firstSeenAt"),
        ("Last event in the range", "lastSeenAt"),
    ] {
        assert!(
            cards[card].as_str().is_some_and(|shown| is_shown(shown, &api["metrics"][name])),
            "{id}, {card}: {page} {api}"
        );
    }
    let changes = tab
        .run(
            "return [...document.querySelectorAll('.cards .change')].map((one) => one.textContent)",
            Vec::new(),
        )
        .await;
    for (shown, name) in changes.as_array().expect("a list").iter().zip(["events", "activeUsers", "members"])
    {
        let (now, before) = (&api["metrics"][name], &api["before"][name]);
        let (now, before) = (now.as_f64().expect("a number"), before.as_f64().expect("a number"));
        let told = if before == 0.0 {
            "–".to_owned()
        } else {
            let percent = (now - before) / before * 100.0;
            let sign = if percent > 0.0 {
                "+"
            } else if percent < 0.0 {
                "−"
            } else {
                "±"
            };
            format!("{sign}{:.0} %", percent.abs())
        };
        assert_eq!(shown, &json!(told), "{id}, {name}: {now} after {before}");
    }
    compare(
        "active users",
        &page["Active users"]["tables"][0],
        &api["activity"],
        &["localDate", "activeUsers"],
    );
    let growth = &page["Members who joined and left"]["tables"][0];
    compare("members", growth, &api["memberGrowth"], &["localDate", "joined", "left"]);
    let none = json!([]);
    let table = |panel: &str| page[panel]["tables"].get(0).unwrap_or(&none).clone();
    compare("top events", &table("Top events"), &api["topEvents"], &["name", "events", "activeUsers"]);
    compare("top pages", &table("Top pages"), &api["topPaths"], &["path", "events"]);
    let squares = page["Activity, half a year"]["squares"].as_array().expect("squares");
    let half = api["half"].as_array().expect("days");
    assert_eq!((squares.len(), half.len()), (182, 182));
    for (square, day) in squares.iter().zip(half) {
        let told = square.as_str().expect("a text").replace(',', "");
        let day = format!("{}: {} event", day["localDate"].as_str().expect("a day"), day["events"]);
        assert!(told.trim_end_matches('s') == day, "{told} and {day}");
    }
    let funnel = page["Funnel of its users"]["tables"][0].as_array().expect("steps");
    for (shown, step) in funnel.iter().zip(answer["funnel"]["steps"].as_array().expect("steps")) {
        assert!(is_shown(shown[1].as_str().expect("a number"), &step["units"]), "{shown} {step}");
        let share =
            step["rateFromStart"].as_f64().map_or("–".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
        assert_eq!(shown[2], json!(share), "{step}");
    }
    compare(
        "journey",
        &page["Journey of the group"]["tables"][0],
        &answer["journey"]["steps"],
        &["", "firstAt", "profileId", "events"],
    );
    tab.follow("Members").await;
    tab.see(&format!("{} member", api["members"]["totalCount"])).await;
    let members = read(tab).await["Members"]["tables"].get(0).unwrap_or(&none).clone();
    compare(
        "list of members",
        &members,
        &api["members"]["nodes"],
        &["id", "", "email", "firstSeenAt", "lastSeenAt"],
    );
    tab.follow("Events").await;
    let events = read(tab).await["Events"]["tables"][0].clone();
    compare("list of events", &events, &answer["events"]["nodes"], &["name", "occurredAt", "", "path"]);
}

/// A question of Explore or a saved query: the page's table against the API's rows.
async fn table(t: &TestApp, tab: &Tab, address: &str, question: &str, columns: &[&str]) {
    let rows =
        ask(t, question).await.as_object().and_then(|data| data.values().next().cloned()).expect("rows");
    let rows: Vec<Value> = rows.as_array().expect("rows").iter().take(100).cloned().collect();
    assert!(!rows.is_empty(), "{question}");
    tab.go(address).await;
    let page = read(tab).await;
    let shown = page["Answer"]["tables"].as_array().and_then(|tables| tables.last()).expect(address);
    compare(address, shown, &json!(rows), columns);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_the_apis() {
    tell(async |browsers| {
        let t = demo().await;
        let served = t.serve().await;
        let tab = browsers.open(&served.url).await;
        tab.sign_in(&t.alpha.read.id, &t.alpha.read.secret).await;
        let types = ask(&t, "{ groupTypes { type groups } }").await["groupTypes"].take();
        for one in types.as_array().expect("types") {
            tab.see(&format!("{} {}", one["type"].as_str().expect("a type"), one["groups"])).await;
        }
        groups(&t, &tab, None).await;
        groups(&t, &tab, Some("company")).await;
        for of in ["company", "workspace"] {
            let busiest = format!("{{ groups(type: \"{of}\", first: 2, orderBy: {{field: EVENTS, direction: DESC}}) {{ nodes {{ id }} }} }}");
            let nodes = ask(&t, &busiest).await["groups"]["nodes"].take();
            for node in nodes.as_array().expect("nodes") {
                group(&t, &tab, node["id"].as_str().expect("an id"), of).await;
            }
        }
        let days = "from: \"2026-02-09\", to: \"2026-03-10\"";
        let asked = "from=2026-02-09&to=2026-03-10";
        for (slug, fields, arguments, columns) in [
            ("funnel", "&steps=login,report_exported&window=P7D", "steps: \"login,report_exported\", window: \"P7D\"", &["step", "event", "units", "rateFromStart", "rateFromPrevious", "averageSeconds", "medianSeconds", "p90Seconds"][..]),
            ("activeUsers", "&groupType=company", "groupType: \"company\"", &["groupId", "groupName", "groupType", "activeUsers", "events"]),
            ("lifecycle", "", "interval: \"DAY\"", &["", "localDate", "isPartial", "new", "returning", "resurrecting", "dormant"]),
            ("trend", "&events=login,search&interval=WEEK", "events: \"login,search\", interval: \"WEEK\"", &["event", "", "localDate", "isPartial", "value"]),
            ("retention", "&interval=WEEK", "interval: \"WEEK\"", &["", "cohortDate", "column", "starters", "units", "rate"]),
        ] {
            let names: Vec<&str> = columns.iter().copied().filter(|name| !name.is_empty()).collect();
            let question = format!("{{ {slug}Table({days}, {arguments}) {{ {} }} }}", names.join(" "));
            table(&t, &tab, &format!("/dashboard/explore/{slug}?{asked}{fields}"), &question, columns).await;
        }
        let question = "{ activeGroupsTable(last: \"P30D\", groupType: \"company\") { localDate } }";
        assert!(ask(&t, question).await["activeGroupsTable"].as_array().is_some_and(|rows| rows.len() >= 30));
        tab.go("/dashboard/settings").await;
        let settings = read(&tab).await;
        let api = ask(&t, "{ storage { events segments lastReceivedAt } limits { queryCost rows requestsPerMinute clients } }").await;
        let data = &settings["Data"]["terms"];
        for (term, name) in [("Events", "events"), ("Segments", "segments"), ("Last event came", "lastReceivedAt")] {
            assert!(is_shown(data[term].as_str().expect(term), &api["storage"][name]), "{term}: {data} {api}");
        }
        let limits = &settings["Limits"]["terms"];
        for (term, name) in [("Query cost", "queryCost"), ("Rows", "rows"), ("Requests per minute", "requestsPerMinute"), ("Clients", "clients")] {
            assert!(is_shown(limits[term].as_str().expect(term), &api["limits"][name]), "{term}: {limits} {api}");
        }
        assert_eq!(tab.complaints().await, Vec::<String>::new());
    })
    .await;
}
