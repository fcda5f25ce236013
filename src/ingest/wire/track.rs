//! `track`: something happened.
//!
//! Among an event's properties some names are instructions. What becomes of them:
//!
//! | name | meaning | afterwards |
//! |---|---|---|
//! | `__timestamp` | when it happened, see `instant` | removed |
//! | `__path`, `__referrer` (`path`, `referrer`) | the page, see `page` | see there |
//! | `__revenue` | revenue of an event named `revenue`: an integer from 0, in minor units | removed; stays on others |
//! | `__ip` | the address that the device id is derived from | stays |
//! | `__deviceId` | the device's id: trimmed, 1 to 64 characters, otherwise no instruction | stays |
//! | `__identify` | an object: its `profileId` becomes the event's, its other keys describe the profile | stays |
//! | `__sdkName`, `__sdkVersion` | set by us from the request's headers, unless sent | – |
//!
//! All others, also `__os`, `__title` or `__bot`, are properties like any other.

use super::fields::{Fields, id_text, wrong};
use super::instant::{self, Moment};
use super::{Decoded, Device, Sender, page, profile};
use crate::domain::Invalid;
use crate::domain::accept::check_revenue;
use crate::domain::event::{Event, NewEvent, Properties, SessionRule};
use crate::domain::time::new_id;
use crate::domain::write::Write;
use serde_json::Value;

/// Names that stand for what sessions do by themselves.
const RESERVED_NAMES: [&str; 2] = ["session_start", "session_end"];

/// Characters of a `__deviceId`, at most.
const DEVICE_ID_CHARS: usize = 64;

/// Reads a `track`, its properties apart from its other fields.
///
/// - `name`: 1 to 80 characters on one line; `session_start` and `session_end` are refused.
/// - `groups`: an array of strings or `null`; repeats are dropped. Over this wire an event belongs to exactly
///   the groups it was sent with: the SDK remembers groups by itself.
/// - `profileId`: a string or a number; the number `0` stands for nobody.
/// - `id` (ours): a string or a number; the same id twice is one event. Without it every event is a new one.
pub(super) fn decode(
    payload: &Fields,
    properties: Option<Value>,
    sender: &Sender,
    (device, is_server): (Device, bool),
) -> Result<Decoded, Invalid> {
    let name = payload.text("name")?;
    payload.limits.check_event_name("name", name).map_err(|invalid| payload.here(invalid))?;
    if RESERVED_NAMES.contains(&name) {
        return Err(Invalid::new(
            payload.path("name"),
            format!("is \"{name}\", which is reserved; choose another"),
        ));
    }
    let mut properties = payload.taken_properties("properties", properties)?;
    let is_nobody = |id: &Value| id.as_f64().is_some_and(|number| number == 0.0);
    let profile_id = match payload.get("profileId") {
        Some(id) if is_nobody(id) => None,
        _ => payload.optional_id("profileId")?,
    };
    let groups = payload.get("groups").map(|_| payload.ids("groups")).transpose()?.unwrap_or_default();
    let id = payload.optional_id("id")?.unwrap_or_else(new_id);

    let revenue = if name == "revenue" { take_revenue(payload, &mut properties)? } else { None };
    let moment = instant::settle(properties.shift_remove("__timestamp").as_ref(), sender.now);
    let path = page::settle(&mut properties, sender.origin.as_deref());
    let device = device_of(&properties, sender, device);
    let (profile_id, identify) = identity_of(payload, &properties, profile_id)?;
    describe_sdk(&mut properties, sender);

    let (device_id, session) = belonging(moment, &device, is_server);
    let event = Event {
        id,
        name: name.to_owned(),
        profile_id,
        device_id,
        session_id: None,
        groups,
        path,
        properties,
        revenue,
        occurred_at: moment.at,
        received_at: sender.now,
    };
    let mut writes = vec![Write::Track(Box::new(NewEvent { event, attach_memberships: false, session }))];
    writes.extend(identify);
    Ok(device.decoded(writes))
}

/// The device the event is stored with, and how it gets its session.
///
/// What happened in the past and what a server reports did not happen on the device that the request came from,
/// so only a device id that was given counts. A past event has no session.
fn belonging(moment: Moment, device: &Device, is_server: bool) -> (Option<String>, SessionRule) {
    let given = device.is_given.then(|| device.id.clone());
    if moment.is_past {
        (given, SessionRule::AsGiven)
    } else if is_server {
        (given, SessionRule::Borrow)
    } else {
        let previous_device_id = device.previous_id.clone();
        (Some(device.id.clone()), SessionRule::Live { previous_device_id })
    }
}

fn device_of(properties: &Properties, sender: &Sender, derived: Device) -> Device {
    let given = properties.get("__deviceId").and_then(Value::as_str).map(str::trim).filter(|id| {
        (1..=DEVICE_ID_CHARS).contains(&id.chars().count()) && !id.chars().any(char::is_control)
    });
    if let Some(id) = given {
        return Device { id: id.to_owned(), previous_id: None, is_given: true };
    }
    match properties.get("__ip").and_then(Value::as_str).map(str::trim) {
        Some(ip) if !ip.is_empty() => Device::at(sender, Some(ip)),
        _ => derived,
    }
}

/// Takes the revenue out of the properties of an event named `revenue`.
fn take_revenue(payload: &Fields, properties: &mut Properties) -> Result<Option<i64>, Invalid> {
    let field = || payload.path("properties.__revenue");
    match properties.shift_remove("__revenue") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            let whole = number.as_i64().or_else(|| number.as_f64().and_then(whole));
            let amount = whole.ok_or_else(|| {
                Invalid::new(field(), format!("is {number}; give an integer from 0, in cents or the like"))
            })?;
            check_revenue(&field(), amount)?;
            Ok(Some(amount))
        }
        other => Err(wrong(field(), "an integer from 0", other.as_ref())),
    }
}

/// A float without a fraction as an integer; JavaScript may write 12 as `1.2e1`.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the value is whole and below 2^53")]
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// Who did it, and what `__identify` says about them.
///
/// OpenPanel does not check `__identify`, and neither does an event fail here for what it says about a profile:
/// a `profileId` that is none is passed over, and traits of the wrong type become properties of the profile.
fn identity_of(
    payload: &Fields,
    properties: &Properties,
    profile_id: Option<String>,
) -> Result<(Option<String>, Option<Write>), Invalid> {
    let Some(Value::Object(traits)) = properties.get("__identify") else { return Ok((profile_id, None)) };
    let own = traits.get("profileId").and_then(id_text).filter(|id| !id.is_empty());
    if let Some(own) = &own {
        payload.limits.check_id(&payload.path("properties.__identify.profileId"), own)?;
    }
    let profile_id = own.or(profile_id);
    let says_more = traits.keys().any(|key| key != "profileId");
    let identify = profile_id.clone().filter(|_| says_more);
    let identify = identify.map(|id| Write::Identify(profile::patch_of(id, traits)));
    Ok((profile_id, identify))
}

/// Notes which SDK sent the event.
fn describe_sdk(properties: &mut Properties, sender: &Sender) {
    for (key, value) in [("__sdkName", &sender.sdk_name), ("__sdkVersion", &sender.sdk_version)] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            properties.entry(key).or_insert_with(|| Value::String(value.clone()));
        }
    }
}
