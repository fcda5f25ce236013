//! What an event means: duplicate or new, its groups, its session, its keys.

use super::Batch;
use crate::domain::event::{Event, NewEvent, Outcome, distinct};
use crate::domain::identity::ProjectKey;
use crate::domain::write::Written;
use crate::store::facts::{EventKeys, EventRow};
use crate::store::{Error, KeyKind};
use std::sync::Arc;

impl Batch<'_> {
    fn event_keys(&mut self, project: ProjectKey, event: &Event) -> Result<EventKeys, Error> {
        let user = match (&event.profile_id, &event.device_id) {
            (Some(profile), _) => Some((KeyKind::Profile, profile)),
            (None, Some(device)) => Some((KeyKind::Device, device)),
            (None, None) => None,
        };
        let groups: Result<_, Error> =
            event.groups.iter().map(|group| self.key(project, KeyKind::Group, group)).collect();
        Ok(EventKeys {
            groups: groups?,
            name: self.key(project, KeyKind::Name, &event.name)?,
            user: user.map(|(kind, id)| self.key(project, kind, id)).transpose()?,
            path: event.path.as_ref().map(|path| self.key(project, KeyKind::Path, path)).transpose()?,
        })
    }

    pub(super) fn track(&mut self, project: ProjectKey, new: NewEvent) -> Result<Written, Error> {
        let NewEvent { mut event, attach_memberships, session } = new;
        if !self.appender.is_new(project, &event.id, &mut self.event_ids)? {
            return Ok(Written::Event { outcome: Outcome::Duplicate, event: Arc::new(event) });
        }
        if attach_memberships {
            self.attach(project, &mut event);
        }
        self.sessions.assign(project, &mut event, &session);
        let keys = self.event_keys(project, &event)?;
        let (seq, event) = (self.appender.next_seq(), Arc::new(event));
        self.facts.events.push(EventRow { project, seq, event: Arc::clone(&event), keys });
        Ok(Written::Event { outcome: Outcome::Accepted, event })
    }

    /// Adds the profile's memberships at the event's time behind the groups it was sent with.
    fn attach(&self, project: ProjectKey, event: &mut Event) {
        let Some(profile) = &event.profile_id else { return };
        let Some(memberships) = self.memberships.get(&(project, profile.clone())) else { return };
        let at = event.occurred_at;
        let holding =
            memberships.iter().filter(|m| m.joined_at <= at && m.left_at.is_none_or(|left| at < left));
        let groups = event.groups.drain(..).chain(holding.map(|m| m.group_id.clone())).collect();
        event.groups = distinct(groups);
    }
}
