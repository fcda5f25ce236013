//! How another engine is reached, and which questions go to it.

use crate::engine::dialect::Dialect;
use std::path::PathBuf;
use std::time::Duration;

/// Where another engine is and what it is asked.
#[derive(Clone)]
pub struct Settings {
    /// Its address: `http://HOST:PORT`, or `https://` where it speaks TLS.
    pub address: String,
    /// The certificates that sign the engine's own, PEM.
    pub ca: Option<Vec<u8>>,
    /// What is sent as `Authorization`.
    pub authorization: Option<String>,
    /// Its SQL.
    pub dialect: Dialect,
    /// How a file is read in a statement, with `{file}` in the place of its path, where that is not the usual way.
    pub reading: Option<String>,
    /// What is set in its session: names and values.
    pub set: Vec<(String, String)>,
    /// Where its machines see the data folder, if that is not where this one sees it.
    pub data_dir: Option<PathBuf>,
    /// Whether its machines read objects in place of files of the data folder.
    pub reads_objects: bool,
    /// How long it may compute for one question.
    pub deadline: Duration,
    /// How many statements it is asked at once.
    pub parallel: usize,
    /// How many bytes one question may have it send back, at most.
    pub fetched_bytes: u64,
    /// Questions that read more bytes of files than this go to it.
    pub above_bytes: u64,
    /// Questions that read no more than this are answered here when it cannot.
    pub local_up_to_bytes: u64,
    /// The names of projects whose questions all go to it.
    pub projects: Vec<String>,
}

impl Settings {
    /// An engine at an address, asked whatever reads sealed events, and nobody in its place.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            ca: None,
            authorization: None,
            dialect: Dialect::default(),
            reading: None,
            set: Vec::new(),
            data_dir: None,
            reads_objects: false,
            deadline: Duration::from_secs(20),
            parallel: 8,
            fetched_bytes: 1 << 30,
            above_bytes: 0,
            local_up_to_bytes: 0,
            projects: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Settings {
    /// Leaves out what it is let in with.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("address", &self.address).finish_non_exhaustive()
    }
}
