//! The demo with its segments in a bucket: every saved query is answered as it was without.

use super::bucket::Bucket;
use super::names;
use crate::server::{Server, muster_in, stderr};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// The answers to all saved queries that need no variables, about the time of the demo.
fn answers(server: &Server, who: (&str, &str)) -> BTreeMap<String, String> {
    let list: Value = serde_json::from_str(&server.get(who, "/queries")).expect("JSON");
    let mut answers = BTreeMap::new();
    for query in list["queries"].as_array().unwrap_or_else(|| panic!("{list}")) {
        let name = query["name"].as_str().expect("a name");
        let has = |variable: &str| query["variables"].to_string().contains(&format!("\"{variable}\""));
        let mut path = format!("/queries/{name}.ndjson?");
        if has("since") && has("until") {
            path.push_str("since=2025-09-01&until=2026-03-01");
        }
        let (status, text) = server.try_get(who, &path);
        if status == 200 {
            answers.insert(name.to_owned(), text);
        }
    }
    answers
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(2), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_demo_answers_the_same_from_a_bucket() {
    let Some(bucket) = Bucket::start("the demo in a bucket") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let (server, _) =
        Server::demo(&data, &["--until", "2026-03-01", "--seed", "7", "--segment-events", "60000"]);
    let client = std::fs::read(data.join("demo-client.json")).expect("a file");
    let client: Value = serde_json::from_slice(&client).expect("JSON");
    let who = (client["id"].as_str().expect("an id"), client["secret"].as_str().expect("a secret"));
    let expected = answers(&server, who);
    assert!(expected.len() >= 25, "{:?}", expected.keys());
    assert!(expected.values().filter(|text| text.lines().count() > 1).count() >= 20);
    server.stop();

    // What was there is sent, and put out but for the last that was asked for.
    let files = |data: &Path| names(&data.join("segments"));
    let before = files(&data).len();
    let environment = bucket.environment();
    let flags = ["--segment-events", "60000"];
    let server = Server::start_in(&data, &flags, &environment);
    until("all is sent", || bucket.segments().len() == before);
    server.stop();
    let tiny = [&flags[..], &["--segment-cache-bytes", "1"]].concat();
    Server::start_in(&data, &tiny, &environment).stop();
    assert_eq!(files(&data), Vec::<String>::new());
    let server = Server::start_in(&data, &flags, &environment);
    let found = answers(&server, who);
    for (name, text) in &expected {
        assert_eq!(found.get(name), Some(text), "{name}");
    }
    assert!(!files(&data).is_empty(), "some were brought back");
    server.stop();
    let checked = muster_in(&data, &["check"], &environment);
    assert!(checked.status.success(), "{}", stderr(&checked));
}
