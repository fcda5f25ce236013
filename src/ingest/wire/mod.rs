//! The OpenPanel wire: what an SDK posts to `/track`, read into [`Write`]s.
//!
//! A body is `{"type": …, "payload": {…}}`. Its shape is OpenPanel's, so any OpenPanel SDK works by changing its
//! `apiUrl`; where OpenPanel loses or bends data, we keep it. The quirks stand beside the fields they belong to:
//! `track` (events), `page` (`__path`, `__referrer`), `instant` (`__timestamp`), `profile` and `group`.
//!
//! For all types: an unknown key of the envelope or the payload is ignored (only `identify` keeps it, as a
//! trait), `null` for an optional field means that it is absent (but not for the named traits of `identify`,
//! where it would ask for a removal), and JSON types are kept: nothing is flattened or turned into text.

mod fields;
mod group;
mod instant;
mod page;
mod profile;
mod track;

#[cfg(test)]
mod tests;

use super::device;
use crate::domain::Invalid;
use crate::domain::identity::ProjectKey;
use crate::domain::limits::Limits;
use crate::domain::write::Write;
use chrono::{DateTime, Utc};
use fields::{Fields, wrong};
use serde_json::Value;
use std::cell::OnceCell;

/// What is known about whoever sent a body, besides the body.
#[derive(Clone)]
pub struct Sender {
    /// The project of the client that sent it.
    pub project: ProjectKey,
    /// When it was received, whole microseconds UTC.
    pub now: DateTime<Utc>,
    /// The public address it came from; see [`device::client_ip`].
    pub ip: Option<String>,
    /// The `user-agent` header.
    pub user_agent: Option<String>,
    /// The `origin` header.
    pub origin: Option<String>,
    /// The `openpanel-sdk-name` header.
    pub sdk_name: Option<String>,
    /// The `openpanel-sdk-version` header.
    pub sdk_version: Option<String>,
    /// Today's salt for device ids.
    pub salt: String,
    /// Yesterday's salt: a session that began under it goes on.
    pub previous_salt: Option<String>,
}

impl std::fmt::Debug for Sender {
    /// Leaves out address and salts: together they would undo the anonymity of device ids.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender")
            .field("project", &self.project)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// The id of the device the request came from, under today's salt and under yesterday's.
    #[must_use]
    pub fn devices(&self) -> (String, Option<String>) {
        let device = Device::of(self);
        (device.id, device.previous_id)
    }
}

/// A body that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// What to store, in order: the operation itself, then what it implies. Empty: there is nothing to store.
    pub writes: Vec<Write>,
    /// The device's id under today's salt, or the one the event gave; for the answer.
    pub device_id: String,
    /// The device's id under yesterday's salt. `None` for a device id that the event gave.
    pub previous_device_id: Option<String>,
}

/// Reads the bodies of one request. What the sender alone decides is found out once.
#[derive(Debug)]
pub struct Decoder<'a> {
    sender: &'a Sender,
    limits: &'a Limits,
    device: OnceCell<(Device, bool)>,
}

impl<'a> Decoder<'a> {
    /// For what this sender sent, within these limits.
    #[must_use]
    pub fn new(sender: &'a Sender, limits: &'a Limits) -> Self {
        Self { sender, limits, device: OnceCell::new() }
    }

    /// Reads one body. The field of an error is a path from the body (`payload.groups[2]`), empty for the body itself.
    pub fn decode(&self, body: Value) -> Result<Decoded, Invalid> {
        let Value::Object(mut envelope) = body else {
            return Err(wrong("", "an object with \"type\" and \"payload\"", Some(&body)));
        };
        let kind = match envelope.remove("type") {
            Some(Value::String(kind)) => kind,
            other => {
                let expected = "one of the strings track, identify, group, assign_group, …";
                return Err(wrong("type", expected, other.as_ref()));
            }
        };
        // Nobody can be two people here: one profile has one id. Refused before the payload is looked at.
        if kind == "alias" {
            let reason = "Alias is not supported; identify with the id you want to keep";
            return Err(Invalid::new("type", reason));
        }
        let mut map = match envelope.remove("payload") {
            Some(Value::Object(map)) => map,
            other => return Err(wrong("payload", "an object", other.as_ref())),
        };
        let (device, is_server) = self.device.get_or_init(|| self.whence()).clone();
        if kind == "track" {
            // Taken, not copied: most of what is sent is in there.
            let properties = map.remove("properties");
            let payload = Fields::new("payload", &map, self.limits);
            return track::decode(&payload, properties, self.sender, (device, is_server));
        }
        let payload = Fields::new("payload", &map, self.limits);
        let writes = match kind.as_str() {
            "identify" => vec![profile::identify(&payload)?],
            "increment" => vec![profile::increment(&payload, 1.0)?],
            "decrement" => vec![profile::increment(&payload, -1.0)?],
            "group" => vec![group::upsert(&payload)?],
            "assign_group" => group::assign(&payload, &device.id)?.into_iter().collect(),
            // Session recordings are accepted so that the SDK does not send them again, and not stored.
            "replay" => Vec::new(),
            _ => {
                let known = "track, identify, increment, decrement, group, assign_group or replay";
                return Err(Invalid::new("type", format!("is not known; give {known}")));
            }
        };
        Ok(device.decoded(writes))
    }

    /// The device the request came from, and whether a server sent it.
    fn whence(&self) -> (Device, bool) {
        let is_server = device::is_server_user_agent(self.sender.user_agent.as_deref());
        (Device::of(self.sender), is_server)
    }
}

/// The device a body comes from.
#[derive(Debug, Clone)]
struct Device {
    id: String,
    previous_id: Option<String>,
    /// Whether the body names the device itself, instead of its id being derived from the request.
    is_given: bool,
}

impl Device {
    fn of(sender: &Sender) -> Self {
        Self::at(sender, sender.ip.as_deref())
    }

    /// The device of a request that came from this address.
    fn at(sender: &Sender, ip: Option<&str>) -> Self {
        let under = |salt: &str| device::device_id(sender.user_agent.as_deref(), ip, sender.project, salt);
        Self {
            id: under(&sender.salt),
            previous_id: sender.previous_salt.as_deref().map(under),
            is_given: false,
        }
    }

    fn decoded(self, writes: Vec<Write>) -> Decoded {
        Decoded { writes, device_id: self.id, previous_device_id: self.previous_id }
    }
}
