//! Profiles: identified users, and what can be asked of one.
//!
//! A node holds what was identified of it. Everything else is asked through the loaders, so a page of profiles
//! costs one statement for each kind of question.

use super::context::ContextExt;
use super::event::{Event, EventConnection};
use super::group::{Group, GroupConnection};
use super::page::{PageSpec, connection, encode_cursor};
use super::people_loader::{EventsOf, MembershipsOf, OwnMembership, ProfileOf, SeenOf};
use crate::analytics::count::int;
use crate::analytics::scalars::{DateTime, Json};
use crate::domain::{Invalid, identity};
use crate::error::Failure;
use async_graphql::{ComplexObject, Context, ID, SimpleObject};

/// An identified user.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Profile {
    /// The id your system gave the user.
    #[graphql(skip)]
    pub id: String,
    /// Given name. Null when it was never identified with one.
    pub first_name: Option<String>,
    /// Family name. Null when it was never identified with one.
    pub last_name: Option<String>,
    /// E-mail address. Null when it was never identified with one.
    pub email: Option<String>,
    /// URL of a picture. Null when it was never identified with one.
    pub avatar: Option<String>,
    /// Traits, a JSON object.
    #[graphql(skip)]
    pub properties: serde_json::Value,
}

connection!(ProfileConnection, ProfileEdge, Profile, "profiles");

/// A profile's time in a group.
#[derive(Debug, Clone, SimpleObject)]
pub struct Membership {
    /// The group.
    pub group: Group,
    /// Since when the profile belongs to the group.
    pub joined_at: DateTime,
    /// Until when; null while the membership is open.
    pub left_at: Option<DateTime>,
}

connection!(MembershipConnection, MembershipEdge, Membership, "memberships");

impl Profile {
    /// A profile of which nothing but the id is known.
    #[must_use]
    pub fn unidentified(id: String) -> Self {
        let properties = serde_json::json!({});
        Self { id, first_name: None, last_name: None, email: None, avatar: None, properties }
    }

    /// The profile with an id, as the field being answered needs it: where only the id and what hangs on it is
    /// selected, nothing is read.
    pub async fn selected(ctx: &Context<'_>, id: &str) -> Result<Self, Failure> {
        let selection = ctx.look_ahead();
        let fields = ["firstName", "lastName", "email", "avatar", "properties"];
        let known = if fields.iter().any(|field| selection.field(field).exists()) {
            ctx.loaders()?.one(ProfileOf(id.to_owned())).await?
        } else {
            None
        };
        Ok(known.unwrap_or_else(|| Self::unidentified(id.to_owned())))
    }
}

impl From<identity::Profile> for Profile {
    fn from(profile: identity::Profile) -> Self {
        Self {
            id: profile.id,
            first_name: profile.first_name,
            last_name: profile.last_name,
            email: profile.email,
            avatar: profile.avatar,
            properties: serde_json::Value::Object(profile.properties),
        }
    }
}

#[ComplexObject]
impl Profile {
    /// The id your system gave the user.
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// Traits as they are now, types kept; an empty object when it was never identified.
    async fn properties(&self) -> Json {
        Json(self.properties.clone())
    }

