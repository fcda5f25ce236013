//! `group` and `assign_group`: what groups are, and who is in them.

use super::fields::Fields;
use crate::domain::Invalid;
use crate::domain::identity::GroupPatch;
use crate::domain::write::Write;

/// Reads a `group`: `id`, `type` and `name` are required texts.
///
/// `properties` are a JSON Merge Patch. OpenPanel removes a top-level key for `null` and for `""`; here `null`
/// removes at every level and `""` is an empty text that stays. The change takes effect when it is received; a
/// `__timestamp` among the properties is a property like any other.
pub(super) fn upsert(payload: &Fields) -> Result<Write, Invalid> {
    let name = payload.text("name")?.to_owned();
    payload.limits.check_group_name(&payload.path("name"), &name)?;
    Ok(Write::UpsertGroup(GroupPatch {
        id: payload.text_id("id")?,
        group_type: payload.text_id("type")?,
        name,
        properties: payload.properties("properties")?,
        effective_at: None,
    }))
}

/// Reads an `assign_group`. An empty list is allowed and changes nothing: `None`.
///
/// Without `profileId` the device becomes the profile, as it does for OpenPanel. `0` is the profile `"0"`.
pub(super) fn assign(payload: &Fields, device_id: &str) -> Result<Option<Write>, Invalid> {
    let group_ids = payload.ids("groupIds")?;
    let profile_id = payload.optional_id("profileId")?.unwrap_or_else(|| device_id.to_owned());
    let join = Write::JoinGroups { profile_id, group_ids, joined_at: None };
    Ok(Some(join).filter(|join| !matches!(join, Write::JoinGroups { group_ids, .. } if group_ids.is_empty())))
}
