//! The engine as it is configured, and what is told of the distributed one.

use super::{App, Error};
use crate::config::{self, Config};
use crate::engine::Engine;
use crate::engine::dialect::Dialect;
use crate::engine::remote::{Remote, Settings};
use crate::store::Store;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The engine on a store. Nothing is asked of the distributed one yet: it need not be there.
pub(super) fn engine(config: &Config, store: &Arc<Store>, rows: usize) -> Result<Engine, Error> {
    let deadline = Duration::from_secs(config.query_seconds);
    let engine = Engine::new(Arc::clone(store), config.parallel_queries.max(1), deadline, rows);
    let Some(address) = config.engine.remote_address() else { return Ok(engine) };
    let of = &config.engine;
    let authorization = of.flight_sql_authorization_file.as_deref().map(read).transpose()?;
    let settings = Settings {
        address: address.to_owned(),
        ca: of.flight_sql_ca.as_deref().map(read).transpose()?,
        authorization: authorization.map(|text| String::from_utf8_lossy(&text).trim().to_owned()),
        dialect: match of.flight_sql_dialect {
            config::Dialect::Datafusion => Dialect::DataFusion,
            config::Dialect::Clickhouse => Dialect::ClickHouse,
        },
        reading: of.flight_sql_reading.clone(),
        set: of.flight_sql_set.clone(),
        data_dir: of.flight_sql_data_dir.clone(),
        reads_objects: of.flight_sql_objects,
        deadline: Duration::from_secs(of.flight_sql_seconds.max(1)),
        parallel: of.flight_sql_parallel,
        fetched_bytes: of.flight_sql_fetch_bytes,
        above_bytes: of.remote_above_bytes,
        local_up_to_bytes: of.local_up_to_bytes,
        projects: of.remote_project.clone(),
    };
    Ok(engine.with_remote(Remote::new(settings).map_err(Error::Engine)?))
}

impl App {
    /// Whether the distributed engine, if there is one, could not be reached when it was last needed.
    #[must_use]
    pub fn is_remote_failing(&self) -> bool {
        self.engine.remote().is_some_and(|remote| remote.state().failure.is_some())
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(file).map_err(|source| Error::File { path: PathBuf::from(file), source })
}
