//! Sealing and compaction: hot generations become segments, small segments become larger ones. All of it runs
//! off the request path, and readers go on with the instant they hold.

use super::log::LogFile;
use super::relations::Derived;
use super::segment::{self, Extent};
use super::snapshot::{Generation, Released};
use super::{Error, Store, derive, facts::Table, lake, lock, record};
use chrono::{DateTime, Utc};
use duckdb::Connection;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Segments that are worth making one of.
const FEWEST: usize = 4;

impl Store {
    /// Seals a generation that takes no more rows: writes its segment and what is derived from it, records it, and
    /// publishes the new instant.
    ///
    /// Blocks for as long as writing takes; run it off the request path. After a failure it may be tried again.
    pub fn seal(&self, generation: u64) -> Result<(), Error> {
        let mut connection = self.connection()?;
        if record::progress(&connection)?.generation >= generation {
            // An earlier try was recorded and failed behind that. Its rows stay hot until the next start.
            tracing::warn!(segment.generation = generation, "the generation was recorded before");
            return Ok(());
        }
        let events = format!("hot.events_{generation}");
        let segment = match Extent::of(&connection, &events)? {
            None => None,
            Some(extent) => {
                let number = self.next_segment();
                let folder = self.folder.join("segments");
                let segment =
                    segment::write(&connection, &folder, number, &events, extent, self.on_drop.clone())?;
                derive::derive(&mut connection, number, &format!("hot.placed_{generation}"))?;
                self.files.add(&segment, false);
                Some(segment)
            }
        };
        self.seen.0.seal(generation)?;
        self.keys.known.seal(generation)?;
        let last_seq = last_seq_of(&connection, generation)?.max(self.snapshot().sealed_seq);
        {
            let _alone = lock(&self.recording);
            record::sealed(&mut connection, generation, last_seq, segment.as_ref())?;
            self.publish(|snapshot| {
                let new = segment.map(Arc::new);
                snapshot.segments = snapshot.segments.iter().map(Arc::clone).chain(new).collect();
                let rest = snapshot.generations.iter().filter(|other| other.number != generation);
                snapshot.generations = rest.map(Arc::clone).collect::<Vec<Arc<Generation>>>().into();
                snapshot.sealed_seq = last_seq;
            });
        }
        self.seen.0.sealed(generation)?;
        self.keys.known.sealed(generation)?;
        let log = LogFile::path(&self.folder.join("log"), generation);
        if let Err(error) = std::fs::remove_file(&log) {
            tracing::warn!(log.file = %log.display(), %error, "a sealed log file stays until the next start");
        }
        self.remove_released();
        self.write_back(&connection);
        self.publish_newest();
        self.made[0].fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Makes one segment of several small ones now, if there are any worth it; tells whether there may be more to do.
    ///
    /// Blocks for as long as writing takes; run it off the request path. After a failure it may be tried again.
    pub fn compact(&self, now: DateTime<Utc>) -> Result<bool, Error> {
        let _alone = lock(&self.reshaping);
        let snapshot = self.snapshot();
        let sizes: Vec<u64> = snapshot.segments.iter().map(|segment| segment.events).collect();
        let Some(run) = worth_merging(&sizes, self.segment_events) else { return Ok(false) };
        let old = &snapshot.segments[run];
        let Some(extent) = Extent::around(old.iter().map(AsRef::as_ref)) else { return Ok(false) };
        let held = self.hold(old)?;
        // A wrong byte must not get into a new file with a checksum of its own.
        if self.put_aside_damaged(old)? {
            return Ok(true);
        }
        let mut connection = self.connection()?;
        let number = self.next_segment();
        let files: Vec<String> = old.iter().map(|segment| segment.literal(&held)).collect();
        let events = format!("read_parquet([{}])", files.join(", "));
        let folder = self.folder.join("segments");
        let mut segment =
            segment::write(&connection, &folder, number, &events, extent, self.on_drop.clone())?;
        segment.merged_at = Some(now);
        self.files.add(&segment, false);
        let placed: Vec<String> =
            old.iter().map(|old| format!("select * from {}", Derived::ByGroup.table(old.number))).collect();
        derive::derive(&mut connection, number, &format!("({})", placed.join(" union all ")))?;
        let numbers: Vec<u64> = old.iter().map(|old| old.number).collect();
        {
            let _alone = lock(&self.recording);
            let present = self.snapshot();
            if !old.iter().all(|old| present.segments.iter().any(|other| other.number == old.number)) {
                tracing::warn!(segment.number = number, "a segment was put aside while it was compacted");
                return Ok(true);
            }
            record::compacted(&mut connection, &numbers, &segment)?;
            self.publish(|snapshot| {
                let mut segments = snapshot.segments.to_vec();
                let first = segments.iter().position(|other| other.number == numbers[0]).unwrap_or(0);
                segments.retain(|other| !numbers.contains(&other.number));
                segments.insert(first, Arc::new(segment));
                snapshot.segments = segments.into();
            });
        }
        for segment in old {
            segment.is_replaced.store(true, Ordering::Release);
        }
        tracing::info!(
            segment.number = number,
            segment.events = extent.events,
            merged = numbers.len(),
            "compacted"
        );
        drop((held, snapshot));
        self.remove_released();
        self.write_back(&connection);
        self.publish_newest();
        self.made[1].fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    /// Removes what nobody reads any more: hot tables of sealed generations, replaced segments. What cannot be
    /// removed stays until the next start.
    pub fn remove_released(&self) {
        let released: Vec<Released> = lock(&self.released).try_iter().collect();
        if released.is_empty() {
            return;
        }
        let removed = self.connection().and_then(|connection| {
            released.iter().try_for_each(|released| self.remove(&connection, released))
        });
        if let Err(error) = removed {
            tracing::warn!(%error, "what nobody reads any more stays until the next start");
        }
    }

    fn remove(&self, connection: &Connection, released: &Released) -> Result<(), Error> {
        match released {
            Released::Generation(number) => {
                for name in Table::ALL.map(Table::name).iter().chain(&["placed"]) {
                    connection.execute_batch(&format!("drop table if exists hot.{name}_{number}"))?;
                }
            }
            Released::Segment(number, path) => {
                lake::remove_of(&self.folder, *number)?;
                match std::fs::remove_file(path) {
                    // It was put out of the cache.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    removed => removed.map_err(Error::io(path))?,
                }
                self.files.forget(*number);
                derive::drop_set(connection, *number)?;
            }
        }
        Ok(())
    }

    pub(super) fn next_segment(&self) -> u64 {
        self.last_segment.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn last_seq_of(connection: &Connection, generation: u64) -> Result<u64, Error> {
    let parts: Vec<String> = Table::ALL
        .iter()
        .map(|table| format!("select max(seq) as seq from hot.{}_{generation}", table.name()))
        .collect();
    let sql = format!("select coalesce(max(seq), 0) from ({})", parts.join(" union all "));
    Ok(connection.query_row(&sql, [], |row| row.get(0))?)
}

/// The cheapest run of neighbours that is worth making one segment of.
///
/// In it the others together are at least two and a half times the largest, so each event is written a number of
/// times that grows with the logarithm of their number; and all together are no more than one segment may hold.
fn worth_merging(sizes: &[u64], most: u64) -> Option<std::ops::Range<usize>> {
    let mut best: Option<(u64, std::ops::Range<usize>)> = None;
    for first in 0..sizes.len() {
        let (mut total, mut largest) = (0, 0);
        for (last, size) in sizes.iter().enumerate().skip(first) {
            total += size;
            largest = largest.max(*size);
            if total > most {
                break;
            }
            let is_worth = last + 1 - first >= FEWEST && 5 * largest <= 2 * (total - largest);
            if is_worth && best.as_ref().is_none_or(|(cost, _)| total < *cost) {
                best = Some((total, first..last + 1));
            }
        }
    }
    best.map(|(_, run)| run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_are_merged_and_a_large_one_is_left_alone() {
        assert_eq!(worth_merging(&[], 100), None);
        assert_eq!(worth_merging(&[1, 1, 1], 100), None);
        assert_eq!(worth_merging(&[1, 1, 1, 1], 100), Some(0..4));
        assert_eq!(worth_merging(&[4, 1, 1, 1], 100), None);
        assert_eq!(worth_merging(&[4, 1, 1, 1, 1], 100), Some(1..5));
        assert_eq!(worth_merging(&[25, 25, 25, 25], 99), None);
    }

    #[test]
    fn segments_stay_few_and_events_are_written_few_times() {
        let (mut sizes, mut written) = (Vec::new(), 0);
        for sealed in [1; 1024] {
            sizes.push(sealed);
            while let Some(run) = worth_merging(&sizes, 1_000_000) {
                let total: u64 = sizes[run.clone()].iter().sum();
                written += total;
                sizes.splice(run, [total]);
            }
        }
        assert_eq!(sizes.iter().sum::<u64>(), 1024);
        assert!(sizes.len() <= 16, "{sizes:?}");
        assert!(written <= 1024 * 6, "{written}");
    }
}
