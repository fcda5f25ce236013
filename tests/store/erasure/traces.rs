//! Looking for texts in every file of a data folder: as bytes, and in what DuckDB reads.

use duckdb::Connection;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The files whose bytes hold one of these texts, with the text.
pub(crate) fn find_in_bytes(folder: &Path, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(folder) {
        // A file may go while it is looked for.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        for needle in needles {
            if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
                found.push(format!("{needle} in {}", file.display()));
            }
        }
    }
    found
}

/// The tables and Parquet files that hold one of these texts, with the text. Nobody may hold the folder.
pub(crate) fn find_in_tables(folder: &Path, needles: &[&str]) -> Vec<String> {
    let connection = Connection::open_in_memory().expect("DuckDB");
    let mut relations = Vec::new();
    for file in files(folder) {
        let path = file.display();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => relations.push(format!("read_parquet('{path}')")),
            Some("duckdb") => {
                let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
                connection
                    .execute_batch(&format!("attach '{path}' as {name} (read_only)"))
                    .expect("attached");
            }
            _ => {}
        }
    }
    let mut tables = connection
        .prepare("select database_name || '.main.' || table_name from duckdb_tables() where database_name in ('catalog', 'derived')")
        .expect("a statement");
    let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    relations.extend(names.map(|name| name.expect("a name")));
    assert!(relations.iter().any(|relation| relation == "catalog.main.keys"), "{relations:?}");
    let mut found = Vec::new();
    for relation in relations {
        for needle in needles {
            let sql = format!("select count(*) from {relation} as r where contains(r::varchar, '{needle}')");
            let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).expect("a count");
            if count > 0 {
                found.push(format!("{needle} in {count} rows of {relation}"));
            }
        }
    }
    found
}
