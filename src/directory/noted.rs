//! What became of the credentials of one request: noted where they are looked at, read where the answer is sent.

use super::{Allowance, Entry, Refused};
use std::sync::OnceLock;

/// What a request's answer has to tell of the allowance of its client.
#[derive(Debug, Default)]
pub struct Noted {
    allowance: OnceLock<Allowance>,
    wait_seconds: OnceLock<u64>,
}

impl Noted {
    /// Notes whether somebody was let in. Of a request that shows credentials at several places the first ones count.
    pub fn note(&self, entered: Result<Entry, Refused>) {
        match entered {
            Ok(Entry { allowance: Some(allowance), .. }) => {
                let _ = self.allowance.set(allowance);
            }
            Err(Refused::TooOften(allowance)) => {
                let _ = self.allowance.set(allowance);
                let _ = self.wait_seconds.set(allowance.wait_seconds.unwrap_or(1));
            }
            Err(Refused::MustWait(seconds)) => {
                let _ = self.wait_seconds.set(seconds);
            }
            Ok(_) | Err(Refused::Unknown(_)) => {}
        }
    }

    /// What the client may still ask, where there is a limit.
    #[must_use]
    pub fn allowance(&self) -> Option<Allowance> {
        self.allowance.get().copied()
    }

    /// After how many seconds to come again, where it was too early.
    #[must_use]
    pub fn wait_seconds(&self) -> Option<u64> {
        self.wait_seconds.get().copied()
    }
}
