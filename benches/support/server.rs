//! The program as a child process: commands on a data folder, and a server.

use super::Result;
use super::process::Process;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No answer is given twice, and no limit is met by asking much.
const UNBOUNDED: [(&str, &str); 4] = [
    ("MUSTER_ANSWER_CACHE_BYTES", "0"),
    ("MUSTER_MAX_REQUESTS_PER_MINUTE", "0"),
    ("MUSTER_MAX_QUERY_ROOT_FIELDS", "1000"),
    ("MUSTER_MAX_QUERY_COST", "1000000000"),
];

/// The program.
#[derive(Debug, Clone)]
pub(crate) struct Program(PathBuf);

impl Program {
    /// A copy of the built program, or of the one that is named, in the folder: no later build replaces it while
    /// it is measured.
    pub(crate) fn copied_into(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let copy = folder.join("muster");
        let fresh = folder.join("muster.new");
        let built = std::env::var_os("MUSTER_BENCH_PROGRAM").map(PathBuf::from);
        std::fs::copy(built.unwrap_or_else(|| env!("CARGO_BIN_EXE_muster").into()), &fresh)?;
        std::fs::rename(fresh, &copy)?;
        Ok(Self(copy))
    }

    fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.env("MUSTER_DATA_DIR", data).env_remove("MUSTER_LOG").current_dir(env!("CARGO_MANIFEST_DIR"));
        command.envs(UNBOUNDED);
        command
    }

    /// Runs a command to its end; gives what it printed.
    pub(crate) fn run(&self, data: &Path, arguments: &[&str]) -> Result<String> {
        let output = self.command(data).args(arguments).output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let (said, what) = (String::from_utf8_lossy(&output.stderr), arguments.join(" "));
        Err(format!("muster {what}: {}: {said}", output.status).into())
    }

    /// Starts a server on a free port.
    pub(crate) fn serve(&self, data: &Path) -> Result<Server> {
        let begin = Instant::now();
        let mut command = self.command(data);
        let child = command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn()?;
        let mut server =
            Server { child, url: String::new(), data: data.to_path_buf(), started_in: Duration::ZERO };
        let mut log = BufReader::new(server.child.stderr.take().ok_or("the server has no standard error")?);
        let mut said = String::new();
        loop {
            let mut line = String::new();
            if log.read_line(&mut line)? == 0 {
                return Err(format!("the server ended: {said}").into());
            }
            if let Some((_, rest)) = line.split_once("serving address=") {
                let address = rest.split_whitespace().next().unwrap_or_default();
                server.url = format!("http://{address}");
                break;
            }
            said.push_str(&line);
        }
        server.started_in = begin.elapsed();
        // The log goes on; somebody must read it.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Ok(server)
    }
}

/// A server that holds a data folder. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
    /// Its data folder.
    pub(crate) data: PathBuf,
    /// From the start of the process until it answers.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Its process.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
