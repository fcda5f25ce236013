//! Data folders that cannot be opened: another server holds them, they may not be written, a newer release wrote
//! them, they are none.

use crate::server::{Server, muster, out, stderr};
use muster::store::{Options, Store};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
const DEMO: &[&str] = &["demo", "--listen", "127.0.0.1:0"];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Expects one line on standard error with these parts, and the exit code 1.
fn expect_line(told: &Output, parts: &[&str]) {
    let said = stderr(told);
    assert_eq!(told.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
    assert!(told.stdout.is_empty(), "{said}");
}

#[test]
fn a_folder_that_another_server_holds_is_not_opened_twice() {
    let data = folder();
    let server = Server::start(data.path(), &[]);
    for arguments in [SERVE, DEMO] {
        let name = data.path().display().to_string();
        expect_line(&muster(data.path(), arguments), &[&name, "held by another process", "--data-dir"]);
    }
    // Commands go through the server instead.
    out(&muster(data.path(), &["project", "create", "p"]));
    server.stop();
}

#[test]
fn a_folder_of_a_newer_format_is_left_as_it_is() {
    let data = folder();
    drop(Store::open(data.path(), Options::default()).expect("opened"));
    let path = data.path().join("catalog.duckdb");
    let catalog = duckdb::Connection::open(&path).expect("a catalog");
    catalog.execute_batch("update meta set format = 99").expect("updated");
    drop(catalog);
    let before = std::fs::read(&path).expect("readable");
    let name = data.path().display().to_string();
    for arguments in
        [SERVE, DEMO, &["check"], &["project", "create", "p"], &["query", "Funnel", "--project", "p"]]
    {
        expect_line(&muster(data.path(), arguments), &[&name, "format 99", "use a newer release"]);
    }
    assert_eq!(std::fs::read(&path).expect("readable"), before);
}

#[test]
fn what_is_no_data_folder_is_told_so() {
    let data = folder();
    let write = |path: &str, bytes: &[u8]| {
        let path = data.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    };
    write("file", b"");
    write("catalog/catalog.duckdb", b"this is no database");
    write("log/log", b"this is no folder");
    std::fs::create_dir_all(data.path().join("lock/LOCK")).expect("made");
    for (name, part) in [
        ("file", "cannot be written"),
        ("file/below", "cannot be written"),
        ("catalog", "the catalog in "),
        ("log", "cannot be written"),
        ("lock", "LOCK"),
    ] {
        for arguments in [SERVE, DEMO, &["project", "create", "p"]] {
            let told = muster(&data.path().join(name), arguments);
            expect_line(&told, &[name, part, "choose another", "--data-dir"]);
        }
    }
    for arguments in [&["check"][..], &["query", "Funnel", "--project", "p"]] {
        let told = muster(&data.path().join("nowhere"), arguments);
        expect_line(&told, &["there is no data folder", "nowhere", "--data-dir"]);
        assert!(!data.path().join("nowhere").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_where_nobody_may_write_is_told_so() {
    for arguments in [SERVE, DEMO, &["project", "create", "p"]] {
        let told = muster(Path::new("/sys/muster-data"), arguments);
        expect_line(&told, &["/sys/muster-data/log cannot be written", "rights", "--data-dir"]);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_told_so() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let place = folder();
    let allow = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("our own file");
    };
    allow(place.path(), 0o755);
    let program = place.path().join("muster");
    std::fs::copy(env!("CARGO_BIN_EXE_muster"), &program).expect("copied");
    let is_root = is_root(place.path());
    if is_root
        && !as_nobody(Command::new(&program).arg("help"), true)
            .output()
            .is_ok_and(|told| told.status.success())
    {
        // The libraries of this build lie where only the superuser can load them.
        return;
    }
    let data = place.path().join("data");
    drop(Store::open(&data, Options::default()).expect("opened"));
    let parts = ["log", "segments", "tmp"].map(|part| data.join(part));
    for (closed, part) in [
        (vec![data.clone()], "LOCK cannot be written"),
        (vec![data.join("LOCK")], "LOCK cannot be written"),
        (vec![data.join("catalog.duckdb")], "the catalog in "),
        (vec![data.join("log"), data.join("log/0000000001.log")], "cannot be written"),
        (vec![place.path().to_path_buf()], "new/log cannot be written"),
    ] {
        allow(place.path(), 0o777);
        allow(&data, 0o777);
        for part in &parts {
            allow(part, 0o777);
        }
        let (lock, log) = (data.join("LOCK"), data.join("log/0000000001.log"));
        std::fs::write(&lock, "").expect("a lock");
        for file in [&lock, &data.join("catalog.duckdb"), &log] {
            allow(file, 0o666);
        }
        if closed[0] == data {
            // A new one cannot be made.
            std::fs::remove_file(&lock).expect("the lock goes");
        }
        for path in &closed {
            allow(path, if path.is_dir() { 0o555 } else { 0o444 });
        }
        let target = if closed[0] == place.path() { place.path().join("new") } else { data.clone() };
        let mut command = Command::new(&program);
        command
            .args(SERVE)
            .env("MUSTER_DATA_DIR", &target)
            .env_remove("MUSTER_LOG")
            .current_dir(place.path());
        let told = as_nobody(&mut command, is_root).output().expect("the program runs");
        expect_line(&told, &[part, "rights", "--data-dir"]);
    }
    allow(place.path(), 0o755);
}

/// The superuser may write everything, so it runs the command as somebody who may not.
#[cfg(unix)]
fn as_nobody(command: &mut Command, is_root: bool) -> &mut Command {
    use std::os::unix::process::CommandExt;
    if is_root { command.uid(65_534).gid(65_534) } else { command }
}

/// Whether this process may write what nobody may.
#[cfg(unix)]
fn is_root(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let probe = folder.join("probe");
    std::fs::write(&probe, "").expect("written");
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o444)).expect("our own file");
    let may_write = std::fs::File::options().write(true).open(&probe).is_ok();
    std::fs::remove_file(&probe).expect("removed");
    may_write
}
