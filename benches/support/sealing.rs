//! What the server does behind acknowledged writes, seen from outside: a second log file means that one waits to
//! be sealed; processor time means that something is still being derived.

use super::Result;
use super::process::Process;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the server must do nothing to count as quiet.
const QUIET: Duration = Duration::from_secs(1);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Processor time between two looks that is still nothing.
const NOTHING: Duration = Duration::from_millis(10);

/// Waits until nothing waits to be sealed and nothing is derived any more; gives the moment from which on it was so.
pub(crate) async fn until_quiet(process: Process, data: &Path) -> Result<Instant> {
    let (mut busy, mut cpu) = (Instant::now(), process.cpu()?);
    while busy.elapsed() < QUIET {
        tokio::time::sleep(LOOK).await;
        if process.cpu_since(cpu)? > NOTHING || waiting(data) > 0 {
            busy = Instant::now();
        }
        cpu = process.cpu()?;
    }
    Ok(busy)
}

/// Log files that wait to be sealed: all but the one that is written.
fn waiting(data: &Path) -> usize {
    let files = std::fs::read_dir(data.join("log"));
    files.map_or(0, |files| files.count().saturating_sub(1))
}

/// How often and how long something waited to be sealed.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    /// Times that something began to wait.
    pub(crate) count: u32,
    /// The longest wait.
    pub(crate) longest: Duration,
    /// All waits.
    pub(crate) total: Duration,
}

/// Looks at the log folder until it is told to stop.
#[derive(Debug)]
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Sealed>,
}

impl Watch {
    /// Begins to look.
    pub(crate) fn begin(data: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, data) = (Arc::clone(&stop), data.to_path_buf());
        Self { stop, thread: std::thread::spawn(move || look(&data, &told)) }
    }

    /// What was seen.
    pub(crate) fn end(self) -> Result<Sealed> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the watch died".into())
    }
}

fn look(data: &Path, told: &AtomicBool) -> Sealed {
    let mut sealed = Sealed::default();
    let mut since: Option<Instant> = None;
    loop {
        let is_over = told.load(Ordering::Relaxed);
        if waiting(data) > 0 && !is_over {
            since.get_or_insert_with(Instant::now);
        } else if let Some(begin) = since.take() {
            sealed.count += 1;
            sealed.longest = sealed.longest.max(begin.elapsed());
            sealed.total += begin.elapsed();
        }
        if is_over {
            return sealed;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
