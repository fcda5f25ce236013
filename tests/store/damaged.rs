//! A data folder whose files are not what was written: each kind of file with a wrong byte, cut short, gone.

use crate::server::{muster, stderr};
use crate::support::app::TestApp;
use muster::store::check::Checked;
use muster::store::{Error, Options, Store};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Events of one day. Each day is sealed to a segment of its own, but for the last, which is in the log.
const DAILY: i64 = 20;

const DAYS: i64 = 4;

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Harm {
    /// The bit of a byte so far from the start, or from the end.
    Flip(i64),
    Cut,
    Empty,
    Delete,
}

fn harm(path: &Path, how: Harm) {
    let mut bytes = std::fs::read(path).expect("a file");
    let length = bytes.len();
    match how {
        Harm::Flip(at) => {
            let at = usize::try_from(at).unwrap_or_else(|_| length - usize::try_from(-at).expect("a place"));
            bytes[at] ^= 1;
        }
        Harm::Cut => bytes.truncate(length / 2),
        Harm::Empty => bytes.clear(),
        Harm::Delete => return std::fs::remove_file(path).expect("it goes"),
    }
    std::fs::write(path, bytes).expect("written");
}

/// The files of a part of the folder, by name.
fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder.join(part)).map(|entries| entries.flatten().collect::<Vec<_>>());
    let mut files: Vec<PathBuf> = found.unwrap_or_default().iter().map(std::fs::DirEntry::path).collect();
    files.sort();
    files
}

fn day(day: i64) -> Value {
    let event = |place: i64| {
        json!({"type": "track", "payload": {"id": format!("{day}-{place}"), "name": "tick", "groups": ["acme"],
            "profileId": format!("p{place}"), "properties": {"__timestamp": format!("2026-03-0{day}T10:00:{place:02}Z")}}})
    };
    (0..DAILY).map(event).collect()
}

/// A server with three sealed days and one in the log.
async fn filled() -> TestApp {
    let t = TestApp::start_with(|config| {
        config.seal_rows = usize::try_from(DAILY).expect("a few");
        // No two segments are ever compacted.
        config.segment_events = 1;
    });
    let mut t = t.await;
    let group = json!({"type": "group", "payload": {"id": "acme", "type": "company", "name": "Acme"}});
    assert_eq!(t.track(&group).await.status, 200);
    for number in 1..=DAYS {
        if number == DAYS {
            t = t.restart_with(|config| config.seal_rows = 1_000).await;
        }
        assert_eq!(t.track(&day(number)).await.status, 200);
    }
    let t = t.restart().await;
    assert_eq!(files(&t.app.config().data_dir, "segments").len(), 3);
    assert_eq!((counted(&t).await, health(&t).await.1), (vec![20; 4], json!("ok")));
    t
}

/// The events of each day, as daily sums or single events tell.
async fn counted(t: &TestApp) -> Vec<i64> {
    let document = r#"{ activeUsers(groupType: "company", range: {from: "2026-03-01T00:00:00Z", to: "2026-03-05T00:00:00Z"}, interval: DAY) {
        buckets { events } } events(first: 1) { totalCount } }"#;
    let answer = t.gql(document, json!({})).await;
    let buckets = answer["data"]["activeUsers"]["buckets"].as_array().expect("buckets");
    let days: Vec<i64> = buckets.iter().filter_map(|bucket| bucket["events"].as_i64()).collect();
    let total = answer["data"]["events"]["totalCount"].as_i64().expect("a count");
    assert_eq!(days.iter().sum::<i64>(), total, "every source gives the same: {answer}");
    days
}

async fn health(t: &TestApp) -> (u16, Value, Value) {
    let answer = t.get("/health", &[]).await;
    let body = answer.json();
    (answer.status, body["status"].clone(), body["damaged"].clone())
}

