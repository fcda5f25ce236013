//! Look-ups of profiles: one by its id, or a page of a list.

use super::context::ContextExt;
use super::group_query::OrderDirection;
use super::page::{PageSpec, encode_cursor};
use super::people_loader::{MembershipsOf, ProfileOf, SeenOf, decode_profile};
use super::profile::{Profile, ProfileConnection, foreign_cursor};
use crate::analytics::count::int;
use crate::domain::Invalid;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use async_graphql::{Context, Enum, ID, InputObject, Object};
use serde_json::Value as Json;

/// What profiles are sorted by.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ProfileOrderField {
    /// The id.
    Id,
    /// The e-mail address, in any case.
    Email,
    /// The family name, in any case.
    LastName,
    /// When its first event happened.
    FirstSeenAt,
    /// When its last event happened.
    LastSeenAt,
}

impl ProfileOrderField {
    /// The word the statement knows it by.
    fn word(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Email => "EMAIL",
            Self::LastName => "LAST_NAME",
            Self::FirstSeenAt => "FIRST_SEEN_AT",
            Self::LastSeenAt => "LAST_SEEN_AT",
        }
    }
}

/// How profiles are sorted. Those without a value stand last; ties are in ascending order of the id.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct ProfileOrder {
    /// What they are sorted by.
    pub field: ProfileOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

/// Look-ups of profiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// The profile with an id. Null when it was never identified, was never in a group, and has no event.
    async fn profile(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Profile>, Failure> {
        let loaders = ctx.loaders()?;
        if let Some(profile) = loaders.one(ProfileOf(id.0.clone())).await? {
            return Ok(Some(profile));
        }
        let is_there = loaders.one(MembershipsOf(id.0.clone())).await?.is_some()
            || loaders.one(SeenOf(id.0.clone())).await?.is_some();
        Ok(is_there.then(|| Profile::unidentified(id.0)))
    }

    /// Profiles: everybody who was identified, was ever in a group, or has an event.
    async fn profiles(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(50)", desc = "How many profiles, 1 to 1000.")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before.")] after: Option<String>,
        #[graphql(desc = "Only profiles whose id, e-mail address or name contains this text, in any case.")]
        search: Option<String>,
        #[graphql(desc = "Only profiles that are in this group now.")] group_id: Option<ID>,
        #[graphql(desc = "How they are sorted: by id unless given.")] order_by: Option<ProfileOrder>,
    ) -> Result<Option<ProfileConnection>, Failure> {
        let caller = ctx.caller()?;
        let by_id = ProfileOrder { field: ProfileOrderField::Id, direction: OrderDirection::Asc };
        let order = order_by.unwrap_or(by_id);
        let page = PageSpec::parse(first.unwrap_or(50), after.as_deref(), 3, caller.limits())?;
        ctx.loaders()?.budget().charge("profiles", "first", page.first)?;
        let (after_key, after_id) =
            page.after.as_deref().map_or(Ok((None, None)), |keys| keys_of(keys, order))?;
        let question = Question::new("profiles", include_str!("profiles.sql"))
            .with("search", search)
            .with("group_id", group_id.map(|id| id.0))
            .with("order", order.field.word().to_owned())
            .with("descending", order.direction == OrderDirection::Desc)
            .with("after_key", after_key)
            .with("after_id", after_id)
            .with("first", Value::BigInt(i64::try_from(page.first + 1).unwrap_or(i64::MAX)));
        let batches = caller.run_unlimited(&caller.scope_ever()?, question).await?;
        let (mut nodes, mut total) = (Vec::new(), 0);
        for batch in &batches {
            let (totals, keys) = (arrow::integers(batch, "total")?, arrow::texts(batch, "sort_key")?);
            for row in 0..batch.num_rows() {
                total = totals.value(row);
                let Some(profile) = decode_profile(batch, row)? else { continue };
                let key = arrow::text(keys, row).map_or(Json::Null, Json::String);
                let cursor = encode_cursor(&[order.field.word().into(), key, profile.id.clone().into()]);
                nodes.push((cursor, profile));
            }
        }
        let has_next = nodes.len() > page.first;
        nodes.truncate(page.first);
        let total = int("totalCount", total)?;
        Ok(Some(ProfileConnection::page(nodes, has_next, page.after.is_some(), total)))
    }
}

/// The sort key and the id in a cursor of a list with this order.
fn keys_of(keys: &[Json], order: ProfileOrder) -> Result<(Option<String>, Option<String>), Invalid> {
    let key = match &keys[1] {
        Json::Null => None,
        Json::String(key) => Some(key.clone()),
        _ => return Err(foreign_cursor()),
    };
    match (keys[0].as_str(), keys[2].as_str()) {
        (Some(word), Some(id)) if word == order.field.word() => Ok((key, Some(id.to_owned()))),
        _ => Err(foreign_cursor()),
    }
}
