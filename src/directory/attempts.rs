//! Wrong secrets are slowed: after a few of them, who sent them has to wait before the next is looked at.
//!
//! Counted for each client and address, so nobody else waits. A wait is [`LONGEST`] at most and is not drawn out by what
//! comes meanwhile. An address from which the client's secret came within [`KNOWN_FOR`] never waits, so that a
//! colleague's, or a stranger's behind the same proxy, wrong secret keeps nobody out; what is slowed there is left to the
//! 160 random bits of a secret. Addresses that are not heard of any more are forgotten, the memory is bounded.

use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Wrong secrets that cost nothing.
const FREE: u32 = 5;

/// The longest wait. The first is a second, each further one twice as long.
const LONGEST: Duration = Duration::from_secs(30);

/// Wrong secrets older than this do not count.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);

/// How long the right secret excuses the wrong ones from its address.
const KNOWN_FOR: Duration = Duration::from_hours(24);

/// Clients and addresses that are remembered, about.
const REMEMBERED: usize = 10_000;

/// A client and an address.
type Key = (String, Option<IpAddr>);

/// What came for a client from an address. Instants are those of a clock that only goes forward.
#[derive(Debug, Default)]
struct Tried {
    wrong: u32,
    last_wrong: Duration,
    wait_until: Duration,
    right: Option<Duration>,
}

/// What came for all clients.
pub(super) struct Attempts(Cache<Key, Arc<Mutex<Tried>>>);

impl std::fmt::Debug for Attempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempts").field("remembered", &self.0.len()).finish()
    }
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// How long an address has to wait before a secret of it is looked at.
    pub(super) fn wait(&self, client: &str, peer: Option<IpAddr>, now: Duration) -> Option<Duration> {
        let tried = self.0.get(&key(client, peer))?;
        let tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = tried.right.is_some_and(|right| now.saturating_sub(right) < KNOWN_FOR);
        tried.wait_until.checked_sub(now).filter(|wait| !is_known && !wait.is_zero())
    }

    /// Notes a wrong secret.
    pub(super) fn note_wrong(&self, client: &str, peer: Option<IpAddr>, now: Duration) {
        self.note(client, peer, |tried| {
            if now.saturating_sub(tried.last_wrong) > FORGOTTEN_AFTER {
                tried.wrong = 0;
            }
            tried.wrong = tried.wrong.saturating_add(1);
            tried.last_wrong = now;
            if let Some(over) = tried.wrong.checked_sub(FREE) {
                let wait = Duration::from_secs(1 << over.min(10)).min(LONGEST);
                tried.wait_until = now + wait;
            }
        });
    }

    /// Notes the right secret.
    pub(super) fn note_right(&self, client: &str, peer: Option<IpAddr>, now: Duration) {
        self.note(client, peer, |tried| {
            *tried = Tried { right: Some(now), ..Tried::default() };
        });
    }

    fn note(&self, client: &str, peer: Option<IpAddr>, note: impl FnOnce(&mut Tried)) {
        let Ok(tried) = self.0.get_or_insert_with(&key(client, peer), || Ok::<_, Infallible>(Arc::default()));
        note(&mut tried.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One network counts as one address: who has an IPv6 address has a whole /64 of them.
fn key(client: &str, peer: Option<IpAddr>) -> Key {
    let peer = peer.map(|peer| match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    });
    (client.to_owned(), peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn peer(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn waits_double_to_a_bound_and_are_not_drawn_out() {
        let (attempts, here) = (Attempts::new(), Some(peer("192.0.2.1")));
        let mut now = SECOND;
        let mut waits = Vec::new();
        for _ in 0..12 {
            attempts.note_wrong("c", here, now);
            let wait = attempts.wait("c", here, now);
            waits.push(wait.map_or(0, |wait| wait.as_secs()));
            // Half of it later half of it is left, whoever asked meanwhile.
            let half = wait.map(|wait| wait / 2).filter(|half| !half.is_zero());
            assert_eq!(half.and_then(|half| attempts.wait("c", here, now + half)), half);
            now += wait.unwrap_or_default();
            assert_eq!(attempts.wait("c", here, now), None);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
        attempts.note_wrong("c", here, now + FORGOTTEN_AFTER + SECOND);
        assert_eq!(attempts.wait("c", here, now + FORGOTTEN_AFTER + SECOND), None);
    }

    #[test]
    fn nobody_else_waits_and_who_knew_the_secret_never_does() {
        let attempts = Attempts::new();
        let (bad, good) = (Some(peer("192.0.2.1")), Some(peer("192.0.2.2")));
        attempts.note_right("c", good, SECOND);
        for _ in 0..50 {
            attempts.note_wrong("c", bad, SECOND);
            attempts.note_wrong("c", good, SECOND);
        }
        assert!(attempts.wait("c", bad, SECOND).is_some());
        assert_eq!(attempts.wait("c", good, SECOND), None);
        assert_eq!(attempts.wait("d", bad, SECOND), None);
        assert_eq!(attempts.wait("c", Some(peer("192.0.2.3")), SECOND), None);
        assert!(attempts.wait("c", good, SECOND + KNOWN_FOR).is_none());
        attempts.note_right("c", bad, 2 * SECOND);
        assert_eq!(attempts.wait("c", bad, 2 * SECOND), None);
    }

    #[test]
    fn a_network_is_one_address_and_the_memory_is_bounded() {
        let attempts = Attempts::new();
        for n in 0..FREE {
            attempts.note_wrong("c", Some(peer(&format!("2001:db8::{n}"))), SECOND);
        }
        assert!(attempts.wait("c", Some(peer("2001:db8::ffff")), SECOND).is_some());
        assert_eq!(attempts.wait("c", Some(peer("2001:db8:0:1::1")), SECOND), None);
        for n in 0..3 * u32::try_from(REMEMBERED).expect("small") {
            attempts.note_wrong("c", Some(IpAddr::from(n.to_be_bytes())), SECOND);
        }
        assert!(attempts.0.len() <= REMEMBERED + REMEMBERED / 2, "{}", attempts.0.len());
    }
}
