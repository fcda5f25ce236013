//! A replica that is killed while it follows is right when it starts again.

use super::world::Bucket;
use crate::server::Server;
use crate::support::app::add_project;
use crate::support::house::is_sealed;
use muster::app::App;
use muster::config::Config;
use muster::domain::time::{Clock, SystemClock};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TRACK: &str = "mutation($events: [TrackInput!]!) { trackBatch(input: {events: $events}) { accepted } }";

fn batch(round: usize) -> Value {
    let event = |number: usize| {
        json!({ "id": format!("{round}-{number}"), "name": "did", "profileId": format!("p{round}-{}", number % 9),
            "groups": [format!("g{}", number % 5)], "properties": { "n": number } })
    };
    json!({ "events": (0..50).map(event).collect::<Vec<_>>() })
}

#[test]
fn a_replica_that_is_killed_while_it_follows_is_right_when_it_starts_again() {
    let rounds = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { 50 } else { 6 };
    let (bucket, folder) = (Bucket::new(), tempfile::tempdir().expect("a temporary folder"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut config = Config::for_testing(folder.path());
    config.objects.object_store = Some(bucket.location());
    config.seal_rows = 60;
    let app = runtime.block_on(App::open(config, Arc::new(SystemClock))).expect("a new folder");
    let project = runtime.block_on(add_project(&app, "alpha"));
    let admin = (project.admin.id.as_str(), project.admin.secret.as_str());
    let url = format!("file://{}", bucket.folder().display());
    let flags = ["--replica", "--replica-seconds", "1", "--object-store", url.as_str()];
    let data = tempfile::tempdir().expect("a temporary folder");
    let write = |round: usize| {
        let caller = app.caller(project.key, muster::domain::identity::Right::Admin);
        let request =
            async_graphql::Request::new(TRACK).variables(async_graphql::Variables::from_json(batch(round)));
        let told = runtime.block_on(app.run(request, caller));
        assert!(told.errors.is_empty(), "{:?}", told.errors);
        let store = app.engine().store();
        while !is_sealed(store) {
            app.seal();
            std::thread::sleep(Duration::from_millis(5));
        }
        while !store.is_published() {
            store.publish_instant(SystemClock.now()).expect("published");
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    write(0);
    let asked = "{ storage { events } groups { totalCount } profiles { totalCount } }";
    for round in 1..=rounds {
        let mut server = Server::start(data.path(), &flags);
        let began = Instant::now();
        for part in 0..4 {
            write(round * 10 + part);
        }
        // At another moment of its work in each round.
        let moment = Duration::from_millis(u64::try_from(round * 173 % 1_300).expect("few"));
        std::thread::sleep(moment.saturating_sub(began.elapsed()));
        server.kill();
        let server = Server::start(data.path(), &flags);
        let expected = json!({ "data": {
            "storage": { "events": 50 * (1 + 4 * round) },
            "groups": { "totalCount": 5 },
            "profiles": { "totalCount": 9 * (1 + 4 * round) },
        } });
        let began = Instant::now();
        loop {
            // Before it has an instant at all it answers 503.
            if server.is_ready() {
                let told = server.graphql(admin, asked, &json!({}));
                if told == expected {
                    break;
                }
                assert!(began.elapsed() < Duration::from_mins(2), "{told}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        server.stop();
    }
    runtime.block_on(app.stop()).expect("a clean stop");
}