/// What a check finds, in the way of the command.
async fn check(t: &TestApp) -> Checked {
    let store = Arc::clone(t.app.engine().store());
    tokio::task::spawn_blocking(move || store.check()).await.expect("it runs").expect("it ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_cannot_be_read_is_put_aside_and_served_again_once_it_is_back() {
    for how in [Harm::Cut, Harm::Empty, Harm::Delete, Harm::Flip(-1), Harm::Flip(-5)] {
        let t = filled().await;
        let mut whole = Vec::new();
        let t = t.restart_after(|folder| {
            let second = &files(folder, "segments")[1];
            whole = std::fs::read(second).expect("a segment");
            harm(second, how);
        });
        let t = t.await;
        let folder = t.app.config().data_dir.clone();
        let name = "segments/0000000002.parquet";
        assert_eq!(health(&t).await, (200, json!("degraded"), json!([name])), "{how:?}");
        assert_eq!(counted(&t).await, [20, 0, 20, 20], "{how:?}");
        let put_aside = files(&folder, "damaged").len();
        assert_eq!((put_aside, files(&folder, "segments").len()), (usize::from(how != Harm::Delete), 2));
        let told = &t.app.damaged()[0];
        assert_eq!((told.events, told.projects.as_slice()), (Some(20), &["alpha".to_owned()][..]));
        assert!(
            told.to_string().contains("from 2026-03-02T10:00:00Z to 2026-03-02T10:00:19Z of alpha"),
            "{told}"
        );
        // What was stored stays known, and writes go on.
        let again = t.track(&day(2)).await.json();
        let is_known = |result: &Value| result["outcome"] == "DUPLICATE";
        assert!(again.as_array().is_some_and(|results| results.iter().all(is_known)), "{again}");
        // Each start tells of it, until the file is back.
        let t = t.restart().await;
        assert_eq!(health(&t).await, (200, json!("degraded"), json!([name])), "{how:?}");
        let t = t.restart_after(|folder| std::fs::write(folder.join(name), whole).expect("written")).await;
        assert_eq!((health(&t).await.1, counted(&t).await), (json!("ok"), vec![20; 4]), "{how:?}");
        let checked = check(&t).await;
        assert_eq!((checked.damaged.len(), checked.differing.len()), (0, 0), "{checked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_puts_aside_a_segment_with_a_wrong_byte() {
    let t = filled().await.restart_after(|folder| harm(&files(folder, "segments")[0], Harm::Flip(60))).await;
    assert_eq!(health(&t).await.1, "ok", "a start does not read every byte");
    let checked = check(&t).await;
    assert_eq!((checked.segments, checked.sealed_events, checked.logged_events), (2, 40, 20));
    assert!(checked.damaged[0].what.contains("checksum"), "{checked:?}");
    assert_eq!(health(&t).await, (200, json!("degraded"), json!(["segments/0000000001.parquet"])));
    assert_eq!(counted(&t).await, [0, 20, 20, 20]);
    // The command tells the same of the closed folder, and fails until the loss is accepted.
    let mut told = Vec::new();
    let commands = [&["check"][..], &["check", "--accept-loss"], &["check"]];
    let t = t.restart_after(|folder| told.extend(commands.map(|command| muster(folder, command)))).await;
    let codes: Vec<_> = told.iter().map(|told| told.status.code()).collect();
    assert_eq!(codes, [Some(1), Some(0), Some(0)], "{told:?}");
    assert_eq!((health(&t).await.1, counted(&t).await), (json!("ok"), vec![0, 20, 20, 20]));
    let again = [t.track(&day(1)).await.json(), t.track(&day(2)).await.json()];
    assert_eq!((&again[0][0]["outcome"], &again[1][0]["outcome"]), (&json!("ACCEPTED"), &json!("DUPLICATE")));
    let told = &told[0];
    let printed = String::from_utf8(told.stdout.clone()).expect("UTF-8");
    for part in
        ["segments/0000000001.parquet is missing, put aside in damaged/", "lost are 20 events", "of alpha"]
    {
        assert!(printed.contains(part) && stderr(told).contains(part), "{printed}\n{}", stderr(told));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_derived_is_made_anew() {
    for how in [Harm::Cut, Harm::Empty, Harm::Delete, Harm::Flip(100)] {
        let t = filled().await.restart_after(|folder| harm(&folder.join("derived.duckdb"), how)).await;
        assert_eq!((health(&t).await.1, counted(&t).await), (json!("ok"), vec![20; 4]), "{how:?}");
        assert_eq!(check(&t).await.differing, []);
        let t =
            t.restart_after(|folder| files(folder, "index").iter().for_each(|file| harm(file, how))).await;
        assert_eq!(health(&t).await.1, "ok", "{how:?}");
        assert_eq!(t.track(&day(2)).await.json()[0]["outcome"], "DUPLICATE", "{how:?}");
        assert_eq!(counted(&t).await, [20; 4], "{how:?}");
    }
    // What is made anew is made from whole segments alone.
    let t = filled().await.restart_after(|folder| {
        harm(&folder.join("derived.duckdb"), Harm::Delete);
        harm(&files(folder, "segments")[2], Harm::Flip(60));
    });
    let t = t.await;
    assert_eq!(health(&t).await, (200, json!("degraded"), json!(["segments/0000000003.parquet"])));
    assert_eq!(counted(&t).await, [20, 20, 0, 20]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_proves_what_is_derived_and_a_rebuild_mends_it() {
    for (table, change) in [
        (
            "by_group_1",
            "update by_group_1 set name_key = name_key + 1 where seq = (select max(seq) from by_group_1)",
        ),
        ("by_name_2", "delete from by_name_2 where seq = (select max(seq) from by_name_2)"),
        ("group_days_3", "insert into group_days_3 from group_days_3 limit 1"),
        (
            "user_days_1",
            "update user_days_1 set events = 2 where user_key = (select max(user_key) from user_days_1)",
        ),
        ("group_totals_2", "update group_totals_2 set first_at = first_at + interval 1 second"),
    ] {
        let mut told = Vec::new();
        let t = filled().await.restart_after(|folder| {
            let derived = duckdb::Connection::open(folder.join("derived.duckdb")).expect("opened");
            derived.execute_batch(change).expect("changed");
            drop(derived);
            told.extend(
                [&["check"][..], &["check", "--rebuild"], &["check"]].map(|command| muster(folder, command)),
            );
        });
        let t = t.await;
        let printed = String::from_utf8(told[0].stdout.clone()).expect("UTF-8");
        assert!(printed.contains(&format!("  derived.{table} has ")), "{printed}");
        assert!(stderr(&told[0]).contains("muster check --rebuild"), "{}", stderr(&told[0]));
        let codes: Vec<_> = told.iter().map(|told| told.status.code()).collect();
        assert_eq!(codes, [Some(1), Some(0), Some(0)], "{table}");
        assert_eq!((counted(&t).await, check(&t).await.differing.len()), (vec![20; 4], 0));
    }
    let data = tempfile::tempdir().expect("a folder");
    let held = Store::open(data.path(), Options::default()).expect("opened");
    let told = muster(data.path(), &["check", "--rebuild"]);
    assert!(stderr(&told).contains("held by another process"), "{}", stderr(&told));
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_catalog_a_folder_is_left_as_it_is() {
    for how in [Harm::Delete, Harm::Empty, Harm::Cut, Harm::Flip(100)] {
        let t = filled().await.restart_after(|folder| {
            let catalog = folder.join("catalog.duckdb");
            let whole = std::fs::read(&catalog).expect("a catalog");
            let before = [files(folder, "segments"), files(folder, "log"), files(folder, "index")];
            harm(&catalog, how);
            for _ in 0..2 {
                let opened = Store::open(folder, Options::default());
                assert!(matches!(opened, Err(Error::Corrupt { .. } | Error::Db(_))), "{how:?}: {opened:?}");
            }
            assert_eq!([files(folder, "segments"), files(folder, "log"), files(folder, "index")], before);
            std::fs::write(catalog, whole).expect("written");
        });
        assert_eq!(counted(&t.await).await, [20; 4], "{how:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_gone_is_told() {
    let t = filled().await.restart_after(|folder| harm(&files(folder, "log")[0], Harm::Delete)).await;
    assert_eq!(health(&t).await, (200, json!("degraded"), json!(["log/0000000004.log"])));
    assert_eq!(counted(&t).await, [20, 20, 20, 0]);
    // What was lost can be sent again.
    assert_eq!(t.track(&day(4)).await.json()[0]["outcome"], "ACCEPTED");
    let t = t.restart().await;
    assert_eq!((health(&t).await.1, counted(&t).await), (json!("ok"), vec![20; 4]));

    // A later log may build on one that is gone.
    let t = t.restart_after(|folder| {
        let log = &files(folder, "log")[0];
        let later = folder.join("log/0000000005.log");
        std::fs::rename(log, &later).expect("renamed");
        let opened = Store::open(folder, Options::default());
        assert!(matches!(opened, Err(Error::Corrupt { ref file, .. }) if file == log), "{opened:?}");
        std::fs::rename(later, log).expect("it is back");
    });
    assert_eq!(counted(&t.await).await, [20; 4]);
}

/// One event of the last day in a group that nothing was told about before.
fn late(id: &str, group: &str) -> Value {
    let payload = json!({"id": id, "name": "tock", "groups": ["acme", group], "profileId": "new",
        "path": "/late", "properties": {"__timestamp": "2026-03-04T20:00:00Z"}});
    json!([{"type": "track", "payload": payload}])
}

/// The ids of the events in a group, the newest first, and the group's type where it has one.
async fn tocks(t: &TestApp, group: &str) -> (Vec<Value>, Value) {
    let document = "query($group: ID!) { group(id: $group) { type }
        events(first: 100) { nodes { id groups { id } } } }";
    let answer = t.gql(document, json!({"group": group})).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    let nodes = answer["data"]["events"]["nodes"].as_array().expect("events");
    let carries = |node: &&Value| {
        node["groups"].as_array().is_some_and(|groups| groups.iter().any(|found| found["id"] == group))
    };
    let mut ids: Vec<Value> = nodes.iter().filter(carries).map(|node| node["id"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    (ids, answer["data"]["group"]["type"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_damaged_in_its_middle_is_told_and_the_rest_of_it_is_served() {
    let t = filled().await;
    let log = files(&t.app.config().data_dir, "log")[0].clone();
    let length = || std::fs::metadata(&log).expect("a log").len();
    // The first of these requests gives keys that the second one uses.
    let before = length();
    assert_eq!(t.track(&late("a", "bolt")).await.json()[0]["outcome"], "ACCEPTED");
    let middle = i64::try_from(u64::midpoint(before, length())).expect("small");
    assert_eq!(t.track(&late("b", "bolt")).await.json()[0]["outcome"], "ACCEPTED");
    let group = json!({"type": "group", "payload": {"id": "bolt", "type": "company", "name": "Bolt"}});
    assert_eq!(t.track(&group).await.status, 200);
    assert_eq!(tocks(&t, "bolt").await, (vec![json!("a"), json!("b")], json!("company")));

    let t = t.restart_after(|_| harm(&log, Harm::Flip(middle))).await;
    let degraded = (200, json!("degraded"), json!(["log/0000000004.log"]));
    assert_eq!((health(&t).await, counted(&t).await), (degraded.clone(), vec![20, 20, 20, 21]));
    assert_eq!(tocks(&t, "bolt").await, (vec![json!("b")], json!("company")));
    let damaged = check(&t).await.damaged;
    assert!(damaged[0].what.contains("could not be read"), "{damaged:?}");

    // It is told of until somebody has looked at it, also when nothing needs the file any more.
    let t = t.restart_with(|config| config.seal_rows = 1).await;
    assert_eq!(t.track(&late("c", "bolt")).await.json()[0]["outcome"], "ACCEPTED");
    let t = t.restart().await;
    assert!(!log.exists(), "it is sealed");
    assert_eq!((health(&t).await, counted(&t).await), (degraded, vec![20, 20, 20, 22]));
    assert_eq!(tocks(&t, "bolt").await, (vec![json!("b"), json!("c")], json!("company")));
    // What was lost can be sent again.
    assert_eq!(t.track(&late("a", "bolt")).await.json()[0]["outcome"], "ACCEPTED");
    let t = t.restart_after(|folder| {
        let told = muster(folder, &["check", "--accept-loss"]);
        assert_eq!(told.status.code(), Some(0), "{}", stderr(&told));
        assert!(files(folder, "damaged").iter().any(|path| path.ends_with("0000000004.log.accepted")));
    });
    let t = t.await;
    assert_eq!((health(&t).await.1, counted(&t).await), (json!("ok"), vec![20, 20, 20, 23]));
}
