//! `muster demo`, as whoever tries it for the first time meets it.

use crate::server::{Server, muster, stderr};
use serde_json::{Value, json};
use std::path::Path;

fn file(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).expect("a file")).expect("JSON")
}

/// Events of the demo, and the day of the last.
fn asked(server: &Server, client: &Value) -> (i64, String) {
    let who = (client["id"].as_str().expect("an id"), client["secret"].as_str().expect("a secret"));
    let document = "{ events(first: 1) { totalCount nodes { occurredAt } } }";
    let events = server.graphql(who, document, &json!({}))["data"]["events"].clone();
    let last = events["nodes"][0]["occurredAt"].as_str().expect("an instant")[..10].to_owned();
    (events["totalCount"].as_i64().expect("a count"), last)
}

#[test]
fn a_demo_says_what_it_holds_and_never_passes_for_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let (server, printed) = Server::demo(&data, &["--until", "2026-03-01", "--seed", "7"]);
    assert!(printed.contains("the 180 days before 2026-03-01 (UTC), seed 7"), "{printed}");
    let client = file(&data, "demo-client.json");
    let keys: Vec<&String> = client.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["project", "id", "secret"]);
    for text in ["/graphql", "/track", client["id"].as_str().expect("an id"), "curl -u"] {
        assert!(printed.contains(text), "{text}: {printed}");
    }
    let (events, last) = asked(&server, &client);
    assert!(events >= 300_000 && last == "2026-02-28", "{events} {last}");
    server.stop();

    for other in [&["--seed", "8"][..], &["--until", "2026-03-02"], &["--seed", "1", "--until", "2026-03-01"]]
    {
        let told = muster(&data, &[&["demo", "--listen", "127.0.0.1:0"], other].concat());
        let said = stderr(&told);
        assert_eq!(told.status.code(), Some(2), "{said}");
        assert!(said.contains("--seed 7 --until 2026-03-01") && said.contains("--data-dir"), "{said}");
        assert!(told.stdout.is_empty() && said.lines().count() == 1, "{said}");
    }

    // The same again, asked for by its name or not, is served as it is; a start that was interrupted goes on.
    for (arguments, is_interrupted) in [(&[][..], false), (&["--seed", "7"], false), (&[], true)] {
        if is_interrupted {
            std::fs::remove_file(data.join("demo-client.json")).expect("removed");
        }
        let (server, printed) = Server::demo(&data, arguments);
        assert!(printed.contains("the 180 days before 2026-03-01 (UTC), seed 7"), "{printed}");
        assert_eq!(asked(&server, &file(&data, "demo-client.json")), (events, last.clone()));
        server.stop();
    }
}

#[test]
fn a_demo_of_an_impossible_day_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    for (until, part) in [
        ("1979-12-31", "choose a day of the years 1980 to 8999"),
        ("9000-01-01", "choose a day of the years 1980 to 8999"),
        ("0000-01-01", "choose a day of the years 1980 to 8999"),
        ("2026-02-30", "write a day such as 2026-01-31"),
        ("yesterday", "write a day such as 2026-01-31"),
        ("", "write a day such as 2026-01-31"),
    ] {
        let told = muster(&data, &["demo", "--listen", "127.0.0.1:0", "--until", until]);
        assert_eq!(told.status.code(), Some(2), "{until}: {}", stderr(&told));
        assert!(
            stderr(&told).contains("--until") && stderr(&told).contains(part),
            "{until}: {}",
            stderr(&told)
        );
        assert!(!data.exists(), "{until}");
    }
    let told = muster(&data, &["demo", "--seed", "-1"]);
    assert_eq!(told.status.code(), Some(2), "{}", stderr(&told));
}
