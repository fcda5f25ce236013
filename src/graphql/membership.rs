//! `setGroup`, `setGroups` and `leaveGroups`: which groups a profile belongs to.

use super::context::ContextExt;
use super::inputs::{check_time, refuse_unreadable, unexpected_answer};
use super::profile::Profile;
use crate::analytics::scalars::DateTime;
use crate::domain::write::{Write, Written};
use crate::error::{Failure, Kind};
use async_graphql::{Context, ID, InputObject, Object};

/// A profile and a group it joins.
#[derive(Debug, Clone, InputObject)]
pub struct SetGroupInput {
    /// Who joins. It need not be identified.
    pub profile_id: ID,
    /// The group joined. It need not be upserted.
    pub group_id: ID,
    /// Since when; now unless given. Not more than 24 hours ahead.
    pub joined_at: Option<DateTime>,
}

/// A profile and the groups it joins.
#[derive(Debug, Clone, InputObject)]
pub struct SetGroupsInput {
    /// Who joins. It need not be identified.
    pub profile_id: ID,
    /// The groups joined, 100 at most. They need not be upserted.
    pub group_ids: Vec<ID>,
    /// Since when; now unless given. Not more than 24 hours ahead.
    pub joined_at: Option<DateTime>,
}

/// A profile and the groups it leaves.
#[derive(Debug, Clone, InputObject)]
pub struct LeaveGroupsInput {
    /// Who leaves.
    pub profile_id: ID,
    /// The groups left, 100 at most. Those it is not in are passed over.
    pub group_ids: Vec<ID>,
    /// Since when; now unless given. Not before it joined, not more than 24 hours ahead.
    pub left_at: Option<DateTime>,
}

/// What became of a change of memberships.
#[derive(Debug, Clone)]
pub struct MembershipPayload {
    profile_id: String,
}

/// What became of a change of memberships.
#[Object]
impl MembershipPayload {
    /// The profile, with its memberships as they are now.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>, Failure> {
        Profile::selected(ctx, &self.profile_id).await.map(Some)
    }
}

/// Changes of memberships.
#[derive(Debug, Clone, Copy, Default)]
pub struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Adds a profile to a group. Nothing changes when it is in the group already. Events stay as they are.
    async fn set_group(&self, ctx: &Context<'_>, input: SetGroupInput) -> Result<MembershipPayload, Failure> {
        ctx.caller()?.limits().check_id("input.groupId", &input.group_id)?;
        join(ctx, input.profile_id, vec![input.group_id], input.joined_at).await
    }

    /// Adds a profile to groups. Those it is in already stay as they are, and so do those that are not listed.
    async fn set_groups(
        &self,
        ctx: &Context<'_>,
        input: SetGroupsInput,
    ) -> Result<MembershipPayload, Failure> {
        join(ctx, input.profile_id, input.group_ids, input.joined_at).await
    }

    /// Ends a profile's memberships in groups. Their history is kept, and events stay as they are.
    async fn leave_groups(
        &self,
        ctx: &Context<'_>,
        input: LeaveGroupsInput,
    ) -> Result<MembershipPayload, Failure> {
        let caller = ctx.caller()?;
        let (profile_id, group_ids) = checked(ctx, input.profile_id, input.group_ids)?;
        let left_at = check_time("input.leftAt", input.left_at, caller.began())?;
        write(ctx, profile_id.clone(), Write::LeaveGroups { profile_id, group_ids, left_at }).await
    }
}

async fn join(
    ctx: &Context<'_>,
    profile_id: ID,
    group_ids: Vec<ID>,
    joined_at: Option<DateTime>,
) -> Result<MembershipPayload, Failure> {
    let joined_at = check_time("input.joinedAt", joined_at, ctx.caller()?.began())?;
    let (profile_id, group_ids) = checked(ctx, profile_id, group_ids)?;
    write(ctx, profile_id.clone(), Write::JoinGroups { profile_id, group_ids, joined_at }).await
}

/// The ids as texts, checked.
fn checked(ctx: &Context<'_>, profile_id: ID, group_ids: Vec<ID>) -> Result<(String, Vec<String>), Failure> {
    let limits = ctx.caller()?.limits();
    limits.check_id("input.profileId", &profile_id)?;
    let group_ids: Vec<String> = group_ids.into_iter().map(|id| id.0).collect();
    Ok((profile_id.0, limits.check_groups("input.groupIds", group_ids)?))
}

async fn write(ctx: &Context<'_>, profile_id: String, write: Write) -> Result<MembershipPayload, Failure> {
    refuse_unreadable(ctx, "profile", &[])?;
    match ctx.caller()?.write(vec![write]).await?.pop() {
        Some(Written::Memberships) => Ok(MembershipPayload { profile_id }),
        Some(Written::Refused { missing: true, invalid }) => {
            Err(Failure { kind: Kind::NotFound, ..Failure::from(invalid.within("input")) })
        }
        Some(Written::Refused { missing: false, invalid }) => Err(invalid.within("input").into()),
        _ => Err(unexpected_answer()),
    }
}
