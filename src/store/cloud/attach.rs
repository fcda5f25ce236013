//! Finding out whether the objects in a place are this folder's, and which there are.
//!
//! `lake.json` holds a number that the folder's catalog holds too. Two folders on one place would delete each other's
//! objects, as each knows nothing of the other's segments; so a place without this number, or with another one, is refused.

use super::{FOLDER, Segment, listed};
use crate::store::objects::Objects;
use crate::store::{Error, lake};
use duckdb::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The object that tells whose the others are.
pub(super) const NAME: &str = "lake.json";

#[derive(Serialize, Deserialize)]
struct Lake {
    lake: String,
}

/// Makes sure that the objects are this folder's, and brings what the catalog knows of them up to date.
pub(super) fn attach<'s>(
    connection: &mut Connection,
    objects: &Objects,
    segments: impl Iterator<Item = &'s Segment> + Clone,
) -> Result<(), Error> {
    let own = listed::lake(connection)?;
    let found = objects.get(NAME)?.map(|bytes| read(&bytes)).transpose()?;
    let there = objects.list(FOLDER)?;
    match (&own, found) {
        (Some(own), Some(found)) if *own == found => {}
        (_, Some(_)) => return Err(Error::OtherLake("they belong to another data folder")),
        (None, None) if !there.is_empty() => {
            return Err(Error::OtherLake("nothing tells whose they are (lake.json)"));
        }
        (own, None) => {
            let stored = listed::whole(connection)?;
            let is_away = |segment: &Segment| stored.contains(&segment.object()) && !segment.path.exists();
            if segments.clone().any(is_away) {
                return Err(Error::OtherLake("they lack segments that this folder has put there"));
            }
            let lake = own.clone().map_or_else(lake::fresh_id, Ok)?;
            listed::set_lake(connection, &lake)?;
            let bytes = serde_json::to_vec(&Lake { lake }).map_err(|error| Error::objects(NAME, error))?;
            objects.put(NAME, bytes)?;
        }
    }
    compare(connection, segments, &there)
}

fn read(bytes: &[u8]) -> Result<String, Error> {
    let lake: Result<Lake, _> = serde_json::from_slice(bytes);
    lake.map(|lake| lake.lake).map_err(|_| Error::OtherLake("lake.json cannot be read"))
}

/// Brings what the catalog knows of objects to what is there.
fn compare<'s>(
    connection: &mut Connection,
    segments: impl Iterator<Item = &'s Segment>,
    there: &[(String, u64)],
) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    let (known, whole) = (listed::all(&transaction)?, listed::whole(&transaction)?);
    let segments: HashMap<String, &Segment> = segments.map(|segment| (segment.object(), segment)).collect();
    let sizes: HashMap<&String, u64> = there.iter().map(|(name, bytes)| (name, *bytes)).collect();
    for (name, segment) in segments.iter().filter(|(name, _)| known.contains(*name)) {
        let is_whole = sizes.get(name) == Some(&segment.bytes);
        if !is_whole && whole.contains(name) {
            tracing::warn!(object.name = name, "an object is not there as it was written");
        }
        listed::set_whole(&transaction, name, is_whole)?;
    }
    for (name, bytes) in there.iter().filter(|(name, _)| !known.contains(name)) {
        if let Some(segment) = segments.get(name) {
            listed::found(&transaction, name, segment.number, *bytes, segment.bytes == *bytes)?;
        } else {
            tracing::warn!(object.name = name, "an object belongs to no segment and will be deleted");
            listed::found(&transaction, name, 0, *bytes, false)?;
        }
    }
    Ok(transaction.commit()?)
}
