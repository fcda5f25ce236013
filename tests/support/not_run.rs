//! Tests that cannot run where something is missing, told where nobody overlooks it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

/// Tells that a test did not run: past the harness, which keeps what tests print to itself, and in `not-run.txt` below the
/// target folder.
pub(crate) fn tell(test: &str, reason: &str) {
    static TELLING: Mutex<()> = Mutex::new(());
    let _alone = TELLING.lock();
    let line = format!("NOT RUN: {test}: {}\n", reason.trim());
    let _ = std::io::stderr().write_all(line.as_bytes());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not-run.txt");
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("it is told");
}
