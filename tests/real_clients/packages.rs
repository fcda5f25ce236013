//! Packages of npm and `PyPI`, installed once below the target folder.
//!
//! Where one cannot be installed (no Node.js or Python, no way to the registry) its tests do not run. They say so on
//! standard error, past the test harness, and in `not-run.txt` below the target folder, which `.ci/run` prints last.

use crate::support::app::{Credentials, Served};
use crate::support::not_run;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::sync::OnceCell;

/// The scripts and what they need.
pub(super) fn sources(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_clients").join(folder)
}

/// A folder below the target folder that stays from run to run.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs a program to its end and gives what it printed, or why there is nothing.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", program.display()))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        return Ok(out.into_owned());
    }
    Err(format!("{} {arguments:?} failed\n{out}\n{err}", program.display()))
}

/// Copies what says which packages are wanted, and installs them unless the same are there.
fn install(
    from: &Path,
    wanted: &[&str],
    to: &Path,
    install: impl FnOnce() -> Result<String, String>,
) -> Result<(), String> {
    let is_there = wanted.iter().all(|file| {
        let read = |folder: &Path| fs::read(folder.join(file)).ok();
        read(from).is_some() && read(from) == read(to)
    });
    if is_there {
        return Ok(());
    }
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).map_err(|error| error.to_string())?;
    let copy = |file: &&str| fs::copy(from.join(file), to.join(file)).map_err(|error| error.to_string());
    let copied = wanted.iter().try_for_each(|file| copy(file).map(drop)).and_then(|()| install());
    if copied.is_err() {
        // What is half there is not taken for whole the next time.
        let _ = fs::remove_dir_all(to);
    }
    copied.map(drop)
}

fn install_npm() -> Result<PathBuf, String> {
    let folder = kept("real-clients-npm");
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    install(&sources("npm"), &["package.json", "package-lock.json"], &folder, || {
        run(Path::new("npm"), &arguments, &folder)
    })?;
    Ok(folder.join("node_modules"))
}

fn install_python() -> Result<PathBuf, String> {
    install_python_as("real-clients-python", &sources("python"))
}

/// Installs what `requirements.txt` in a folder wants, in an environment of that name; gives its Python.
pub(crate) fn install_python_as(name: &str, from: &Path) -> Result<PathBuf, String> {
    let folder = kept(name);
    let python = folder.join("bin/python");
    let arguments =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
    install(from, &["requirements.txt"], &folder, || {
        run(Path::new("python3"), &["-m", "venv", "."], &folder)?;
        run(&python, &arguments, &folder)
    })?;
    Ok(python)
}

/// Where the packages are that a test runs on; `None`: it does not run, which was told.
async fn installed(
    once: &'static OnceCell<Result<PathBuf, String>>,
    install: fn() -> Result<PathBuf, String>,
    test: &str,
) -> Option<PathBuf> {
    let packages =
        once.get_or_init(|| async move { tokio::task::spawn_blocking(install).await.expect("it is tried") });
    packages.await.as_ref().map_err(|reason| not_run::tell(test, reason)).ok().cloned()
}

/// Runs a script to its end; gives the JSON that it printed.
async fn script(program: PathBuf, arguments: Vec<String>) -> Value {
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&program, &arguments, Path::new(env!("CARGO_MANIFEST_DIR")))
    });
    let printed = ran.await.expect("the script ends").unwrap_or_else(|reason| panic!("{reason}"));
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// Runs a script of Node.js on the packages with further arguments; `None`: they cannot be installed.
pub(super) async fn node(name: &str, arguments: &[String]) -> Option<Value> {
    static NPM: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();
    let packages = installed(&NPM, install_npm, name).await?;
    let file = sources("npm").join(name);
    let mut all = vec![file.display().to_string(), packages.display().to_string()];
    all.extend_from_slice(arguments);
    Some(script(PathBuf::from("node"), all).await)
}

/// Runs a script of Python for a client; `None`: its packages cannot be installed.
pub(super) async fn python(name: &str, served: &Served, client: &Credentials) -> Option<Value> {
    static PYTHON: OnceCell<Result<PathBuf, String>> = OnceCell::const_new();
    let python = installed(&PYTHON, install_python, name).await?;
    let mut all = vec![sources("python").join(name).display().to_string()];
    all.extend(who(served, client));
    Some(script(python, all).await)
}

/// The arguments by which a script knows the server and its client.
pub(super) fn who(served: &Served, client: &Credentials) -> [String; 3] {
    [served.url.clone(), client.id.clone(), client.secret.clone()]
}
