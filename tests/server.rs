//! The program as a child process.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.env("MUSTER_DATA_DIR", data).env_remove("MUSTER_LOG").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs a command on a data folder to its end.
pub(crate) fn muster(data: &Path, arguments: &[&str]) -> Output {
    command(data).args(arguments).output().expect("the program runs")
}

/// The same with some variables in its environment.
pub(crate) fn muster_in(data: &Path, arguments: &[&str], environment: &[(&str, String)]) -> Output {
    command(data)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("the program runs")
}

/// The same where a process sees the files: in its namespaces.
#[cfg(target_os = "linux")]
pub(crate) fn muster_beside(process: u32, data: &Path, arguments: &[&str]) -> Output {
    command_beside(process, data).args(arguments).output().expect("the program runs")
}

#[cfg(target_os = "linux")]
fn command_beside(process: u32, data: &Path) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--target", &process.to_string(), "--user", "--mount", "--preserve-credentials"]);
    command.arg(env!("CARGO_BIN_EXE_muster"));
    command.env("MUSTER_DATA_DIR", data).env_remove("MUSTER_LOG");
    command
}

/// What a command that went well printed.
pub(crate) fn out(output: &Output) -> String {
    assert!(output.status.success(), "{:?}: {}", output.status, stderr(output));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// What a command said on standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A server that holds a data folder. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// Where it answers.
    pub(crate) address: String,
}

impl Server {
    /// Starts one on a free port and waits until it serves.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = command(data);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::spawn(command)
    }

    /// The same with some variables in its environment.
    pub(crate) fn start_in(data: &Path, arguments: &[&str], environment: &[(&str, String)]) -> Self {
        let mut command = command(data);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Self::spawn(command)
    }

    /// The same where a process sees the files: in its namespaces.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_beside(process: u32, data: &Path, arguments: &[&str]) -> Self {
        let mut command = command_beside(process, data);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        Self::spawn(command)
    }

    /// The same, and no file may grow larger than so many bytes.
    #[cfg(unix)]
    pub(crate) fn start_with_file_limit(data: &Path, bytes: u64) -> Self {
        let program = command(data);
        let mut limited = Command::new("sh");
        // Shells count blocks of 512 bytes; a write behind the limit fails where the signal is ignored.
        let script =
            format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" serve --listen 127.0.0.1:0", bytes / 512);
        limited.arg("-c").arg(script).arg(program.get_program());
        limited.env("MUSTER_DATA_DIR", data).env_remove("MUSTER_LOG");
        limited.current_dir(env!("CARGO_MANIFEST_DIR"));
        Self::spawn(limited)
    }

    /// Starts a demo; what it prints comes back once it serves.
    pub(crate) fn demo(data: &Path, arguments: &[&str]) -> (Self, String) {
        let printed = tempfile::NamedTempFile::new().expect("a file");
        let mut command = command(data);
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(arguments);
        command.stdout(printed.reopen().expect("the file"));
        let server = Self::spawn(command);
        (server, std::fs::read_to_string(printed.path()).expect("UTF-8"))
    }

    fn spawn(mut command: Command) -> Self {
        command.stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("UTF-8") > 0, "it ended: {said}");
            if let Some((_, rest)) = line.split_once("serving address=") {
                break rest.split_whitespace().next().expect("an address").to_owned();
            }
            said.push_str(&line);
        };
        // The log goes on; somebody must read it.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        Self { child, address }
    }

    /// What an address answers to a client; anything but a 200 fails the test.
    pub(crate) fn get(&self, (id, secret): (&str, &str), path: &str) -> String {
        let request = |client: reqwest::Client, url: String| client.get(url).basic_auth(id, Some(secret));
        self.send(request, path)
    }

    /// Whether it says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        let url = format!("http://{}/ready", self.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success()) })
    }

    /// The status and what an address answers to a client, whatever they are.
    pub(crate) fn try_get(&self, (id, secret): (&str, &str), path: &str) -> (u16, String) {
        self.try_send(|client, url| client.get(url).basic_auth(id, Some(secret)), path)
    }

    /// The answer to a GraphQL document.
    pub(crate) fn graphql(&self, (id, secret): (&str, &str), document: &str, variables: &Value) -> Value {
        let body = serde_json::json!({ "query": document, "variables": variables });
        let request =
            |client: reqwest::Client, url: String| client.post(url).basic_auth(id, Some(secret)).json(&body);
        serde_json::from_str(&self.send(request, "/graphql")).expect("JSON")
    }

    /// The status and the answer to a GraphQL document, whatever they are.
    pub(crate) fn try_graphql(
        &self,
        (id, secret): (&str, &str),
        document: &str,
        variables: &Value,
    ) -> (u16, Value) {
        let body = serde_json::json!({ "query": document, "variables": variables });
        let request = |client: reqwest::Client, url: String| {
            let request = client.post(url).basic_auth(id, Some(secret)).json(&body);
            request.header("accept", "application/graphql-response+json")
        };
        let (status, text) = self.try_send(request, "/graphql");
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    fn send(
        &self,
        request: impl FnOnce(reqwest::Client, String) -> reqwest::RequestBuilder,
        path: &str,
    ) -> String {
        let (status, text) = self.try_send(request, path);
        assert!((200..300).contains(&status), "{path}: {status} {text}");
        text
    }

    fn try_send(
        &self,
        request: impl FnOnce(reqwest::Client, String) -> reqwest::RequestBuilder,
        path: &str,
    ) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let response = request(reqwest::Client::new(), url).send().await.expect("the server answers");
            let status = response.status().as_u16();
            (status, response.text().await.expect("a text"))
        })
    }

    /// SIGKILL: the process has no say in it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("it ends");
    }

    /// Tells it to stop and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
