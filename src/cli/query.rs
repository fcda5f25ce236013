//! `muster query` and `muster schema`: answers and what may be asked.

use super::reach::{ask_once, existing, unexpected};
use super::{Place, Usage, print, print_line};
use crate::config::Config;
use crate::graphql;
use crate::operator::{Request, Response};
use crate::saved::listed::Listed;
use crate::saved::{Broken, Saved};
use crate::tabular::{Layout, file, to_terminal};
use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

/// A saved query.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The query's name; without one, the queries are listed
    #[arg(requires = "project")]
    name: Option<String>,
    /// The project it asks about; in a list, the project whose own queries are told as well
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// A variable's value; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// How the answer is written
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Folder of saved queries, one .graphql file each; a server that holds the data folder uses its own
    #[arg(long, env = "MUSTER_QUERIES_DIR", value_name = "DIR", default_value = "queries")]
    queries_dir: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Drawn for people
    Table,
    /// Comma-separated values with a header line
    Csv,
    /// The GraphQL answer
    Json,
    /// One JSON object for each row, one row on each line
    Ndjson,
    /// An Arrow IPC stream, for a file or a pipe
    Arrow,
    /// A Parquet file
    Parquet,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs a saved query, or lists them.
pub(super) async fn query(arguments: Arguments) -> Result<()> {
    let Arguments { name, project, variables, format, queries_dir, place } = arguments;
    let config = Config { queries_dir, ..place.config() };
    config.check_queries_dir().map_err(Usage)?;
    let (name, project) = match (name, project) {
        (Some(name), Some(project)) => (name, project),
        (_, project) => return print_list(&list(config, project).await?, format),
    };
    match ask_once(existing(config)?, Request::RunQuery { project, name, variables }).await? {
        Response::Answer { data, .. } if format == Format::Json => {
            print_line(&serde_json::to_string_pretty(&json!({ "data": data }))?)
        }
        Response::Answer { data, layout } => {
            let hint = |reason| Usage(format!("{reason}; ask for --format json"));
            print(&written(format, layout.map_err(hint)?, &data)?)
        }
        other => Err(unexpected(&other)),
    }
}

fn written(format: Format, layout: Layout, data: &Value) -> Result<Vec<u8>> {
    let file = match format {
        Format::Csv => Some(file::Format::Csv),
        Format::Ndjson => Some(file::Format::Ndjson),
        Format::Arrow => Some(file::Format::Arrow),
        Format::Parquet => Some(file::Format::Parquet),
        Format::Table | Format::Json => None,
    };
    let layout = match file {
        Some(file) => return file.write(&Ok(layout), data).map_err(|failure| anyhow!(failure.message)),
        None => &layout,
    };
    let mut text = to_terminal(layout, data);
    let rows = layout.rows(data).len();
    writeln!(text, "\n{rows} {}", if rows == 1 { "row" } else { "rows" })?;
    Ok(text.into_bytes())
}

/// What a list tells: the queries, and the files that cannot be used, each with its reason.
type List = (Vec<Listed>, Vec<(String, String)>);

/// Lists the saved queries that come with the program and those of the folder, and a project's own.
async fn list(config: Config, project: Option<String>) -> Result<List> {
    if let Some(project) = project {
        return match ask_once(existing(config)?, Request::ListQueries { project }).await? {
            Response::Queries { queries, broken } => Ok((queries, broken)),
            other => Err(unexpected(&other)),
        };
    }
    let saved = Saved::load(&config.queries_dir, &graphql::schema()).await;
    let broken = saved.broken().iter().cloned().map(|Broken { file, reason, .. }| (file, reason));
    Ok((saved.list().map(Listed::from).collect(), broken.collect()))
}

fn print_list((queries, broken): &List, format: Format) -> Result<()> {
    match format {
        Format::Table => print(drawn(queries, broken)?.as_bytes()),
        Format::Json => print_line(&serde_json::to_string_pretty(queries)?),
        _ => Err(Usage("a list of queries is a table or json; add --format json".to_owned()).into()),
    }
}

/// Saved queries with their variables and defaults, and those that cannot be used.
fn drawn(queries: &[Listed], broken: &[(String, String)]) -> Result<String> {
    let mut text = String::new();
    for query in queries {
        let own = if query.is_own { " (the project's own)" } else { "" };
        writeln!(text, "{}{own}\n  {}", query.name, query.description)?;
        for variable in &query.variables {
            let default = variable.default.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
            writeln!(text, "  --var {}: {}{default}", variable.name, variable.type_name)?;
        }
    }
    for (file, reason) in broken {
        writeln!(text, "{file} cannot be used: {reason}")?;
    }
    Ok(text)
}

/// Prints the schema.
pub(super) fn schema() -> Result<()> {
    print(graphql::sdl().as_bytes())
}
