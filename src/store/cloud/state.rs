//! How object storage fares, for those who operate the server.

use super::Cloud;
use crate::store::{Error, Store, lock};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long no question asks it again once it failed.
const RESTS: Duration = Duration::from_secs(2);

/// How object storage fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectsState {
    /// Why the last try to reach it failed.
    pub failure: Option<String>,
    /// Tries that failed, since the start.
    pub failures: u64,
    /// Segments that were sent, since the start, and their bytes.
    pub uploaded: (u64, u64),
    /// Segments that were brought back, since the start, and their bytes.
    pub downloaded: (u64, u64),
    /// Objects that were deleted, since the start.
    pub deleted: u64,
    /// Files that were put out of the cache, since the start.
    pub put_out: u64,
    /// Bytes of the files of segments that are on the disk.
    pub cached_bytes: u64,
    /// Segments that wait to be sent.
    pub waiting: u64,
}

/// What is counted since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    uploaded: [AtomicU64; 2],
    downloaded: [AtomicU64; 2],
    deleted: AtomicU64,
    put_out: AtomicU64,
    failures: AtomicU64,
}

fn add([count, sum]: &[AtomicU64; 2], bytes: u64) {
    count.fetch_add(1, Ordering::Relaxed);
    sum.fetch_add(bytes, Ordering::Relaxed);
}

fn read([count, sum]: &[AtomicU64; 2]) -> (u64, u64) {
    (count.load(Ordering::Relaxed), sum.load(Ordering::Relaxed))
}

impl Counts {
    pub(super) fn uploaded(&self, bytes: u64) {
        add(&self.uploaded, bytes);
    }

    pub(super) fn downloaded(&self, bytes: u64) {
        add(&self.downloaded, bytes);
    }

    pub(super) fn deleted(&self) {
        self.deleted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn put_out(&self) {
        self.put_out.fetch_add(1, Ordering::Relaxed);
    }
}

impl Cloud {
    /// Why the last try to reach it failed.
    pub(super) fn failure(&self) -> Option<String> {
        lock(&self.failure).as_ref().map(|(why, _)| why.clone())
    }

    /// Why it is not asked for a question now, if it just failed.
    pub(super) fn rests(&self) -> Option<String> {
        let failure = lock(&self.failure);
        let (why, at) = failure.as_ref()?;
        (at.elapsed() < RESTS).then(|| why.clone())
    }

    pub(super) fn failed(&self, error: &Error) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        *lock(&self.failure) = Some((error.to_string(), Instant::now()));
    }

    /// Takes note of whether it did what it was asked. Failures of other kinds tell nothing about it.
    pub(super) fn asked<T>(&self, result: &Result<T, Error>) {
        match result {
            Ok(_) => *lock(&self.failure) = None,
            Err(error @ (Error::Objects { .. } | Error::OtherLake(_))) => self.failed(error),
            Err(_) => {}
        }
    }
}

impl Store {
    /// How object storage fares, if there is one.
    #[must_use]
    pub fn objects_state(&self) -> Option<ObjectsState> {
        let cloud = self.files.cloud.as_ref()?;
        let counts = &cloud.counts;
        let (cached_bytes, waiting) = self.files.here();
        Some(ObjectsState {
            failure: cloud.failure(),
            failures: counts.failures.load(Ordering::Relaxed),
            uploaded: read(&counts.uploaded),
            downloaded: read(&counts.downloaded),
            deleted: counts.deleted.load(Ordering::Relaxed),
            put_out: counts.put_out.load(Ordering::Relaxed),
            cached_bytes,
            waiting,
        })
    }
}
