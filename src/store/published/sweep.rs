//! Objects that the present instant does not name: they go once that was so for a grace, which readers of an earlier
//! instant have to finish. Segments are not among them.

use super::super::Error;
use crate::store::objects::Objects;
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, HashSet};

/// What is there and not named.
#[derive(Debug, Default)]
pub(super) struct Garbage {
    /// Since when each is not named, as far as this process knows.
    since: BTreeMap<String, DateTime<Utc>>,
    /// Whether all objects were looked at since the present instant was put.
    is_known: bool,
}

impl Garbage {
    /// Where the objects are.
    pub(super) const FOLDERS: [&str; 3] = ["derived", "facts", "snapshots"];

    /// Has the objects listed once more.
    pub(super) fn look_again(&mut self) {
        self.is_known = false;
    }

    /// Whether every object is named.
    pub(super) fn is_none(&self) -> bool {
        self.is_known && self.since.is_empty()
    }

    /// Removes what is not named for longer than the grace.
    pub(super) fn sweep(
        &mut self,
        objects: &Objects,
        named: &HashSet<&str>,
        now: DateTime<Utc>,
        grace: Duration,
    ) -> Result<(), Error> {
        if !self.is_known {
            let mut since = BTreeMap::new();
            for folder in Self::FOLDERS {
                let found = objects.list(folder)?.into_iter().map(|(name, _)| name);
                for name in found.filter(|name| !named.contains(name.as_str())) {
                    let known = self.since.get(&name).copied().unwrap_or(now);
                    since.insert(name, known);
                }
            }
            (self.since, self.is_known) = (since, true);
        }
        let due = self.since.iter().filter(|(_, since)| now - **since >= grace);
        let due: Vec<String> = due.map(|(name, _)| name.clone()).collect();
        for name in due {
            objects.delete(&name)?;
            self.since.remove(&name);
        }
        Ok(())
    }
}
