//! The house rules that a compiler does not check.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Every file below a folder with one of the endings.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "node_modules") {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| path.extension().is_some_and(|found| found == *ending)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds files");
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

/// The text of a Rust file without its tests and comments.
fn code(path: &Path) -> String {
    let text = read(path);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room(path: &Path) -> String {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("below src");
    let first = below.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_go_downwards() {
    let allowed: HashMap<&str, &[&str]> = HashMap::from([
        ("domain", [].as_slice()),
        ("store", &["domain"]),
        ("engine", &["domain", "store"]),
        ("ingest", &["domain", "store"]),
        ("error", &["domain", "store", "engine", "ingest"]),
        ("directory", &["domain", "store", "error"]),
        ("caller", &["domain", "store", "engine", "ingest", "error"]),
        // The schema is one layer in three rooms: an analysis speaks of groups, a group answers analyses, a saved query
        // fits the schema and is listed by it.
        ("analytics", &["domain", "engine", "error", "caller", "graphql"]),
        ("graphql", &["domain", "engine", "error", "directory", "caller", "analytics", "saved"]),
        ("demo", &["domain"]),
        ("config", &["domain", "store", "ingest"]),
        (
            "app",
            &[
                "domain",
                "store",
                "engine",
                "ingest",
                "error",
                "directory",
                "caller",
                "graphql",
                "config",
                "saved",
            ],
        ),
        ("saved", &["domain", "error", "caller", "graphql", "analytics", "tabular"]),
        ("tabular", &["domain", "error"]),
        // The store is named for what a client is; nothing is read or written there.
        (
            "dashboard",
            &[
                "domain",
                "store",
                "error",
                "directory",
                "caller",
                "analytics",
                "graphql",
                "saved",
                "tabular",
                "app",
            ],
        ),
    ]);
    let mut wrong = Vec::new();
    for path in files("src", &["rs"]) {
        let room = room(&path);
        let Some(allowed) = allowed.get(room.as_str()) else { continue };
        for part in code(&path).split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used != room && !used.is_empty() && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses crate::{used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that go upwards:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    let mut silent = Vec::new();
    for path in
        files("src", &["rs"]).into_iter().chain(files("tests", &["rs"])).chain(files("benches", &["rs"]))
    {
        if !read(&path).starts_with("//!") {
            silent.push(path.display().to_string());
        }
    }
    for path in files("src", &["sql"]) {
        if !read(&path).starts_with("--") {
            silent.push(path.display().to_string());
        }
    }
    assert!(silent.is_empty(), "files that do not open with a comment:\n{}", silent.join("\n"));
}

#[test]
fn only_the_scope_names_tenants_times_and_filters() {
    let mut wrong = Vec::new();
    for path in files("src/analytics", &["sql"]).into_iter().chain(files("src/graphql", &["sql"])) {
        let text = read(&path);
        let statement: String =
            text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        if !statement.trim_start().starts_with("with") {
            wrong.push(format!("{} does not begin with `with`", path.display()));
        }
        for word in ["project", "from events", "read_parquet", "hot.", "main.", "{"] {
            if statement.contains(word) {
                wrong.push(format!("{} contains `{word}`", path.display()));
            }
        }
        for part in ["-- Question:", "-- One row is", "-- Parameters:", "-- Columns:"] {
            if !text.contains(part) {
                wrong.push(format!("{} has no header line `{part}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_knows_no_wire_format_and_no_schema() {
    for path in files("src/domain", &["rs"]) {
        let code = code(&path);
        for word in ["Serialize", "Deserialize", "async_graphql", "duckdb", "axum"] {
            assert!(!code.contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn blocking_duckdb_work_stays_behind_its_doors() {
    for path in files("src", &["rs"]) {
        let room = room(&path);
        if ["store", "engine", "ingest"].contains(&room.as_str()) {
            continue;
        }
        for word in [".connection()", "duckdb::Connection", "duckdb::{"] {
            assert!(!code(&path).contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn the_schema_file_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let sdl = muster::graphql::sdl();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &sdl).expect("schema.graphql is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == sdl, "schema.graphql is stale; bless it with INSTA_UPDATE=always cargo test --release");
}
