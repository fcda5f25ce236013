//! Which engine answers: flags and environment variables of the distributed one.

use std::path::PathBuf;

/// Which engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Engine {
    /// The DuckDB in the program.
    #[default]
    Duckdb,
    /// The same; a distributed engine that speaks Arrow Flight SQL computes what is large.
    #[value(alias = "flight-sql")]
    FlightSql,
}

/// The SQL of a distributed engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Dialect {
    /// Apache DataFusion: Ballista.
    #[default]
    Datafusion,
    /// ClickHouse.
    Clickhouse,
}

/// Everything an operator may set about the distributed engine.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct EngineConfig {
    /// Engine that answers questions.
    #[arg(long, env = "MUSTER_ENGINE", value_name = "ENGINE", value_enum, default_value_t = Engine::Duckdb)]
    pub engine: Engine,
    /// Address of the distributed engine, such as `http://ballista-scheduler:50050`.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_ADDRESS", value_name = "URL", value_parser = address, required_if_eq_any = [("engine", "flight_sql"), ("engine", "flight-sql")])]
    pub flight_sql_address: Option<String>,
    /// File with the certificates that sign that of the distributed engine, PEM; needed where its address is `https://`.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_CA", value_name = "FILE")]
    pub flight_sql_ca: Option<PathBuf>,
    /// File with what the distributed engine wants as `Authorization`, such as `Bearer TOKEN`.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_AUTHORIZATION_FILE", value_name = "FILE")]
    pub flight_sql_authorization_file: Option<PathBuf>,
    /// SQL that the distributed engine speaks.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_DIALECT", value_name = "DIALECT", value_enum, default_value_t = Dialect::Datafusion)]
    pub flight_sql_dialect: Dialect,
    /// How ClickHouse reads a file, with `{file}` in the place of its path, such as `fileCluster('default', {file},
    /// 'Parquet')`; without it `file({file}, 'Parquet')`.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_READING", value_name = "SQL", value_parser = reading)]
    pub flight_sql_reading: Option<String>,
    /// Where the machines of the distributed engine see the data folder, if that is not where this one sees it.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_DATA_DIR", value_name = "DIR")]
    pub flight_sql_data_dir: Option<PathBuf>,
    /// Have the machines of the distributed engine read the objects of `--object-store` in place of the data folder.
    #[arg(
        long,
        env = "MUSTER_FLIGHT_SQL_OBJECTS",
        requires = "object_store",
        conflicts_with = "flight_sql_data_dir"
    )]
    pub flight_sql_objects: bool,
    /// Setting of the distributed engine's session, such as `datafusion.execution.target_partitions=64`; may be repeated.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_SET", value_name = "NAME=VALUE", value_parser = setting, value_delimiter = ',')]
    pub flight_sql_set: Vec<(String, String)>,
    /// Seconds that the distributed engine may compute for one query.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_SECONDS", value_name = "SECONDS", default_value_t = 20)]
    pub flight_sql_seconds: u64,
    /// Statements that the distributed engine is asked at once; others wait.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_PARALLEL", value_name = "STATEMENTS", default_value_t = 8)]
    pub flight_sql_parallel: usize,
    /// Bytes that the distributed engine may send for one query, at most; they are held in memory.
    #[arg(long, env = "MUSTER_FLIGHT_SQL_FETCH_BYTES", value_name = "BYTES", default_value_t = 512 << 20)]
    pub flight_sql_fetch_bytes: u64,
    /// Bytes of files that a query may read before the distributed engine computes it.
    #[arg(long, env = "MUSTER_REMOTE_ABOVE_BYTES", value_name = "BYTES", default_value_t = 8 << 30)]
    pub remote_above_bytes: u64,
    /// Name of a project whose queries the distributed engine computes whatever they read; may be repeated.
    #[arg(long, env = "MUSTER_REMOTE_PROJECT", value_name = "NAME", value_delimiter = ',')]
    pub remote_project: Vec<String>,
    /// Bytes of files that a query may read to be answered here when the distributed engine does not answer.
    #[arg(long, env = "MUSTER_LOCAL_UP_TO_BYTES", value_name = "BYTES", default_value_t = 32 << 30)]
    pub local_up_to_bytes: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            engine: Engine::Duckdb,
            flight_sql_address: None,
            flight_sql_ca: None,
            flight_sql_authorization_file: None,
            flight_sql_dialect: Dialect::Datafusion,
            flight_sql_reading: None,
            flight_sql_data_dir: None,
            flight_sql_objects: false,
            flight_sql_set: Vec::new(),
            flight_sql_seconds: 20,
            flight_sql_parallel: 8,
            flight_sql_fetch_bytes: 512 << 20,
            remote_above_bytes: 8 << 30,
            remote_project: Vec::new(),
            local_up_to_bytes: 32 << 30,
        }
    }
}

impl EngineConfig {
    /// The address of the distributed engine, if there is one.
    #[must_use]
    pub fn remote_address(&self) -> Option<&str> {
        self.flight_sql_address.as_deref().filter(|_| self.engine == Engine::FlightSql)
    }
}

fn address(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.has_host() => Ok(text.to_owned()),
        _ => Err("write an address such as http://ballista-scheduler:50050".to_owned()),
    }
}

fn reading(text: &str) -> Result<String, String> {
    if text.contains("{file}") {
        return Ok(text.to_owned());
    }
    Err("write {file} in the place of the path, such as file({file}, 'Parquet')".to_owned())
}

fn setting(text: &str) -> Result<(String, String), String> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, such as datafusion.execution.target_partitions=64".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        engine: EngineConfig,
    }

    fn parsed(arguments: &[&str]) -> Result<EngineConfig, String> {
        let command = Command::try_parse_from([&["muster"], arguments].concat());
        command.map(|command| command.engine).map_err(|error| error.to_string())
    }

    #[test]
    fn the_distributed_engine_needs_an_address() {
        let missing = parsed(&["--engine", "flight_sql"]).expect_err("no address");
        assert!(missing.contains("--flight-sql-address"), "{missing}");
        let missing = parsed(&["--engine", "flight-sql"]).expect_err("no address");
        assert!(missing.contains("--flight-sql-address"), "{missing}");
        let wrong = parsed(&["--engine", "flight_sql", "--flight-sql-address", "scheduler:50050"]);
        assert!(wrong.expect_err("no URL").contains("http://"));
        let there = parsed(&["--engine", "flight_sql", "--flight-sql-address", "http://scheduler:50050"]);
        assert_eq!(there.expect("all is there").remote_address(), Some("http://scheduler:50050"));
    }

    #[test]
    fn an_address_alone_changes_no_engine() {
        let alone = parsed(&["--flight-sql-address", "http://scheduler:50050"]).expect("known flags");
        assert_eq!(alone.remote_address(), None);
    }

    #[test]
    fn a_setting_has_a_name_and_a_value() {
        let set = parsed(&["--flight-sql-set", "a.b=1,c=x'y"]).expect("two settings").flight_sql_set;
        assert_eq!(set, [("a.b".to_owned(), "1".to_owned()), ("c".to_owned(), "x'y".to_owned())]);
        for wrong in ["a.b", "=1", "a b=1", "a;b=1"] {
            assert!(parsed(&["--flight-sql-set", wrong]).is_err(), "{wrong}");
        }
    }
}
