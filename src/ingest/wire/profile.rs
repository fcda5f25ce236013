//! `identify`, `increment` and `decrement`: what is known about a profile.

use super::fields::{Fields, wrong};
use crate::domain::Invalid;
use crate::domain::accept::{check_email, is_email, is_url};
use crate::domain::event::Properties;
use crate::domain::identity::ProfilePatch;
use crate::domain::write::Write;
use serde_json::Value;

/// Reads an `identify`: `profileId` is required, a string or a number (`0` is the profile `"0"`).
///
/// `firstName`, `lastName`, `email` and `avatar` must be strings if they are there, an e-mail address and a URL
/// the latter two. OpenPanel loses other keys beside them (`company`); here they are traits like those in
/// `properties`, which win where both name a key. `properties` are a JSON Merge Patch: `null` removes.
pub(super) fn identify(payload: &Fields) -> Result<Write, Invalid> {
    let id = payload.id("profileId")?;
    for name in ["firstName", "lastName", "email", "avatar"] {
        if !payload.map().contains_key(name) {
            continue;
        }
        let text = payload.text(name)?;
        match name {
            "email" => check_email(&payload.path(name), text)?,
            "avatar" => payload.limits.check_avatar(&payload.path(name), text)?,
            _ => {}
        }
    }
    // Looked at alone first, so that a complaint names the right place.
    drop(payload.properties("properties")?);
    let patch = patch_of(id, payload.map());
    payload.limits.check_properties("payload", &patch.properties)?;
    Ok(Write::Identify(patch))
}

/// The patch that an object of traits makes. What cannot be a named trait (a number for a name, an e-mail
/// address that is none) is kept as a property of that name: nothing is refused and nothing is lost.
pub(super) fn patch_of(id: String, traits: &Properties) -> ProfilePatch {
    let mut patch = ProfilePatch { id, ..ProfilePatch::default() };
    for (key, value) in traits {
        match (key.as_str(), value) {
            ("profileId", _) | ("properties", Value::Object(_) | Value::Null) => {}
            ("firstName", Value::String(text)) => patch.first_name = Some(text.clone()),
            ("lastName", Value::String(text)) => patch.last_name = Some(text.clone()),
            ("email", Value::String(text)) if is_email(text) => patch.email = Some(text.clone()),
            ("avatar", Value::String(text)) if is_url(text) => patch.avatar = Some(text.clone()),
            _ => drop(patch.properties.insert(key.clone(), value.clone())),
        }
    }
    if let Some(Value::Object(own)) = traits.get("properties") {
        patch.properties.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    patch
}

/// Reads an `increment` (`sign` 1) or a `decrement` (`sign` -1) of a property, a dotted path.
///
/// `value` is a number above 0, 1 if it is absent. Fractions are kept; OpenPanel cuts them off.
pub(super) fn increment(payload: &Fields, sign: f64) -> Result<Write, Invalid> {
    let profile_id = payload.id("profileId")?;
    let property = payload.text_id("property")?;
    let (levels, most) = (property.split('.').count(), payload.limits.properties_levels);
    if levels > most {
        let reason = format!("leads {levels} levels deep; {most} at most are allowed");
        return Err(Invalid::new(payload.path("property"), reason));
    }
    let by = match payload.get("value") {
        None => 1.0,
        Some(Value::Number(number)) => number.as_f64().filter(|by| *by > 0.0).ok_or_else(|| {
            Invalid::new(
                payload.path("value"),
                "is not above 0; to take away send decrement with what to take",
            )
        })?,
        other => return Err(wrong(payload.path("value"), "a number above 0", other)),
    };
    Ok(Write::Increment { profile_id, property, by: sign * by })
}