    /// When its first event happened, by the event's own time. Null without events.
    async fn first_seen_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        let seen = ctx.loaders()?.one(SeenOf(self.id.clone())).await?;
        Ok(seen.map(|seen| DateTime(seen.first_at)))
    }

    /// When its last event happened, by the event's own time. Null without events.
    async fn last_seen_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        let seen = ctx.loaders()?.one(SeenOf(self.id.clone())).await?;
        Ok(seen.map(|seen| DateTime(seen.last_at)))
    }

    /// The groups it belongs to now, in the order in which it joined them. Ids that were never upserted are
    /// listed, deleted groups are not.
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)", desc = "How many groups, 1 to 1000.")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(desc = "Only groups of this type.")] r#type: Option<String>,
    ) -> Result<Option<GroupConnection>, Failure> {
        let page = PageSpec::parse(first.unwrap_or(50), after.as_deref(), 2, ctx.caller()?.limits())?;
        ctx.loaders()?.budget().charge("groups", "first", page.first)?;
        let behind = page.after.as_deref().map(group_keys).transpose()?;
        let all = ctx.loaders()?.one(MembershipsOf(self.id.clone())).await?.unwrap_or_default();
        let is_wanted = |m: &&OwnMembership| {
            let is_typed = r#type.is_none() || r#type.as_deref() == m.group_type();
            m.left_at.is_none() && !m.is_deleted && is_typed
        };
        let now: Vec<&OwnMembership> = all.iter().filter(is_wanted).collect();
        let total = int("totalCount", i64::try_from(now.len()).unwrap_or(i64::MAX))?;
        let key = |m: &OwnMembership| (m.joined_at.timestamp_micros(), m.group_id.clone());
        let rest = now.into_iter().filter(|m| behind.as_ref().is_none_or(|behind| key(m) > *behind));
        let mut rest: Vec<&OwnMembership> = rest.take(page.first + 1).collect();
        let has_next = rest.len() > page.first;
        rest.truncate(page.first);
        let nodes = rest.into_iter().map(|m| {
            let (joined_at, id) = key(m);
            (encode_cursor(&[joined_at.into(), id.into()]), m.group())
        });
        Ok(Some(GroupConnection::page(nodes.collect(), has_next, page.after.is_some(), total)))
    }

    /// Every membership it ever had, ended ones and those in deleted groups too, in the order in which they began.
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)", desc = "How many memberships, 1 to 1000.")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<Option<MembershipConnection>, Failure> {
        let page = PageSpec::parse(first.unwrap_or(50), after.as_deref(), 3, ctx.caller()?.limits())?;
        ctx.loaders()?.budget().charge("memberships", "first", page.first)?;
        let behind = page.after.as_deref().map(membership_keys).transpose()?;
        let all = ctx.loaders()?.one(MembershipsOf(self.id.clone())).await?.unwrap_or_default();
        let total = int("totalCount", i64::try_from(all.len()).unwrap_or(i64::MAX))?;
        let key = |m: &OwnMembership| (m.joined_at.timestamp_micros(), m.group_id.clone(), m.seq);
        let rest = all.iter().filter(|m| behind.as_ref().is_none_or(|behind| key(m) > *behind));
        let mut rest: Vec<&OwnMembership> = rest.take(page.first + 1).collect();
        let has_next = rest.len() > page.first;
        rest.truncate(page.first);
        let nodes = rest.into_iter().map(|m| {
            let (joined_at, id, seq) = key(m);
            let cursor = encode_cursor(&[joined_at.into(), id.into(), seq.into()]);
            let left_at = m.left_at.map(DateTime);
            (cursor, Membership { group: m.group(), joined_at: DateTime(m.joined_at), left_at })
        });
        Ok(Some(MembershipConnection::page(nodes.collect(), has_next, page.after.is_some(), total)))
    }

    /// Its events, newest first; those of one instant in reverse order of arrival.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)", desc = "How many events, 1 to 1000.")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
    ) -> Result<Option<EventConnection>, Failure> {
        let page = PageSpec::parse(first.unwrap_or(50), after.as_deref(), 2, ctx.caller()?.limits())?;
        ctx.loaders()?.budget().charge("events", "first", page.first)?;
        let behind = Event::keys_behind(&page)?;
        let loaders = ctx.loaders()?;
        // Both are asked at once, so that a page of profiles is gathered into one statement for each.
        let total = async {
            if !ctx.look_ahead().field("totalCount").exists() {
                return Ok(0);
            }
            let seen = loaders.one(SeenOf(self.id.clone())).await?;
            int("totalCount", seen.map_or(0, |seen| seen.events))
        };
        let events = loaders.one(EventsOf { profile_id: self.id.clone(), first: page.first + 1, behind });
        let (total, events) = tokio::try_join!(total, events)?;
        let events = events.unwrap_or_default();
        Ok(Some(Event::connection(events.to_vec(), &page, total)))
    }
}

/// The sort keys in a cursor of a profile's groups.
fn group_keys(keys: &[serde_json::Value]) -> Result<(i64, String), Invalid> {
    match (keys[0].as_i64(), keys[1].as_str()) {
        (Some(joined_at), Some(id)) => Ok((joined_at, id.to_owned())),
        _ => Err(foreign_cursor()),
    }
}

/// The sort keys in a cursor of a profile's memberships.
fn membership_keys(keys: &[serde_json::Value]) -> Result<(i64, String, u64), Invalid> {
    let (joined_at, id) = group_keys(keys)?;
    Ok((joined_at, id, keys[2].as_u64().ok_or_else(foreign_cursor)?))
}

/// The complaint about a cursor that belongs to another list.
pub(super) fn foreign_cursor() -> Invalid {
    Invalid::new("after", "is no cursor of this list; give the endCursor of the page before")
}
