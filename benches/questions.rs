//! What questions cost and how fast events are taken: `cargo bench`, or `cargo bench -- 1m questions` for a part.
//!
//! Draws events of a made-up product (seeded) into Parquet files, imports them with the real program, runs the real
//! server as a child process and asks it over HTTP. `support/plan.rs` says what can be chosen. Times are wall-clock
//! times of this process; CPU is processor time of the server's process; nothing is cached between two answers.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures on standard output")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and milliseconds are far below where these conversions lose anything"
)]

mod support;

use std::collections::HashMap;
use std::process::ExitCode;
use support::client::Client;
use support::dataset::population::Population;
use support::documents::Question;
use support::figures::{print_table, short};
use support::import::Imported;
use support::plan::{Part, Plan, Size};
use support::server::Program;
use support::{Result, asking, decoding, folder, freshness, ingest, load, machine, plan, tenants, together};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if let Err(error) = run().await {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn run() -> Result<()> {
    let (switches, words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    // `cargo test --benches` runs this file as well; it has nothing to test.
    if !switches.iter().any(|switch| switch == "--bench") {
        return Ok(());
    }
    if words.iter().any(|word| word == "help") {
        println!("{}", plan::USAGE);
        return Ok(());
    }
    let plan = Plan::read(words.into_iter())?;
    println!("{}\n", machine::described());
    let program = Program::copied_into(&plan.folder)?;
    if plan.needs_data() {
        let people = Population::new();
        let mut costs = Vec::new();
        for size in &plan.sizes {
            println!("## {} events\n", size.name);
            costs.push(measure(&plan, size, &program, &people).await?);
        }
        print_growth(&plan.sizes, &costs);
    }
    if plan.has(Part::Tenants) {
        println!("## Tenants\n");
        tenants::measure(&program, &plan.folder).await?;
    }
    Ok(())
}

/// All parts on one data set; gives the processor time of each question.
async fn measure(
    plan: &Plan,
    size: &Size,
    program: &Program,
    people: &Population,
) -> Result<HashMap<String, f64>> {
    let imported = Imported::of(plan, size, program, people).await?;
    let mut costs = HashMap::new();
    if plan.has(Part::Questions) {
        costs = questions(program, &imported).await?;
    }
    if plan.has(Part::Load) {
        let server = program.serve(&imported.data)?;
        let mut asked = Question::all()?;
        asked.retain(|question| load::DASHBOARD.contains(&question.name.as_str()));
        let bodies: Vec<String> =
            asked.iter().map(|question| question.body(&imported.dataset.manifest)).collect();
        load::measure(&server, &imported.credentials, &bodies).await?;
        server.stop()?;
    }
    if plan.has(Part::Ingest) || plan.has(Part::Together) {
        // What is written goes into a copy: the folder stays as it was imported.
        let copy = plan.folder.join("copy");
        folder::copy(&imported.data, &copy)?;
        let server = program.serve(&copy)?;
        let client = Client::of(&server, &imported.credentials)?;
        if plan.has(Part::Together) {
            let mut mixed = Question::all()?;
            mixed.retain(|question| together::MIXED.contains(&question.name.as_str()));
            let manifest = &imported.dataset.manifest;
            let bodies: Vec<String> = mixed.iter().map(|question| question.body(manifest)).collect();
            together::measure(&client, people, &bodies).await?;
        }
        if plan.has(Part::Ingest) {
            ingest::measure(&server, &client, people).await?;
            freshness::measure(&client).await?;
        }
        server.stop()?;
        folder::remove(&copy)?;
    }
    Ok(costs)
}

/// Start, the cost of each question, and memory after the seven.
async fn questions(program: &Program, imported: &Imported) -> Result<HashMap<String, f64>> {
    let manifest = &imported.dataset.manifest;
    let decoding = decoding::measure_all(&imported.data, &Question::all()?, manifest)?;
    let server = program.serve(&imported.data)?;
    let started_in = server.started_in;
    let client = Client::of(&server, &imported.credentials)?;
    let questions = Question::askable(&client).await?.into_iter();
    let questions = questions.map(|question| {
        let body = question.body(manifest);
        (question, body)
    });
    let (seven, others): (Vec<_>, Vec<_>) =
        questions.partition(|(question, _)| question.name.starts_with('Q'));
    let idle = server.process().memory()?;
    let mut costs = asking::measure_all(&client, server.process(), seven, &decoding).await?;
    let after = server.process().memory()?;
    println!(
        "The server answered {:.2} s after its start. Memory: {} MB then, {} MB after these questions, {} MB at most.\n",
        started_in.as_secs_f64(),
        idle.resident,
        after.resident,
        after.peak
    );
    costs.extend(asking::measure_all(&client, server.process(), others, &decoding).await?);
    server.stop()?;
    Ok(costs)
}

/// How much more each question costs on the last size than on the first.
fn print_growth(sizes: &[Size], costs: &[HashMap<String, f64>]) {
    let ([first, .., last], [few, .., many]) = (sizes, costs) else { return };
    let mut names: Vec<&String> = few.keys().collect();
    names.sort_unstable();
    let lines: Vec<Vec<String>> = names
        .into_iter()
        .filter_map(|name| {
            let (before, after) = (few.get(name)?, many.get(name)?);
            Some(vec![name.clone(), short(*before), short(*after), short(after / before)])
        })
        .collect();
    if !lines.is_empty() {
        println!("## Growth\n");
        print_table(&["CPU ms", &first.name, &last.name, "times"], &lines);
    }
}
