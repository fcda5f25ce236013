//! What it costs to decode the columns that a question needs, out of the segments: the floor for answers from events.
//!
//! A document's line `# Decodes: COLUMN…` names them; the rows are those of the document's range. Each column is read
//! by DuckDB in this process, with the server's number of threads, to nothing but its highest value, of lists their length.

use super::Result;
use super::dataset::Manifest;
use super::documents::Question;
use super::figures::ms;
use super::process::Process;
use duckdb::Connection;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one set of columns is decoded, over and over.
const WHILE: Duration = Duration::from_secs(2);

/// Processor milliseconds of one pass, by question. No server may hold the folder's files meanwhile.
pub(crate) fn measure_all(
    data: &Path,
    questions: &[Question],
    manifest: &Manifest,
) -> Result<HashMap<String, f64>> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("set threads = 2; set enable_progress_bar = false")?;
    let (mut known, mut costs) = (HashMap::new(), HashMap::new());
    for question in questions.iter().filter(|question| !question.decodes.is_empty()) {
        let sql = statement(data, question, manifest);
        let cost = match known.get(&sql) {
            Some(cost) => *cost,
            None => measure(&connection, &sql)?,
        };
        known.insert(sql, cost);
        costs.insert(question.name.clone(), cost);
    }
    Ok(costs)
}

fn statement(data: &Path, question: &Question, manifest: &Manifest) -> String {
    let highest = |column: &String| match column.as_str() {
        "groups" | "group_keys" => format!("max(len({column}))"),
        _ => format!("max({column})"),
    };
    let highest: Vec<String> = question.decodes.iter().map(highest).collect();
    let within = question.range(manifest).map_or("true".to_owned(), |(from, to)| {
        format!("occurred_at >= '{from}'::timestamp and occurred_at < '{to}'::timestamp")
    });
    let files = data.join("segments/*.parquet").display().to_string().replace('\'', "''");
    format!("select {} from read_parquet('{files}') where {within}", highest.join(", "))
}

fn measure(connection: &Connection, sql: &str) -> Result<f64> {
    let process = Process(std::process::id());
    let pass = || connection.query_row(sql, [], |_| Ok(()));
    pass()?;
    let (cpu, begin, mut passes) = (process.cpu()?, Instant::now(), 0_u32);
    while begin.elapsed() < WHILE {
        pass()?;
        passes += 1;
    }
    Ok(ms(process.cpu_since(cpu)?) / f64::from(passes))
}
