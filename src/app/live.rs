//! What subscriptions share: how many a client may have, whose turn it is to run, and when to end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// What subscriptions share.
#[derive(Debug)]
pub struct Live {
    /// Turns to run, fewer than questions that may run at once.
    turns: Arc<Semaphore>,
    places: Arc<Mutex<HashMap<String, usize>>>,
    most: usize,
    is_stopping: watch::Sender<bool>,
}

/// A client's place for one subscription; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Mutex<HashMap<String, usize>>>,
    client: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = places.get_mut(&self.client) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.client);
            }
        }
    }
}

impl Live {
    /// So many run at once, and a client has so many at most.
    #[must_use]
    pub fn new(turns: usize, most: usize) -> Self {
        let is_stopping = watch::Sender::new(false);
        Self { turns: Arc::new(Semaphore::new(turns)), places: Arc::default(), most, is_stopping }
    }

    /// A place for one more subscription of a client; `None` when it has as many as it may.
    #[must_use]
    pub fn take_place(&self, client: &str) -> Option<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = places.get(client).copied().unwrap_or_default();
        if taken >= self.most {
            return None;
        }
        places.insert(client.to_owned(), taken + 1);
        Some(Place { places: Arc::clone(&self.places), client: client.to_owned() })
    }

    /// How many subscriptions there are, of all clients.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Waits for a turn to run.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// Ends every subscription, now and from now on.
    pub fn stop(&self) {
        self.is_stopping.send_replace(true);
    }

    /// Is true once the server stops.
    #[must_use]
    pub fn watch_stop(&self) -> watch::Receiver<bool> {
        self.is_stopping.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_its_places_and_no_other_ones() {
        let live = Live::new(1, 2);
        let first = live.take_place("a").expect("a place");
        let _second = live.take_place("a").expect("a place");
        assert!(live.take_place("a").is_none());
        let other = live.take_place("b").expect("another client's");
        assert_eq!(live.count(), 3);
        drop((first, other));
        assert!(live.take_place("a").is_some());
        assert_eq!(live.count(), 1);
    }
}
