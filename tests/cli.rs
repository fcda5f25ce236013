//! The command line as its users meet it: commands as processes, alone and while a server holds the folder.

use crate::server::{Server, muster, out, stderr};
use muster::store::{Options, Store};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const EVENTS: &str = "id,name,who,at,customer,amount
e1,signup,u1,2026-01-01T10:00:00Z,Acme,1
e2,signup,u2,2026-01-01T11:00:00Z,Acme,2
e3,invite,u1,2026-01-02T10:00:00Z,Bolt,3
";

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn import(data: &Path, file: &Path) -> std::process::Output {
    let file = file.display().to_string();
    let mapping = ["--project", "p", "--name", "name", "--profile", "who", "--time", "at", "--id", "id"];
    let arguments: Vec<&str> =
        ["import", &file].into_iter().chain(mapping).chain(["--group", "company=customer"]).collect();
    muster(data, &arguments)
}

/// A project with three events and two groups.
fn filled(data: &Path) -> TempDir {
    let files = folder();
    let file = files.path().join("events.csv");
    std::fs::write(&file, EVENTS).expect("written");
    out(&muster(data, &["project", "create", "p"]));
    let told = out(&import(data, &file));
    assert!(told.contains("3 events stored, 0 stored before, 0 bad") && told.contains("2 groups"), "{told}");
    files
}

#[test]
fn projects_and_clients_are_made_on_a_free_folder_and_on_a_served_one() {
    let data = folder();
    out(&muster(data.path(), &["project", "create", "alpha"]));
    let server = Server::start(data.path(), &[]);
    let made: Value =
        serde_json::from_str(&out(&muster(data.path(), &["project", "create", "beta", "--json"])))
            .expect("JSON");
    assert_eq!(made["project"], "beta");
    let arguments = ["client", "create", "--project", "beta", "--right", "read", "--json"];
    let client: Value = serde_json::from_str(&out(&muster(data.path(), &arguments))).expect("JSON");
    assert_eq!(client["right"], "READ");
    assert!(client["secret"].as_str().is_some_and(|secret| secret.len() >= 40));
    assert_eq!(out(&muster(data.path(), &["project", "list"])), "alpha\nbeta\n");
    let again = muster(data.path(), &["project", "create", "beta"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("exists already"), "{}", stderr(&again));
    server.stop();
    assert_eq!(out(&muster(data.path(), &["project", "list"])), "alpha\nbeta\n");
}

#[test]
fn a_repeated_import_stores_nothing_twice_with_and_without_a_server() {
    let data = folder();
    let files = filled(data.path());
    let file = files.path().join("events.csv");
    assert!(out(&import(data.path(), &file)).contains("0 events stored, 3 stored before"));
    let server = Server::start(data.path(), &[]);
    assert!(out(&import(data.path(), &file)).contains("0 events stored, 3 stored before"));
    let more = files.path().join("more.csv");
    std::fs::write(&more, EVENTS.replace("e3,", "e4,").replace("2026-01-02T10", "banana")).expect("written");
    let told = out(&import(data.path(), &more));
    assert!(told.contains("2 stored before, 1 bad") && told.contains("line 4: "), "{told}");
    let told = out(&muster(data.path(), &["check"]));
    assert!(told.contains("p: 3 events, 2 groups"), "{told}");
    server.stop();
}

#[test]
fn a_check_finds_a_damaged_segment() {
    let data = folder();
    out(&muster(data.path(), &["project", "create", "p"]));
    let files = folder();
    let file = files.path().join("events.csv");
    let row = |second: u32| format!("e{second},n,u,2026-01-01T00:00:{second:02}Z,Acme,1");
    let rows: Vec<String> = (0..20).map(row).collect();
    std::fs::write(&file, format!("id,name,who,at,customer,amount\n{}\n", rows.join("\n"))).expect("written");
    let server = Server::start(data.path(), &["--seal-rows", "10"]);
    assert!(out(&import(data.path(), &file)).contains("20 events stored"));
    server.stop();
    let told = out(&muster(data.path(), &["check"]));
    assert!(told.contains("p: 20 events, 1 groups"), "{told}");
    let segments = std::fs::read_dir(data.path().join("segments")).expect("a folder");
    let segment = segments.flatten().next().expect("a segment").path();
    let mut bytes = std::fs::read(&segment).expect("readable");
    bytes[10] ^= 1;
    std::fs::write(&segment, bytes).expect("writable");
    let told = muster(data.path(), &["check"]);
    assert_eq!(told.status.code(), Some(1), "{}", stderr(&told));
    assert!(stderr(&told).contains("checksum"), "{}", stderr(&told));
}

#[test]
fn what_goes_wrong_is_one_line_that_says_what_to_change() {
    let data = folder();
    let files = filled(data.path());
    let file = files.path().join("events.csv");
    let file = file.to_str().expect("UTF-8");
    let import = |project: &'static str, file: &str, name: &str| {
        let arguments =
            ["import", file, "--project", project, "--name", name, "--profile", "who", "--time", "at"];
        muster(data.path(), &arguments)
    };
    let wrong = files.path().join("a-file");
    std::fs::write(&wrong, "").expect("written");
    for (told, code, part) in [
        (import("nowhere", file, "name"), 1, "there is no project \"nowhere\""),
        (import("p", "missing.csv", "name"), 1, "missing.csv"),
        (import("p", file, "nome"), 2, "nome"),
        (
            muster(data.path(), &["query", "Nothing", "--project", "p"]),
            1,
            "there is no saved query \"Nothing\"",
        ),
        (
            muster(data.path(), &["client", "create", "--project", "x", "--right", "READ"]),
            1,
            "no project \"x\"",
        ),
        (muster(data.path(), &["client", "create", "--project", "p", "--right", "ROOT"]), 2, "ROOT"),
        (muster(data.path(), &["project", "create", ""]), 2, "name"),
        (muster(&wrong, &["check"]), 1, "cannot be written"),
        (muster(data.path(), &["dance"]), 2, "dance"),
    ] {
        assert_eq!(told.status.code(), Some(code), "{part}: {}", stderr(&told));
        assert!(stderr(&told).contains(part), "{part}: {}", stderr(&told));
        assert!(told.stdout.is_empty(), "{part}");
        if code == 1 {
            assert_eq!(stderr(&told).lines().count(), 1, "{}", stderr(&told));
        }
    }
}

