//! Who may come in: projects and their clients, in memory, so that a request costs no look-up.
//!
//! A change is durable before it is visible, and visible before it is answered: the very next request with a secret
//! that was rotated, or of a client that was revoked, is refused. What changes a project's clients is in
//! `change.rs`, what a request has to pass in `enter.rs`:
//!
//! ```text
//! id and secret -> known? -> too many wrong ones? (attempts.rs) -> right? -> too often? (meter.rs) -> Entry
//! ```

mod attempts;
mod change;
mod enter;
mod meter;
mod noted;
mod origin;
mod secret;

pub use crate::store::clients::Client;
pub use change::NewClient;
pub use enter::{Entry, Refused};
pub use meter::Allowance;
pub use noted::Noted;
pub use origin::welcomes;
pub use secret::{mark_of, random_hex, sha256_hex};

use crate::domain::identity::ProjectKey;
use crate::domain::limits::Limits;
use crate::domain::time::Clock;
use crate::error::Failure;
use crate::store::catalog::Project;
use crate::store::{Error, Store};
use attempts::Attempts;
use chrono::DateTime;
use meter::Meter;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// Microseconds after which the last uses of clients are written once more.
const WRITTEN_EVERY_MICROS: i64 = 60_000_000;

/// The projects and clients of a store.
#[derive(Debug)]
pub struct Directory {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    known: RwLock<Known>,
    /// Held while projects or clients change, so that an earlier reading never follows a later change.
    changing: Mutex<()>,
    attempts: Attempts,
    /// Changes whenever projects or clients are read anew.
    changes: watch::Sender<()>,
    /// When the last uses were written, in microseconds of the clock.
    written_at: AtomicI64,
}

/// All of them at one instant.
#[derive(Debug, Default)]
struct Known {
    projects: HashMap<String, Project>,
    clients: HashMap<String, Member>,
}

/// A client, and what its requests leave behind.
#[derive(Debug, Clone)]
struct Member {
    client: Client,
    traffic: Arc<Traffic>,
}

/// What the requests of a client leave behind.
#[derive(Debug)]
struct Traffic {
    /// The last use, in microseconds since 1970; 0: never.
    used_at: AtomicI64,
    /// The last use that is stored.
    stored_at: AtomicI64,
    /// Requests with the secret.
    proven: Meter,
    /// Requests of browsers without it: they use up nothing of those with it.
    browsers: Meter,
}

impl Directory {
    /// Reads them from the catalog. Blocks.
    pub fn load(store: Arc<Store>, clock: Arc<dyn Clock>, limits: Arc<Limits>) -> Result<Self, Error> {
        let directory = Self {
            store,
            clock,
            limits,
            known: RwLock::default(),
            changing: Mutex::new(()),
            attempts: Attempts::new(),
            changes: watch::Sender::new(()),
            written_at: AtomicI64::new(i64::MIN),
        };
        directory.read_anew()?;
        Ok(directory)
    }

