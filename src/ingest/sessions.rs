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

impl Live {
    /// Whether it is live at an instant.
    fn is_at(&self, at: DateTime<Utc>) -> bool {
        (at - self.last_at).abs() < timeout()
    }
}

/// The live sessions of all devices, and the device each profile was last seen on.
#[derive(Debug, Default)]
pub struct Sessions {
    by_device: HashMap<ProjectKey, HashMap<String, Live>>,
    device_of: HashMap<ProjectKey, HashMap<String, String>>,
    /// How many devices there are.
    devices: usize,
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
                sessions.device_of.entry(project).or_default().insert(profile, device_id.clone());
            }
            sessions.remember(project, device_id, Live { session_id, last_at });
        }
        sessions
    }

    /// The live session of a device at an instant.
    #[must_use]
    pub fn find(&self, project: ProjectKey, device: &str, at: DateTime<Utc>) -> Option<&str> {
        let live = self.by_device.get(&project)?.get(device)?;
        live.is_at(at).then_some(live.session_id.as_str())
    }

    /// Forgets a profile and the session of the device it was last seen on.
    pub fn erase(&mut self, project: ProjectKey, profile: &str) {
        let device = self.device_of.get_mut(&project).and_then(|of| of.remove(profile));
        let devices = self.by_device.get_mut(&project);
        if let (Some(device), Some(devices)) = (device, devices) {
            self.devices -= usize::from(devices.remove(&device).is_some());
        }
    }

    fn remember(&mut self, project: ProjectKey, device: String, live: Live) {
        let before = self.by_device.entry(project).or_default().insert(device, live);
        self.devices += usize::from(before.is_none());
    }

    fn live(&mut self, project: ProjectKey, event: &mut Event, previous: Option<&str>) {
        let at = event.occurred_at;
        let Some(mut device) = event.device_id.take() else { return };
        if let Some(previous) = previous
            && self.find(project, &device, at).is_none()
            && self.find(project, previous, at).is_some()
        {
            // The salt changed at midnight in the middle of a session: the device keeps its name until the end.
            previous.clone_into(&mut device);
        }
        let known = self.by_device.get_mut(&project).and_then(|devices| devices.get_mut(&device));
        let session_id = if let Some(live) = known {
            if !live.is_at(at) {
                live.session_id = device::session_id(project, &device, at);
            }
            live.last_at = live.last_at.max(at);
            live.session_id.clone()
        } else {
            let session_id = device::session_id(project, &device, at);
            self.remember(project, device.clone(), Live { session_id: session_id.clone(), last_at: at });
            session_id
        };
        if let Some(profile) = &event.profile_id {
            let device_of = self.device_of.entry(project).or_default();
            match device_of.get_mut(profile) {
                Some(known) if *known == device => {}
                Some(known) => known.clone_from(&device),
                None => drop(device_of.insert(profile.clone(), device.clone())),
            }
        }
        event.device_id = Some(device);
        event.session_id = Some(session_id);
        self.forget(at);
    }

    fn borrow(&self, project: ProjectKey, event: &mut Event) {
        let of = |profile: &String| self.device_of.get(&project)?.get(profile);
        let device = event.device_id.as_ref().or_else(|| event.profile_id.as_ref().and_then(of));
        let Some(device) = device.cloned() else { return };
        if let Some(session) = self.find(project, &device, event.occurred_at) {
            event.session_id = Some(session.to_owned());
            event.device_id = Some(device);
        }
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        if self.devices < self.tidy_at.max(10_000) {
            return;
        }
        self.devices = 0;
        self.by_device.retain(|_, devices| {
            devices.retain(|_, live| now - live.last_at < timeout() * 2);
            self.devices += devices.len();
            !devices.is_empty()
        });
        let by_device = &self.by_device;
        self.device_of.retain(|project, of| {
            let devices = by_device.get(project);
            of.retain(|_, device| devices.is_some_and(|devices| devices.contains_key(device)));
            !of.is_empty()
        });
        self.tidy_at = self.devices * 2;
    }
}
