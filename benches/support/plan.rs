//! What to measure: the words behind `cargo bench --`.

use super::Result;
use std::path::PathBuf;

/// How to use it.
pub(crate) const USAGE: &str = "cargo bench -- [SIZE]… [PART]… [reuse]
  SIZE   1m, 10m, or another number of events such as 200k; without one 1m and 10m
  PART   import     draw the files and import them
         questions  cost of each question, memory, start
         ingest     batches, single requests, freshness
         load       200 connections of a dashboard for a minute, against a bare endpoint
         together   32 clients while events arrive
         tenants    10,000 projects in one store
         without one all of them
  reuse  ask the data folder of the last run instead of importing again
MUSTER_BENCH_DIR is where files and data folders are kept; without it a folder in cargo's target folder.
MUSTER_BENCH_PROGRAM is the program that is measured; without it the one that was built along.";

/// One thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Files and an import of them.
    Import,
    /// The cost of each question.
    Questions,
    /// How fast events are taken, and how fresh answers are.
    Ingest,
    /// A dashboard on many screens.
    Load,
    /// Many clients at once.
    Together,
    /// Many projects in one store.
    Tenants,
}

const PARTS: [(&str, Part); 6] = [
    ("import", Part::Import),
    ("questions", Part::Questions),
    ("ingest", Part::Ingest),
    ("load", Part::Load),
    ("together", Part::Together),
    ("tenants", Part::Tenants),
];

/// A number of events and how it is called.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// Such as `10m`.
    pub(crate) name: String,
    /// The number.
    pub(crate) events: usize,
}

/// What to measure.
#[derive(Debug)]
pub(crate) struct Plan {
    /// On how many events.
    pub(crate) sizes: Vec<Size>,
    parts: Vec<Part>,
    /// Whether a data folder of an earlier run will do.
    pub(crate) reuse: bool,
    /// Where files and data folders are.
    pub(crate) folder: PathBuf,
}

impl Plan {
    /// Reads the words.
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self> {
        let folder = std::env::var_os("MUSTER_BENCH_DIR").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench"));
        let mut plan = Self { sizes: Vec::new(), parts: Vec::new(), reuse: false, folder };
        for word in words {
            let part = PARTS.iter().find(|(name, _)| *name == word);
            match (part, Size::read(&word)) {
                (Some((_, part)), _) => plan.parts.push(*part),
                (None, Some(size)) => plan.sizes.push(size),
                (None, None) if word == "reuse" => plan.reuse = true,
                (None, None) => return Err(format!("\"{word}\" is not known; see\n\n{USAGE}").into()),
            }
        }
        if plan.sizes.is_empty() {
            plan.sizes = ["1m", "10m"].into_iter().filter_map(Size::read).collect();
        }
        Ok(plan)
    }

    /// Whether a part is wanted.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }

    /// Whether any part needs the data set.
    pub(crate) fn needs_data(&self) -> bool {
        self.parts != [Part::Tenants]
    }
}

impl Size {
    fn read(word: &str) -> Option<Self> {
        let (digits, factor) = match word.split_at_checked(word.len().checked_sub(1)?)? {
            (digits, "k") => (digits, 1_000),
            (digits, "m") => (digits, 1_000_000),
            _ => (word, 1),
        };
        let events = digits.parse::<usize>().ok().filter(|count| *count > 0)? * factor;
        Some(Self { name: word.to_owned(), events })
    }
}
