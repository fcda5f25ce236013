//! Sending what was made to object storage, publishing it, and deleting what nobody needs there: a thread behind the one that seals, so
//! that no write and no question waits for it.

use crate::domain::time::Clock;
use crate::store::{Error, Store};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

/// How often it looks for objects whose time has come, and whether object storage answers again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long a failed try rests, at first and at most.
const TRY_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];

/// Works whenever something was made, and otherwise now and then, until nobody can tell it anything any more.
pub(super) fn send_all(store: &Store, clock: &dyn Clock, made: &Receiver<()>) {
    if !store.has_object_storage() {
        return;
    }
    let [first, most] = TRY_AGAIN;
    let mut rest = first;
    loop {
        match next(store, clock) {
            Ok(true) => {
                rest = first;
                if is_over(made) {
                    return;
                }
            }
            Ok(false) => {
                rest = first;
                if matches!(made.recv_timeout(LOOK_AGAIN), Err(RecvTimeoutError::Disconnected)) {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, again.seconds = rest.as_secs(), "object storage does not do what it is asked; it is asked again");
                if is_over_within(made, rest) {
                    return;
                }
                rest = (rest * 2).min(most);
            }
        }
    }
}

/// Sends a segment or deletes an object; where there is none of either, publishes the present instant. Tells whether there
/// may be more to do.
fn next(store: &Store, clock: &dyn Clock) -> Result<bool, Error> {
    Ok(store.upload(clock.now())? || store.publish_instant(clock.now())?)
}

/// Whether nobody can tell anything any more. What was told is done anyway.
fn is_over(made: &Receiver<()>) -> bool {
    loop {
        match made.try_recv() {
            Ok(()) => {}
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => return true,
        }
    }
}

/// The same, after some time or as soon as it is so. New work does not shorten the time.
fn is_over_within(made: &Receiver<()>, time: Duration) -> bool {
    let until = Instant::now() + time;
    loop {
        match made.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}
