//! What a cluster sends: sums where only sums matter, and few columns of few rows where single events do.

use super::cluster::Cluster;
use super::{PROJECT, fill, now};
use crate::support::house::House;
use serde_json::json;

const EVENTS: i64 = 6_000;

/// Questions about all events, and how many rows of them are sent for the statement, at most.
const SENT: [(&str, &str, u64); 6] = [
    // One number for each of four weeks, and as many before the range as it looks back.
    (
        "{ trend(last: \"P28D\", interval: WEEK, series: [{event: \"signup\"}]) { series { buckets { value } } } }",
        "trend.events",
        12,
    ),
    // 97 users, three companies.
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\") { rows { group { id } activeUsers events } } }",
        "active",
        97 * 3 * 2,
    ),
    (
        "{ activeUsers(groupType: \"company\", last: \"P30D\", filter: {group: {type: \"company\", property: \"plan\", isNotSet: true}}, groupProperties: NOW) { rows { activeUsers } } }",
        "active",
        97 * 3 * 2,
    ),
    ("{ group(id: \"acme\") { metrics(last: \"P30D\") { events activeUsers } } }", "group_metrics", 97 * 2),
    // A fourth of the events each, in one company each.
    (
        "{ funnel(steps: [{event: \"signup\"}, {event: \"invite\"}], window: \"P7D\", last: \"P30D\") { steps { units } } }",
        "funnel",
        3_000,
    ),
    ("{ events(first: 1, last: \"P30D\") { totalCount } }", "events_total", 6_000),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_sends_sums_where_single_events_do_not_matter() {
    let Some(cluster) = Cluster::start("what is sent").await else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::open_on(cluster.settings(), folder, now(), 500);
    fill(&house, EVENTS).await;
    let mut wrong = Vec::new();
    for (question, statement, most) in SENT {
        let (_, statements) = house.explain(PROJECT, question, json!({})).await;
        let sent = statements.iter().find(|explained| explained.statement == statement);
        let sent = sent.and_then(|explained| explained.fetched);
        if sent.is_none_or(|(rows, _)| rows == 0 || rows > most) {
            wrong.push(format!(
                "{question}: {sent:?} rows and bytes of {statement}, at most {most}: {statements:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