    /// Reads everything anew, as a replica does once it holds another instant. Blocks.
    pub fn refresh(&self) -> Result<(), Error> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.read_anew()
    }

    /// Changes whenever a project or a client was changed.
    #[must_use]
    pub fn watch_changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Every project, by name.
    #[must_use]
    pub fn projects(&self) -> Vec<Project> {
        let mut projects: Vec<Project> = self.read(|known| known.projects.values().cloned().collect());
        projects.sort_by(|a, b| a.name.cmp(&b.name));
        projects
    }

    /// The project of this name.
    #[must_use]
    pub fn project(&self, name: &str) -> Option<Project> {
        self.read(|known| known.projects.get(name).cloned())
    }

    /// Every client of a project, those that were revoked too, in the order in which they were made. When one was last
    /// used is told to the minute.
    #[must_use]
    pub fn clients(&self, project: ProjectKey) -> Vec<Client> {
        let mut clients: Vec<Client> = self.read(|known| {
            let own = known.clients.values().filter(|member| member.client.project == project);
            own.map(Member::seen).collect()
        });
        clients.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        clients
    }

    /// The client of this id, unless it was revoked.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Client> {
        self.member(id).filter(|member| member.client.revoked_at.is_none()).map(|member| member.seen())
    }

    fn member(&self, id: &str) -> Option<Member> {
        self.read(|known| known.clients.get(id).cloned())
    }

    fn read<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads everything anew from the catalog; traffic goes on where it was. Blocks.
    fn read_anew(&self) -> Result<(), Error> {
        let projects =
            self.store.projects()?.into_iter().map(|project| (project.name.clone(), project)).collect();
        let stored = self.store.clients()?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut known.clients);
        let member = |client: Client| {
            let traffic = before.remove(&client.id).map(|member| member.traffic);
            let traffic = traffic.unwrap_or_else(|| Arc::new(self.traffic_of(&client)));
            (client.id.clone(), Member { client, traffic })
        };
        let clients = stored.into_iter().map(member).collect();
        *known = Known { projects, clients };
        drop(known);
        self.changes.send_replace(());
        Ok(())
    }

    fn traffic_of(&self, client: &Client) -> Traffic {
        let used_at = client.last_used_at.map_or(0, |at| at.timestamp_micros());
        let meter = || Meter::new(self.limits.requests_per_minute, &self.clock);
        Traffic {
            used_at: AtomicI64::new(used_at),
            stored_at: AtomicI64::new(used_at),
            proven: meter(),
            browsers: meter(),
        }
    }

    /// Notes that a client is used now, and has it written, once a minute and beside the request.
    fn note_use(self: &Arc<Self>, traffic: &Traffic) {
        let now = self.clock.now().timestamp_micros();
        traffic.used_at.fetch_max(now, Ordering::Relaxed);
        let written_at = self.written_at.load(Ordering::Relaxed);
        // A clock that was set back would otherwise hold this up.
        if written_at != i64::MIN && now.abs_diff(written_at) < WRITTEN_EVERY_MICROS.unsigned_abs() {
            return;
        }
        let is_mine = self.written_at.compare_exchange(written_at, now, Ordering::Relaxed, Ordering::Relaxed);
        if let (Ok(_), Ok(runtime)) = (is_mine, tokio::runtime::Handle::try_current()) {
            let directory = Arc::clone(self);
            drop(runtime.spawn_blocking(move || directory.write_uses()));
        }
    }

    /// Writes when clients were last used, where that is not stored yet. Blocks.
    pub fn write_uses(&self) {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh: Vec<(String, i64, Arc<Traffic>)> = self.read(|known| {
            let members = known.clients.values();
            let fresh = members.filter_map(|Member { client, traffic }| {
                let used_at = traffic.used_at.load(Ordering::Relaxed);
                let is_fresh = used_at > traffic.stored_at.load(Ordering::Relaxed);
                is_fresh.then(|| (client.id.clone(), used_at, Arc::clone(traffic)))
            });
            fresh.collect()
        });
        if fresh.is_empty() {
            return;
        }
        let uses: Vec<(&str, i64)> = fresh.iter().map(|(id, at, _)| (id.as_str(), *at)).collect();
        match self.store.note_client_uses(&uses) {
            Ok(()) => {
                for (_, at, traffic) in &fresh {
                    traffic.stored_at.fetch_max(*at, Ordering::Relaxed);
                }
            }
            Err(error) => tracing::warn!(%error, "when clients were last used was not written"),
        }
    }

    /// Time that only goes forward.
    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

impl Member {
    /// The client with its last use, to the minute.
    fn seen(&self) -> Client {
        let used_at = self.traffic.used_at.load(Ordering::Relaxed);
        let minute = used_at - used_at.rem_euclid(WRITTEN_EVERY_MICROS);
        let last_used_at = (used_at > 0).then(|| DateTime::from_timestamp_micros(minute)).flatten();
        Client { last_used_at, ..self.client.clone() }
    }
}

/// A failure about an argument.
fn about(argument: &str, kind: crate::error::Kind, message: String) -> Failure {
    Failure { argument: Some(argument.to_owned()), ..Failure::new(kind, message) }
}
