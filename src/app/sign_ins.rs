//! What signing in to the dashboard needs: the key that signs sessions, and links that sign in once.
//!
//! The key is kept in the data folder, made once, so that sessions outlive a restart. Links live in memory only and
//! end with the process.

use crate::directory::{random_hex, sha256_hex};
use crate::error::Failure;
use crate::store;
use crate::store::private::write_private;
use chrono::{DateTime, TimeDelta, Utc};
use rand::TryRngCore;
use rand::rngs::OsRng;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The name of the key's file in the data folder.
const FILE: &str = "session.key";

/// Bytes of the key.
const KEY_BYTES: usize = 64;

/// How long a link waits to be opened.
const LINK_LIFE: TimeDelta = TimeDelta::hours(1);

/// Links that wait at once, at most; the oldest goes first.
const MOST_LINKS: usize = 100;

/// The key of sessions and the links that were not opened yet.
pub struct SignIns {
    key: [u8; KEY_BYTES],
    links: Mutex<HashMap<String, Link>>,
}

struct Link {
    client_id: String,
    ends_at: DateTime<Utc>,
}

impl std::fmt::Debug for SignIns {
    /// Leaves out the key and the links.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIns").finish_non_exhaustive()
    }
}

impl SignIns {
    /// Reads the key of a data folder, or makes it. Where it cannot be kept, sessions end with the process. Blocks.
    pub(super) fn open(folder: &Path) -> Result<Self, store::Error> {
        let file = folder.join(FILE);
        let known = std::fs::read(&file).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let key = if let Some(key) = known {
            key
        } else {
            let mut fresh = [0; KEY_BYTES];
            let random = OsRng.try_fill_bytes(&mut fresh).map_err(std::io::Error::other);
            random.map_err(|source| store::Error::Io { path: file.clone(), source })?;
            if let Err(error) = write_private(&file, &fresh) {
                tracing::warn!(%error, "session.key was not kept; a restart ends the dashboard's sessions");
            }
            fresh
        };
        Ok(Self { key, links: Mutex::default() })
    }

    /// The key that signs sessions.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The word of a link that signs in as this client, once, within an hour.
    pub fn link(&self, client_id: &str, now: DateTime<Utc>) -> Result<String, Failure> {
        let word = random_hex::<20>()?;
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, link| link.ends_at > now);
        if links.len() >= MOST_LINKS {
            let oldest = links.iter().min_by_key(|(_, link)| link.ends_at).map(|(hash, _)| hash.clone());
            oldest.and_then(|hash| links.remove(&hash));
        }
        let link = Link { client_id: client_id.to_owned(), ends_at: now + LINK_LIFE };
        links.insert(sha256_hex(&word), link);
        Ok(word)
    }

    /// The client of a link's word, which is used up by it.
    #[must_use]
    pub fn redeem(&self, word: &str, now: DateTime<Utc>) -> Option<String> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let link = links.remove(&sha256_hex(word))?;
        (link.ends_at > now).then_some(link.client_id)
    }

    /// A random word that no one can guess.
    pub fn word() -> Result<String, Failure> {
        random_hex::<20>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_a_link_opens_once_within_its_hour() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = SignIns::open(folder.path()).expect("a key");
        let again = SignIns::open(folder.path()).expect("a key");
        assert!(one.key() == again.key() && one.key() != [0; KEY_BYTES]);
        std::fs::write(folder.path().join(FILE), "short").expect("written");
        assert!(SignIns::open(folder.path()).expect("a key").key() != one.key());

        let now = DateTime::UNIX_EPOCH;
        let word = one.link("a client", now).expect("a link");
        assert_eq!(one.redeem("another", now), None);
        assert_eq!(one.redeem(&word, now).as_deref(), Some("a client"));
        assert_eq!(one.redeem(&word, now), None);
        let late = one.link("a client", now).expect("a link");
        assert_eq!(one.redeem(&late, now + LINK_LIFE), None);
    }

    #[test]
    fn the_oldest_link_goes_when_there_are_too_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let (all, start) = (SignIns::open(folder.path()).expect("a key"), DateTime::UNIX_EPOCH);
        let minute = |n: i32| start + TimeDelta::seconds(i64::from(n));
        let words: Vec<String> = (0..101).map(|n| all.link("c", minute(n)).expect("a link")).collect();
        assert_eq!(all.redeem(&words[0], minute(101)), None);
        assert_eq!(all.redeem(&words[1], minute(101)).as_deref(), Some("c"));
    }
}
