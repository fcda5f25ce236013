//! A data folder that an earlier build left, of each format: it opens, is brought to the present one, and answers.
//!
//! A fixture holds what is true of a folder: the catalog (packed), the log and the segments. `formats/4` was filled
//! over `/track` with 460 events of three companies and their teams, 17 profiles and their memberships, sealed every
//! 150 rows, the last ones left in the log: see [`event`] for what number `i` is. Then `acme` was renamed, `user3` left
//! it, and `initech-team1` was deleted.

use crate::server::{Server, muster, out, stderr};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The fixture's client.
const CLIENT: (&str, &str) =
    ("01a222ba-2a23-70f5-a4ca-11d7a9125ac7", "sec_da4b316d01ef93eb44795d4f9fe38c5f4dbbd351");

const EVENTS: usize = 460;

const COMPANIES: [&str; 3] = ["acme", "globex", "initech"];

/// An event of the fixture: the place of its company, its day in March 2026, its profile.
fn event(i: usize) -> (usize, usize, Option<usize>) {
    (i % 3, 1 + i % 20, (!i.is_multiple_of(5)).then_some(i % 17))
}

fn unpack(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a fixture").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            unpack(&path, &to.join(name));
        } else if let Some(name) = name.strip_suffix(".gz") {
            let mut packed = GzDecoder::new(std::fs::File::open(&path).expect("a file"));
            let mut file = std::fs::File::create(to.join(name)).expect("a file");
            std::io::copy(&mut packed, &mut file).expect("unpacked");
        } else {
            std::fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}

#[test]
fn a_folder_of_each_format_opens_and_answers() {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/formats");
    let mut opened = 0;
    for format in std::fs::read_dir(formats).expect("fixtures").flatten() {
        let folder = tempfile::tempdir().expect("a folder");
        unpack(&format.path(), folder.path());
        let checked = muster(folder.path(), &["check"]);
        assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
        assert!(out(&checked).contains(&EVENTS.to_string()), "{}", out(&checked));

        let server = Server::start(folder.path(), &[]);
        let document = r#"{
            events(first: 1) { totalCount }
            activeUsers(groupType: "company", range: { from: "2026-03-01T00:00:00Z", to: "2026-03-21T00:00:00Z" }, first: 10, interval: DAY) {
                rows { group { id name } activeUsers events } buckets { events } }
            acme: group(id: "acme") { memberCount properties propertyHistory { totalCount } }
            gone: group(id: "initech-team1") { type }
            last: events(first: 1) { nodes { id properties } }
        }"#;
        let answer = server.graphql(CLIENT, document, &json!({}));
        assert!(answer.get("errors").is_none(), "{answer}");
        let data = &answer["data"];
        assert_eq!(data["events"]["totalCount"], EVENTS);
        for row in data["activeUsers"]["rows"].as_array().expect("rows") {
            let id = row["group"]["id"].as_str().expect("an id");
            let place = COMPANIES.iter().position(|company| *company == id).expect("a company");
            let own = || (0..EVENTS).map(event).filter(|(company, ..)| *company == place);
            let users: BTreeSet<usize> = own().filter_map(|(.., profile)| profile).collect();
            assert_eq!(
                (&row["events"], &row["activeUsers"]),
                (&json!(own().count()), &json!(users.len())),
                "{id}"
            );
        }
        assert_eq!(data["activeUsers"]["rows"].as_array().map(Vec::len), Some(3));
        let by_day: Vec<usize> =
            (1..=20).map(|day| (0..EVENTS).filter(|i| event(*i).1 == day).count()).collect();
        let told = data["activeUsers"]["buckets"].as_array().expect("buckets");
        assert_eq!(told.iter().map(|bucket| bucket["events"].clone()).collect::<Value>(), json!(by_day));
        assert_eq!(data["acme"]["memberCount"], 5);
        let properties = json!({ "seats": 99, "nested": { "a": [1, null, "ü"] } });
        assert_eq!(data["acme"]["properties"], properties);
        assert_eq!(data["acme"]["propertyHistory"]["totalCount"], 2);
        assert_eq!(data["gone"]["type"], Value::Null);
        let number = data["last"]["nodes"][0]["properties"]["n"].as_u64().expect("a number");
        assert_eq!(data["last"]["nodes"][0]["id"], format!("e{number:04}"));
        server.stop();
        opened += 1;
    }
    assert!(opened > 0);
}
