//! `identify`: create a profile or merge into it.

use super::context::ContextExt;
use super::inputs::{check_properties, refuse_unreadable, unexpected_answer};
use super::profile::Profile;
use crate::analytics::scalars::Json;
use crate::domain::Invalid;
use crate::domain::accept::check_email;
use crate::domain::identity::ProfilePatch;
use crate::domain::limits::Limits;
use crate::domain::write::{Write, Written};
use crate::error::Failure;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// What is known of a user. Fields that are left out stay as they are.
#[derive(Debug, Clone, InputObject)]
pub struct IdentifyInput {
    /// The id your system gives the user.
    pub profile_id: ID,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, merged into those there are (JSON Merge Patch): objects merge, null removes, anything else replaces.
    pub properties: Option<Json>,
}

/// What became of an `identify`.
#[derive(Debug, Clone, SimpleObject)]
pub struct IdentifyPayload {
    /// The profile as it is now.
    pub profile: Profile,
}

/// Changes of profiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfileMutation;

#[Object]
impl ProfileMutation {
    /// Creates a profile, or merges what is given into it.
    async fn identify(&self, ctx: &Context<'_>, input: IdentifyInput) -> Result<IdentifyPayload, Failure> {
        refuse_unreadable(ctx, "profile", &[])?;
        let caller = ctx.caller()?;
        let patch = parse(input, caller.limits()).map_err(|invalid| invalid.within("input"))?;
        match caller.write(vec![Write::Identify(patch)]).await?.pop() {
            Some(Written::Profile(profile)) => Ok(IdentifyPayload { profile: profile.into() }),
            Some(Written::Refused { invalid, .. }) => Err(invalid.within("input").into()),
            _ => Err(unexpected_answer()),
        }
    }
}

fn parse(input: IdentifyInput, limits: &Limits) -> Result<ProfilePatch, Invalid> {
    limits.check_id("profileId", &input.profile_id)?;
    for (field, text) in [("firstName", &input.first_name), ("lastName", &input.last_name)] {
        text.as_deref().map_or(Ok(()), |text| limits.check_text(field, text))?;
    }
    input.email.as_deref().map_or(Ok(()), |email| check_email("email", email))?;
    input.avatar.as_deref().map_or(Ok(()), |avatar| limits.check_avatar("avatar", avatar))?;
    Ok(ProfilePatch {
        id: input.profile_id.0,
        first_name: input.first_name,
        last_name: input.last_name,
        email: input.email,
        avatar: input.avatar,
        properties: check_properties("properties", input.properties, limits)?,
    })
}
