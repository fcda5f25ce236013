//! The data set: half a year of a made-up B2B product, the same for everybody who draws as many events.
//!
//! 5,000 companies by a power law, 15,000 workspaces, 8,000 teams, 200,000 profiles; 180 days; sessions of 8.5
//! events on average with 40 names of events, paths and 3 to 6 properties; 2.04 groups an event; one session in
//! twenty is anonymous; every time is a whole millisecond.

mod columns;
mod day;
pub(crate) mod dice;
mod entities;
pub(crate) mod population;
pub(crate) mod vocabulary;

use super::Result;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use chrono::{Datelike, Days, NaiveDate};
use day::Day;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use population::Population;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Makes the draws repeatable.
pub(crate) const SEED: u64 = 20_250_101;
/// Days of the data set.
pub(crate) const DAYS: usize = 180;
/// The first of them. All lie in the past, so that no import refuses them.
pub(crate) const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2025, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// Changes whenever the files change.
const VERSION: u32 = 1;
/// The company that is asked about: the 21st by size.
const ASKED_COMPANY: usize = 20;

/// What is in the files, and what is asked about them: `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    /// Events in the files.
    pub(crate) events: usize,
    /// The first instant of the data.
    pub(crate) from: String,
    /// The first instant behind the data.
    pub(crate) to: String,
    /// 30 days before that.
    pub(crate) from30: String,
    /// The company that is asked about.
    pub(crate) company: String,
    /// The fifty companies that are asked about together.
    pub(crate) companies: Vec<String>,
}

/// The files of one data set.
#[derive(Debug)]
pub(crate) struct Dataset {
    folder: PathBuf,
    /// What is in them.
    pub(crate) manifest: Manifest,
}

impl Dataset {
    /// The data set of about so many events, drawn into the folder unless it is there.
    pub(crate) fn of(population: &Population, folder: &Path, events: usize) -> Result<Self> {
        let file = folder.join("manifest.json");
        let kept = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Some(manifest) = kept.filter(|manifest: &Manifest| manifest.version == VERSION) {
            return Ok(Self { folder: folder.to_path_buf(), manifest });
        }
        std::fs::create_dir_all(folder)?;
        write_rows(&folder.join("groups.parquet"), &entities::groups(population)?)?;
        write_rows(&folder.join("profiles.parquet"), &entities::profiles(population)?)?;
        write_rows(&folder.join("memberships.parquet"), &entities::memberships(population)?)?;
        let events = write_events(population, folder, events)?;
        let day = |number: usize| format!("{}T00:00:00Z", FIRST_DAY + Days::new(number as u64));
        let manifest = Manifest {
            version: VERSION,
            events,
            from: day(0),
            to: day(DAYS),
            from30: day(DAYS - 30),
            company: population.company_ids[ASKED_COMPANY].clone(),
            companies: population.company_ids.iter().step_by(100).cloned().collect(),
        };
        std::fs::write(file, serde_json::to_vec_pretty(&manifest)?)?;
        Ok(Self { folder: folder.to_path_buf(), manifest })
    }

    /// The files of events, by time.
    pub(crate) fn event_files(&self) -> Vec<PathBuf> {
        months().map(|(name, _)| self.folder.join(name)).collect()
    }

    /// One of the other files: `groups` or `profiles`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.parquet"))
    }
}

/// The groups of every person, with the id: what `memberships.parquet` holds.
pub(crate) fn memberships(population: &Population) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let people = population.profile_ids.iter().zip(&population.people);
    people.map(|(id, person)| (id.as_str(), entities::groups_of(population, person)))
}

/// The name of each month's file, with the month's days.
fn months() -> impl Iterator<Item = (String, Vec<usize>)> {
    let mut months: Vec<(String, Vec<usize>)> = Vec::new();
    for day in 0..DAYS {
        let date = FIRST_DAY + Days::new(day as u64);
        let name = format!("events-{}-{:02}.parquet", date.year(), date.month());
        match months.last_mut() {
            Some((last, days)) if *last == name => days.push(day),
            _ => months.push((name, vec![day])),
        }
    }
    months.into_iter()
}

/// Draws all events into one file a month; gives how many there are.
fn write_events(population: &Population, folder: &Path, events: usize) -> Result<usize> {
    let months: Vec<_> = months().collect();
    let (next, written) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || -> Result<()> {
        while let Some((name, days)) = months.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut writer = open(&folder.join(name), columns::schema())?;
            for day in days {
                let rows = columns::batch(population, Day::draw(population, events, *day))?;
                written.fetch_add(rows.num_rows(), Ordering::Relaxed);
                writer.write(&rows)?;
            }
            writer.close()?;
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker died")?)
    })?;
    Ok(written.into_inner())
}

fn write_rows(path: &Path, rows: &RecordBatch) -> Result<()> {
    let mut writer = open(path, rows.schema())?;
    writer.write(rows)?;
    writer.close()?;
    Ok(())
}

fn open(path: &Path, schema: Arc<Schema>) -> Result<ArrowWriter<File>> {
    let unique = ["id", "session_id"].map(|column| column.to_owned().into());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(122_880));
    let properties = unique
        .into_iter()
        .fold(properties, |properties, column| properties.set_column_dictionary_enabled(column, false));
    Ok(ArrowWriter::try_new(File::create(path)?, schema, Some(properties.build()))?)
}