#[test]
fn a_second_server_names_the_folder_or_the_address() {
    let (data, other) = (folder(), folder());
    let server = Server::start(data.path(), &[]);
    let held = muster(data.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(held.status.code(), Some(1));
    assert!(stderr(&held).contains("held by another process"), "{}", stderr(&held));
    let taken = muster(other.path(), &["serve", "--listen", &server.address]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(stderr(&taken).contains("is in use"), "{}", stderr(&taken));
    server.stop();
}

#[test]
fn a_folder_that_is_held_without_a_door_is_named() {
    let data = folder();
    let held = Store::open(data.path(), Options::default()).expect("opened");
    let told = muster(data.path(), &["project", "list"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("held by another process"), "{}", stderr(&told));
    std::fs::write(data.path().join("operator.json"), "{\"address\":\"127.0.0.1:1\",\"token\":\"x\"}")
        .expect("written");
    let told = muster(data.path(), &["project", "list"]);
    assert!(stderr(&told).contains("does not answer at 127.0.0.1:1"), "{}", stderr(&told));
    drop(held);
    assert_eq!(out(&muster(data.path(), &["project", "list"])), "");
}

#[test]
fn a_folder_of_a_newer_format_is_left_alone() {
    let data = folder();
    drop(Store::open(data.path(), Options::default()).expect("opened"));
    let catalog = duckdb::Connection::open(data.path().join("catalog.duckdb")).expect("a catalog");
    catalog.execute_batch("update meta set format = 99").expect("updated");
    drop(catalog);
    let told = muster(data.path(), &["check"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("use a newer release"), "{}", stderr(&told));
}

#[test]
fn the_door_opens_to_its_token_alone_and_closes_with_the_server() {
    let data = folder();
    let server = Server::start(data.path(), &[]);
    let file = data.path().join("operator.json");
    let key: Value = serde_json::from_slice(&std::fs::read(&file).expect("a key")).expect("JSON");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(key["token"].as_str().map(str::len), Some(64));
    let address = format!("http://{}/", key["address"].as_str().expect("an address"));
    let ask = |token: &str| {
        let sent = reqwest::Client::new().post(&address).bearer_auth(token).json(&"ListProjects").send();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(sent).expect("an answer").status().as_u16()
    };
    assert_eq!(ask(key["token"].as_str().expect("a token")), 200);
    assert_eq!(ask("wrong"), 401);
    assert_eq!(ask(""), 401);
    server.stop();
    assert!(!file.exists());
}

#[test]
fn the_schema_is_printed_and_help_names_every_command() {
    let data = folder();
    assert!(out(&muster(data.path(), &["schema"])).contains("type Query"));
    let help = out(&muster(data.path(), &["help"]));
    for command in [
        "serve",
        "demo",
        "import",
        "import-groups",
        "import-profiles",
        "query",
        "schema",
        "project",
        "client",
        "check",
    ] {
        assert!(help.contains(&format!("  {command} ")), "{command}: {help}");
    }
}

#[test]
fn an_import_without_a_good_row_fails() {
    let data = folder();
    let files = filled(data.path());
    let file = files.path().join("bad.csv");
    std::fs::write(&file, EVENTS.replace("2026", "banana")).expect("written");
    let told = import(data.path(), &file);
    assert_eq!(told.status.code(), Some(1), "{}", stderr(&told));
    assert!(String::from_utf8_lossy(&told.stdout).contains("3 bad"), "{told:?}");
    assert!(stderr(&told).contains("every row is bad"), "{}", stderr(&told));
}

#[test]
fn only_what_makes_something_makes_a_folder() {
    let top = folder();
    let missing = top.path().join("missing");
    let told = muster(&missing, &["project", "list"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("there is no data folder"), "{}", stderr(&told));
    assert!(!missing.exists());

    let foreign = top.path().join("letters");
    std::fs::create_dir(&foreign).expect("a folder");
    std::fs::write(foreign.join("dear-jane.txt"), "Dear Jane").expect("written");
    let told = muster(&foreign, &["project", "create", "p"]);
    assert_eq!(told.status.code(), Some(1));
    assert!(stderr(&told).contains("no data of muster's"), "{}", stderr(&told));
    assert_eq!(std::fs::read_dir(&foreign).expect("a folder").count(), 1);
}

#[test]
fn queries_are_listed_as_a_table_or_json_from_a_folder_that_is_there() {
    let data = folder();
    let listed = out(&muster(data.path(), &["query", "--format", "json"]));
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let names: Vec<&str> =
        listed.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"ActiveGroups"), "{names:?}");
    assert!(out(&muster(data.path(), &["query"])).contains("ActiveGroups\n"));
    let told = muster(data.path(), &["query", "--queries-dir", "no-such-folder"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(stderr(&told).contains("--queries-dir"), "{}", stderr(&told));
}
