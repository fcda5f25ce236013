//! A server that is killed while it erases goes on when it starts again.

use super::TRACK;
use super::traces::{find_in_bytes, find_in_tables};
use crate::server::Server;
use crate::support::app::add_project;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn batch(round: usize, part: usize) -> Value {
    let event = |number: usize, profile: String| {
        json!({
            "id": format!("r{round}-{part}-{number}"), "name": "did", "profileId": profile,
            "deviceId": format!("{profile}-device"), "groups": ["acme"], "path": format!("/of/{profile}"),
            "occurredAt": format!("2026-02-{:02}T10:00:00Z", 1 + number % 28),
        })
    };
    let victims = (0..20).map(|number| event(number, format!("victim-of-round-{round}-goes")));
    let others = (20..60).map(|number| event(number, format!("other-{}", number % 7)));
    json!({"events": victims.chain(others).collect::<Vec<_>>()})
}

#[test]
fn an_erasure_that_was_accepted_is_done_though_the_server_is_killed_in_the_middle() {
    killed_in_the_middle(8, &[]);
}

/// Kills a server with this environment in so many erasures, or in many more where the run may be long.
pub(crate) fn killed_in_the_middle(rounds: usize, environment: &[(&str, String)]) {
    let rounds = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { 60 } else { rounds };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(async {
        let app =
            App::open(Config::for_testing(folder.path()), Arc::new(SystemClock)).await.expect("a new folder");
        let project = add_project(&app, "alpha").await;
        app.stop().await.expect("a clean stop");
        project
    });
    let admin = (project.admin.id.as_str(), project.admin.secret.as_str());
    let flags = ["--seal-rows", "90"];
    let mut server = Server::start_in(folder.path(), &flags, environment);
    let (mut left, mut gone) = (0, Vec::new());
    for round in 0..rounds {
        for part in 0..6 {
            let told = server.graphql(admin, TRACK, &batch(round, part));
            assert_eq!(told["data"]["trackBatch"]["accepted"], 60, "{told}");
            left += 40;
        }
        let victim = format!("victim-of-round-{round}-goes");
        let document = "mutation($id: ID!) { eraseProfile(input: {id: $id}) { erasure { id } } }";
        let accepted = server.graphql(admin, document, &json!({ "id": victim }));
        let id = accepted["data"]["eraseProfile"]["erasure"]["id"].clone();
        assert!(id.is_string(), "{accepted}");
        // At another moment of its work in each round.
        let moment = Instant::now() + Duration::from_millis(u64::try_from(round * 37 % 300).expect("few"));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        server.kill();
        server = Server::start_in(folder.path(), &flags, environment);
        let asked = "query($id: ID!) { erasure(id: $id) { state } storage { events } }";
        let began = Instant::now();
        let events = loop {
            let now = server.graphql(admin, asked, &json!({ "id": id }));
            if now["data"]["erasure"]["state"] == "DONE" {
                break now["data"]["storage"]["events"].clone();
            }
            assert!(began.elapsed() < Duration::from_mins(10), "{now}");
        };
        assert_eq!(events, json!(left), "the others' events are all there");
        gone.push(victim);
        let needles: Vec<&str> = gone.iter().map(String::as_str).collect();
        assert_eq!(find_in_bytes(folder.path(), &needles), Vec::<String>::new(), "round {round}");
    }
    server.stop();
    let needles: Vec<&str> = gone.iter().map(String::as_str).collect();
    assert_eq!(find_in_tables(folder.path(), &needles), Vec::<String>::new());
}
