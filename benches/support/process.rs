//! What a process uses, as Linux tells it in `/proc`.

use super::Result;
use std::time::Duration;

/// Milliseconds of a tick in which `/proc` counts processor time.
const TICK_MS: u64 = 10;

/// A running process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(pub(crate) u32);

/// Memory of a process in MB (2^20 bytes).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Held at the moment.
    pub(crate) resident: u64,
    /// The most that was held since the process began.
    pub(crate) peak: u64,
}

impl Process {
    /// Processor time of all its threads so far, those that ended too; in steps of 10 ms.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The second field is the program's name in brackets and may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc has another form")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok());
        let (user, system) = (ticks(11), ticks(12));
        let ticks = user.zip(system).map(|(user, system)| user + system).ok_or("/proc has another form")?;
        Ok(Duration::from_millis(ticks * TICK_MS))
    }

    /// Processor time since there was so much of it.
    pub(crate) fn cpu_since(self, earlier: Duration) -> Result<Duration> {
        Ok(self.cpu()?.saturating_sub(earlier))
    }

    /// Its memory.
    pub(crate) fn memory(self) -> Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            kilobytes.map(|kilobytes| kilobytes >> 10).ok_or("/proc has another form")
        };
        Ok(Memory { resident: of("VmRSS")?, peak: of("VmHWM")? })
    }
}
