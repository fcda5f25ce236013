//! A backup is made while events arrive, and holds all that was acknowledged before.

use crate::server::{Server, muster, out, stderr};
use crate::support::app::add_project;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::SystemClock;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const TRACK: &str = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }";

fn batch(number: usize) -> Value {
    let event = |place: usize| {
        json!({"id": format!("b{number}-{place}"), "name": "did", "profileId": format!("p{}", place % 9),
            "groups": [format!("g{}", number % 5)], "occurredAt": "2026-02-03T10:00:00Z"})
    };
    json!({"events": (0..20).map(event).collect::<Vec<_>>()})
}

#[test]
fn a_backup_under_ingest_has_every_write_acknowledged_before_it_and_is_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, saved) = (folder.path().join("data"), folder.path().join("saved"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = runtime.block_on(async {
        let app = App::open(Config::for_testing(&data), Arc::new(SystemClock)).await.expect("a new folder");
        let project = add_project(&app, "alpha").await;
        app.stop().await.expect("a clean stop");
        project
    });
    let admin = (project.admin.id.as_str(), project.admin.secret.as_str());
    let server = Server::start(&data, &["--seal-rows", "150"]);
    let (acknowledged, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let count = "{ storage { events } eventNamesTable { name events } groups { totalCount } }";
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut number = 0;
            while !is_over.load(Ordering::Acquire) {
                let told = server.graphql(admin, TRACK, &batch(number));
                assert_eq!(told["data"]["trackBatch"]["accepted"], 20, "{told}");
                number += 1;
                acknowledged.store(number, Ordering::Release);
            }
        });
        for round in 0..4 {
            while acknowledged.load(Ordering::Acquire) < 20 * (round + 1) {
                std::thread::yield_now();
            }
            let (before, target) = (acknowledged.load(Ordering::Acquire), saved.join(round.to_string()));
            std::fs::create_dir_all(&saved).expect("a folder");
            let target_text = target.display().to_string();
            assert!(out(&muster(&data, &["backup", "--out", &target_text])).contains("segments"));
            let after = acknowledged.load(Ordering::Acquire) + 1;
            // A data folder like any other: whole, and a server answers from it.
            let checked = out(&muster(&target, &["check"]));
            assert!(checked.contains("checksums right"), "{checked}");
            let restored = Server::start(&target, &[]);
            let answer = restored.graphql(admin, count, &Value::Null);
            let events = answer["data"]["storage"]["events"].as_u64().expect("a count");
            let (least, most) = (20 * before as u64, 20 * after as u64);
            assert!((least..=most).contains(&events) && events.is_multiple_of(20), "{least} {events} {most}");
            assert_eq!(answer["data"]["eventNamesTable"], json!([{"name": "did", "events": events}]));
            // What is sent again is known, and what is new is taken.
            let again = restored.graphql(admin, TRACK, &batch(before - 1));
            assert_eq!(again["data"]["trackBatch"]["accepted"], 0, "{again}");
            let new = restored.graphql(admin, TRACK, &batch(1_000_000));
            assert_eq!(new["data"]["trackBatch"]["accepted"], 20, "{new}");
            restored.stop();
        }
        is_over.store(true, Ordering::Release);
        sending.join().expect("the sender ends well");
    });
    let all = acknowledged.load(Ordering::Acquire) * 20;
    let answer = server.graphql(admin, count, &Value::Null);
    assert_eq!(answer["data"]["storage"]["events"], json!(all), "backups change nothing");
    server.stop();
    // Without a server, and never over something that is there.
    let target = saved.join("0").display().to_string();
    let refused = muster(&data, &["backup", "--out", &target]);
    assert!(!refused.status.success() && stderr(&refused).contains("there already"), "{}", stderr(&refused));
    let target = saved.join("offline").display().to_string();
    assert!(out(&muster(&data, &["backup", "--out", &target])).contains("segments"));
    let answer = Server::start(&saved.join("offline"), &[]).graphql(admin, count, &Value::Null);
    assert_eq!(answer["data"]["storage"]["events"], json!(all));
}
