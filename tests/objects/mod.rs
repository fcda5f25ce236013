//! Segments in object storage: a folder that stands for it, and a server that speaks as S3 does.

pub(crate) mod bucket;
mod corpus;
mod demo;
mod erasing;
mod healing;
mod kills;
mod outage;
mod places;
mod readers;

use crate::distributed::{PROJECT, company, event};
use crate::support::house::House;
use muster::store::Options;
use muster::store::cloud::ObjectStorage;
use muster::store::objects::Location;
use std::path::Path;
use std::time::Duration;

/// Object storage in a folder, of which nothing stays on the disk that nobody holds.
fn storage(folder: &Path) -> ObjectStorage {
    let location = Location::Folder(folder.to_path_buf());
    ObjectStorage { location, cache_bytes: 0, question_bytes: u64::MAX, keep: Duration::ZERO }
}

/// A store with it, sealed after so few rows that nearly everything is.
fn options(storage: ObjectStorage) -> Options {
    Options { seal_rows: 100, objects: Some(storage), ..Options::default() }
}

/// Writes companies and so many events, and has each hundred sealed to a segment of its own.
async fn fill(house: &House, events: i64) {
    house.write(PROJECT, ["acme", "globex", "initech"].map(company).to_vec()).await;
    for first in (0..events).step_by(100) {
        house.write(PROJECT, (first..events.min(first + 100)).map(event).collect()).await;
    }
    let store = house.engine.store();
    while store.snapshot().count_sealed_events(None) < events.unsigned_abs() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The names of the files in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>());
    let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = found.unwrap_or_default().iter().map(name).collect();
    names.sort();
    names
}

/// Waits until all is sealed, sent and put out, and what nobody needs is deleted.
async fn settled(house: &House, bucket: &Path) {
    house.until_sealed().await;
    house.until_put_out(0).await;
    let store = house.engine.store();
    loop {
        // Nobody reads an earlier instant here.
        store.remove_released();
        let snapshot = store.snapshot();
        let mut wanted: Vec<String> = snapshot.segments.iter().map(|segment| segment.object()).collect();
        wanted.sort();
        let found: Vec<String> =
            names(&bucket.join("segments")).iter().map(|name| format!("segments/{name}")).collect();
        if found == wanted {
            return;
        }
        drop(snapshot);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
