//! Sessions: 30 minutes of inactivity of a device, by event time, end one.
//!
//! Which session an event belongs to is fixed when it arrives. Only events that happen about now take part;
//! what is known here is small, kept in memory, and rebuilt from recent events at start.

use super::device;
use crate::domain::event::{Event, SessionRule};
use crate::domain::identity::ProjectKey;
use crate::store::RecentSession;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

/// A device's live session.
#[derive(Debug, Clone)]
struct Live {
    session_id: String,
    last_at: DateTime<Utc>,
}

/// The live sessions of all devices, and the device each profile was last seen on.
#[derive(Debug, Default)]
pub struct Sessions {
    by_device: HashMap<(ProjectKey, String), Live>,
    device_of: HashMap<(ProjectKey, String), String>,
    /// How many devices are remembered before ended sessions are forgotten.
    tidy_at: usize,
}

/// Inactivity that ends a session.
fn timeout() -> Duration {
    Duration::minutes(30)
}

impl Sessions {
    /// Gives the event its session, and its device where the rule borrows one.
    pub fn assign(&mut self, project: ProjectKey, event: &mut Event, rule: &SessionRule) {
        match rule {
            SessionRule::AsGiven => {}
            SessionRule::Live { previous_device_id } => {
                self.live(project, event, previous_device_id.as_deref());
            }
            SessionRule::Borrow => self.borrow(project, event),
        }
    }

    /// The sessions that were live when the process began, from the last minutes' events, the latest last.
    #[must_use]
    pub fn recalled(recent: Vec<RecentSession>) -> Self {
        let mut sessions = Self::default();
        for RecentSession { project, device_id, session_id, profile_id, last_at } in recent {
            if let Some(profile) = profile_id {
                sessions.device_of.insert((project, profile), device_id.clone());
            }
            sessions.by_device.insert((project, device_id), Live { session_id, last_at });
        }
        sessions
    }

    /// The live session of a device at an instant.
    #[must_use]
    pub fn find(&self, project: ProjectKey, device: &str, at: DateTime<Utc>) -> Option<&str> {
        let live = self.by_device.get(&(project, device.to_owned()))?;
        ((at - live.last_at).abs() < timeout()).then_some(live.session_id.as_str())
    }

    /// Forgets a profile and the session of the device it was last seen on.
    pub fn erase(&mut self, project: ProjectKey, profile: &str) {
        if let Some(device) = self.device_of.remove(&(project, profile.to_owned())) {
            self.by_device.remove(&(project, device));
        }
    }

    fn live(&mut self, project: ProjectKey, event: &mut Event, previous: Option<&str>) {
        let at = event.occurred_at;
        let Some(mut device) = event.device_id.clone() else { return };
        if let Some(previous) = previous
            && self.find(project, &device, at).is_none()
            && self.find(project, previous, at).is_some()
        {
            // The salt changed at midnight in the middle of a session: the device keeps its name until the end.
            previous.clone_into(&mut device);
        }
        let session = match self.find(project, &device, at) {
            Some(session) => session.to_owned(),
            None => device::session_id(project, &device, at),
        };
        let key = (project, device.clone());
        let last_at = self.by_device.get(&key).map_or(at, |live| live.last_at.max(at));
        self.by_device.insert(key, Live { session_id: session.clone(), last_at });
        if let Some(profile) = &event.profile_id {
            self.device_of.insert((project, profile.clone()), device.clone());
        }
        event.device_id = Some(device);
        event.session_id = Some(session);
        self.forget(at);
    }

    fn borrow(&self, project: ProjectKey, event: &mut Event) {
        let profile = event.profile_id.as_ref().map(|profile| (project, profile.clone()));
        let device = event.device_id.as_ref().or_else(|| profile.and_then(|key| self.device_of.get(&key)));
        let Some(device) = device.cloned() else { return };
        if let Some(session) = self.find(project, &device, event.occurred_at) {
            event.session_id = Some(session.to_owned());
            event.device_id = Some(device);
        }
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        if self.by_device.len() < self.tidy_at.max(10_000) {
            return;
        }
        self.by_device.retain(|_, live| now - live.last_at < timeout() * 2);
        let by_device = &self.by_device;
        self.device_of.retain(|(project, _), device| by_device.contains_key(&(*project, device.clone())));
        self.tidy_at = self.by_device.len() * 2;
    }
}
