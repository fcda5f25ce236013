//! ClickHouse's SQL: each analysis against the reference, computed by ClickHouse's own engine in one process.
//!
//! That engine is `chdb` of `PyPI`, behind a Flight SQL server of fifty lines. It proves what ClickHouse makes of the
//! statements and how its answers are read. It proves nothing about a cluster, its failures or its credentials.

use super::corpus;
use super::hostile;
use crate::real_clients::packages::install_python_as;
use crate::support::not_run;
use muster::engine::dialect::Dialect;
use muster::engine::remote::Settings;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The engine's process; it goes when this is dropped.
struct ClickHouse(Child, String);

impl ClickHouse {
    async fn start(test: &'static str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/distributed/clickhouse");
        let from = folder.clone();
        let installed = tokio::task::spawn_blocking(move || install_python_as("chdb", &from)).await;
        let python = match installed.expect("it is tried") {
            Ok(python) => python,
            Err(reason) => {
                not_run::tell(test, &reason);
                return None;
            }
        };
        let mut command = Command::new(python);
        command.arg(folder.join("server.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut port).expect("a port");
        Some(Self(child, format!("http://127.0.0.1:{}", port.trim())))
    }

    fn settings(&self) -> Settings {
        Settings { dialect: Dialect::ClickHouse, ..Settings::at(&self.1) }
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_analysis_is_what_the_definition_says_when_the_statements_are_clickhouses() {
    let Some(engine) = ClickHouse::start("ClickHouse corpus").await else { return };
    corpus::check(&engine.settings(), 3).await;
    hostile::check(engine.settings()).await;
}
