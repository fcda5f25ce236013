//! A stock Ballista cluster as child processes on this machine: a scheduler that speaks Flight SQL, and executors.

use crate::support::not_run;
use muster::engine::remote::Settings;
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The one command that installs what these tests run.
const INSTALL: &str = "cargo install --locked ballista-scheduler@55.0.0 --features flight-sql && cargo install --locked ballista-executor@55.0.0";

/// Seconds after which an executor that says nothing is given up.
const SILENCE: &str = "4";

/// A process that goes when this is dropped.
struct Process(Child);

impl Process {
    fn id(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The cluster.
pub(super) struct Cluster {
    scheduler: Option<Process>,
    executors: Vec<Option<Process>>,
    port: u16,
    folder: TempDir,
}

/// A port that is free now.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

impl Cluster {
    /// A cluster of two executors of one core each; `None`, which is told, where the programs are not installed.
    pub(super) async fn start(test: &str) -> Option<Self> {
        for program in ["ballista-scheduler", "ballista-executor"] {
            let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
            if !version.is_ok_and(|status| status.success()) {
                not_run::tell(test, &format!("{program} is not installed; it comes with: {INSTALL}"));
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut cluster = Self { scheduler: None, executors: Vec::new(), port: free(), folder };
        cluster.start_scheduler();
        for _ in 0..2 {
            cluster.executors.push(None);
            cluster.start_executor(cluster.executors.len() - 1);
        }
        cluster.until_there_are(2).await;
        Some(cluster)
    }

    /// Starts the scheduler, again at the same address.
    pub(super) fn start_scheduler(&mut self) {
        let port = self.port.to_string();
        let arguments = [
            "--bind-host",
            "127.0.0.1",
            "--external-host",
            "127.0.0.1",
            "--bind-port",
            &port,
            "--flight-sql",
            "--task-distribution",
            "round-robin",
            "--executor-timeout-seconds",
            SILENCE,
            "--expire-dead-executor-interval-seconds",
            "1",
        ];
        self.scheduler = Some(self.spawn("ballista-scheduler", "scheduler", &arguments));
    }

    /// Starts an executor, again in its place.
    pub(super) fn start_executor(&mut self, place: usize) {
        let ports = [self.port, free(), free(), free()].map(|port| port.to_string());
        let name = format!("executor-{place}");
        let work = self.folder.path().join(format!("work-{place}"));
        std::fs::create_dir_all(&work).expect("a folder");
        let arguments = [
            "--scheduler-host",
            "127.0.0.1",
            "--scheduler-port",
            &ports[0],
            "--scheduler-connect-timeout-seconds",
            "30",
            "--bind-host",
            "127.0.0.1",
            "--external-host",
            "127.0.0.1",
            "--bind-port",
            &ports[1],
            "--bind-grpc-port",
            &ports[2],
            "--bind-health-port",
            &ports[3],
            "--vcores",
            "1",
            "--executor-heartbeat-interval-seconds",
            "1",
            "--memory-pool-size",
            "512MB",
            "--work-dir",
            &work.display().to_string(),
        ];
        self.executors[place] = Some(self.spawn("ballista-executor", &name, &arguments));
    }

    fn spawn(&self, program: &str, name: &str, arguments: &[&str]) -> Process {
        let log = File::options().create(true).append(true).open(self.log(name)).expect("a log");
        let mut command = Command::new(program);
        command.args(arguments).env_remove("RUST_LOG").stdin(Stdio::null());
        command.stderr(log.try_clone().expect("the log")).stdout(log);
        Process(command.spawn().expect("it starts"))
    }

    fn log(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// Where it is.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Settings that have everything computed here, and nothing in its place. The machine may be busy with other things.
    pub(super) fn settings(&self) -> Settings {
        let at = Settings::at(&self.address());
        Settings { deadline: Duration::from_mins(1), ..at }
    }

    /// What the scheduler tells about its executors or its jobs.
    async fn told(&self, of: &str) -> Vec<Value> {
        let url = format!("http://127.0.0.1:{}/api/{of}", self.port);
        let answer = async { reqwest::get(&url).await.ok()?.json::<Value>().await.ok() }.await;
        answer.and_then(|answer| answer.as_array().cloned()).unwrap_or_default()
    }

    /// Waits until the cluster is in the middle of a statement.
    pub(super) async fn until_it_works(&self) {
        let began = Instant::now();
        while !self.told("jobs").await.iter().any(|job| job["status"] == "Running") {
            assert!(began.elapsed() < Duration::from_mins(1), "nothing runs");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the scheduler knows so many executors.
    pub(super) async fn until_there_are(&self, executors: usize) {
        let began = Instant::now();
        loop {
            let known = self.told("executors").await.len();
            if known == executors {
                return;
            }
            let log = std::fs::read_to_string(self.log("scheduler")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_mins(1), "{known} executors of {executors}:\n{log}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many tasks each executor has finished.
    pub(super) fn finished(&self) -> Vec<usize> {
        let count = |place: usize| {
            let log = std::fs::read_to_string(self.log(&format!("executor-{place}"))).unwrap_or_default();
            log.matches("Finished task").count()
        };
        (0..self.executors.len()).map(count).collect()
    }

    /// Stops an executor in the middle of whatever it does; it is still known and does nothing more.
    pub(super) fn freeze_executor(&self, place: usize) {
        let id = self.executors[place].as_ref().expect("it runs").id();
        assert!(Command::new("kill").args(["-STOP", &id]).status().expect("kill runs").success());
    }

    /// SIGKILL.
    pub(super) fn kill_executor(&mut self, place: usize) {
        drop(self.executors[place].take());
    }

    /// SIGKILL.
    pub(super) fn kill_scheduler(&mut self) {
        drop(self.scheduler.take());
    }
}
