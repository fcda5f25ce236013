//! What each question costs, asked again and again by one client.

use super::Result;
use super::client::Client;
use super::documents::Question;
use super::figures::{Times, ms, print_table, short};
use super::process::Process;
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Asks before the measurement.
const WARM_UPS: usize = 2;
/// Asks of one question, at least and at most. Between them it is asked for [`WHILE`].
const ASKS: (usize, usize) = (5, 3_000);
/// How long one question is asked: processor time comes in steps of 10 ms.
const WHILE: Duration = Duration::from_secs(4);

/// The cost of one question.
#[derive(Debug)]
pub(crate) struct Cost {
    question: Question,
    times: Times,
    /// Processor time of the server for one answer, in milliseconds.
    pub(crate) cpu_ms: f64,
    rows: usize,
    bytes: usize,
}

/// Asks a question many times. It must be answered with rows.
async fn measure(client: &Client, process: Process, question: Question, body: &str) -> Result<Cost> {
    for _ in 0..WARM_UPS {
        client.fetch(body.to_owned()).await.map_err(|error| format!("{}: {error}", question.name))?;
    }
    let (cpu, begin) = (process.cpu()?, Instant::now());
    let (mut times, mut answer) = (Times::default(), Vec::new());
    while times.count() < ASKS.0 || (begin.elapsed() < WHILE && times.count() < ASKS.1) {
        let asked = Instant::now();
        answer = client.fetch(body.to_owned()).await?;
        times.push(asked.elapsed());
    }
    let cpu_ms = ms(process.cpu_since(cpu)?) / times.count() as f64;
    let data: Value = serde_json::from_slice(&answer)?;
    let rows = rows(&data["data"]);
    if rows == 0 {
        return Err(format!("{} has no rows", question.name).into());
    }
    Ok(Cost { question, times, cpu_ms, rows, bytes: answer.len() })
}

/// Items of an answer's outermost lists; an object without lists is one.
fn rows(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => {
            let inner: usize = fields.values().map(rows).sum();
            inner.max(usize::from(!fields.is_empty()))
        }
        _ => 0,
    }
}

/// Asks all of them, one after the other, and prints a table. `decoding` is what decoding the columns alone costs.
pub(crate) async fn measure_all(
    client: &Client,
    process: Process,
    questions: Vec<(Question, String)>,
    decoding: &HashMap<String, f64>,
) -> Result<HashMap<String, f64>> {
    let (mut lines, mut costs) = (Vec::new(), HashMap::new());
    for (question, body) in questions {
        let cost = measure(client, process, question, &body).await?;
        costs.insert(cost.question.name.clone(), cost.cpu_ms);
        let floor = decoding.get(&cost.question.name).copied();
        lines.push(vec![
            format!("{} {}", cost.question.name, cost.question.title),
            short(cost.times.percentile(50)),
            short(cost.times.percentile(99)),
            short(cost.cpu_ms),
            floor.map_or_else(String::new, short),
            floor.map_or_else(String::new, |floor| short(cost.cpu_ms / floor)),
            cost.rows.to_string(),
            short(cost.bytes as f64 / 1024.0),
            cost.times.count().to_string(),
        ]);
    }
    let header =
        ["question", "p50 ms", "p99 ms", "CPU ms", "decoding, CPU ms", "÷ decoding", "rows", "KiB", "asks"];
    print_table(&header, &lines);
    Ok(costs)
}
