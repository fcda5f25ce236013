//! The root fields that find groups: one by its id, a list page by page, and the types there are.

use super::context::ContextExt;
use super::group::{Group, GroupConnection};
use super::known_group::{KnownGroup, KnownGroups, decode_known};
use super::page::{PageSpec, encode_cursor};
use crate::analytics::count::int;
use crate::analytics::scalars::Duration;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::domain::time::Range;
use crate::engine::scope::{Lookback, Split};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::DateTime;
use serde_json::Value as Json;

/// By what a list of groups is ordered.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum GroupOrderField {
    /// Its display name, in any case.
    Name,
    /// Its id.
    Id,
    /// Its type.
    Type,
    /// When its present life began.
    CreatedAt,
    /// When the last event that carries its id happened.
    LastActiveAt,
    /// How many profiles are members now.
    MemberCount,
    /// How many events carried its id, ever or in the time that `last` gives.
    Events,
}

/// Which way a list is ordered.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum OrderDirection {
    /// Smallest, earliest or first in the alphabet first.
    Asc,
    /// Largest, latest or last in the alphabet first.
    Desc,
}

/// How a list of groups is ordered. Groups without the value come last in both directions; ties end in the id.
#[derive(Debug, Clone, InputObject)]
pub struct GroupOrder {
    /// By what.
    pub field: GroupOrderField,
    /// Which way.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
    /// With EVENTS: count only those of the last days or hours before now, such as P30D. No other order looks at it.
    pub last: Option<Duration>,
}

impl GroupOrder {
    fn word(&self) -> &'static str {
        match self.field {
            GroupOrderField::Name => "NAME",
            GroupOrderField::Id => "ID",
            GroupOrderField::Type => "TYPE",
            GroupOrderField::CreatedAt => "CREATED_AT",
            GroupOrderField::LastActiveAt => "LAST_ACTIVE_AT",
            GroupOrderField::MemberCount => "MEMBER_COUNT",
            GroupOrderField::Events => "EVENTS",
        }
    }

    fn needs_events(&self) -> bool {
        matches!(self.field, GroupOrderField::LastActiveAt | GroupOrderField::Events)
    }

    /// The time in which events count; `None`: ever.
    fn range(&self, caller: &Caller) -> Result<Option<Range>, Invalid> {
        let Some(last) = &self.last else { return Ok(None) };
        let range = Range::last(last.parse_as("orderBy.last")?, caller.now())?;
        Ok(Some(range).filter(|_| self.field == GroupOrderField::Events))
    }
}

/// A group type and how many groups it has.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupType {
    /// The type.
    #[graphql(name = "type")]
    pub group_type: String,
    /// How many groups have this type now.
    pub groups: i32,
}

/// The root fields that find groups.
#[derive(Debug, Default)]
pub struct GroupQuery;

#[Object]
impl GroupQuery {
    /// The group with this id. Null when nothing was ever sent under it, and once it is deleted. An id that was only
    /// seen on events or in memberships is a group whose type and name are null.
    async fn group(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Group>, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let known = ctx.loaders()?.of_group(&id, KnownGroups).await?;
        if known.is_some() || sighting(caller, &id).await? == Sighting::Seen {
            return Ok(Some(Group::known(id.0, known)));
        }
        Ok(None)
    }

    /// Groups, page by page, by name unless `orderBy` says otherwise. Without `type`, ids that were never upserted
    /// and only seen on events or in memberships are listed too. Deleted groups are not listed.
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only groups of this type. An unknown type gives an empty list.")] r#type: Option<
            String,
        >,
        #[graphql(desc = "Only groups whose name or id contains this text, in any case.")] search: Option<
            String,
        >,
        #[graphql(desc = "How many groups, 1 to 1000.", default_with = "Some(50)")] first: Option<i32>,
        #[graphql(desc = "The endCursor of the page before, asked with the same orderBy.")] after: Option<
            String,
        >,
        #[graphql(desc = "How the list is ordered.")] order_by: Option<GroupOrder>,
    ) -> Result<Option<GroupConnection>, Failure> {
        let caller = ctx.caller()?;
        let default = GroupOrder { field: GroupOrderField::Name, direction: OrderDirection::Asc, last: None };
        let order = order_by.unwrap_or(default);
        let spec = GroupListSpec::parse(first.unwrap_or(50), after.as_deref(), order, caller.limits())?;
        ctx.loaders()?.budget().charge("groups", "first", spec.page.first)?;
        spec.list(caller, r#type, search).await.map(Some)
    }

    /// The types of groups there are, most groups first.
    async fn group_types(&self, ctx: &Context<'_>) -> Result<Vec<GroupType>, Failure> {
        let caller = ctx.caller()?;
        let question = Question::new("group_types", include_str!("../analytics/group_types.sql"));
        let mut types = Vec::new();
        for batch in caller.run(&caller.scope_ever()?, question).await? {
            let (names, counts) =
                (arrow::texts(&batch, "group_type")?, arrow::integers(&batch, "groups_known")?);
            for row in 0..batch.num_rows() {
                let groups = int("groups", counts.value(row))?;
                types.push(GroupType { group_type: names.value(row).to_owned(), groups });
            }
        }
        Ok(types)
    }
}

/// What is known of an id that has no entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// Nothing was ever sent under it.
    Never,
    /// An event carries it, or somebody is or was a member.
    Seen,
    /// It was a group, which was deleted.
    Deleted,
}

/// What is known of an id that has no entity.
pub async fn sighting(caller: &Caller, id: &str) -> Result<Sighting, Failure> {
    let mut scope = caller.scope_ever()?;
    scope.splits = vec![Split::Ids(vec![id.to_owned()])];
    let question = Question::new("group_seen", include_str!("group_seen.sql")).with("id", id.to_owned());
    let batches = caller.run(&scope, question).await?;
    let Some(answer) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(Sighting::Never) };
    let is = |column| arrow::booleans(answer, column).map(|column| column.value(0));
    Ok(match (is("is_deleted")?, is("is_seen")?) {
        (true, _) => Sighting::Deleted,
        (false, true) => Sighting::Seen,
        (false, false) => Sighting::Never,
    })
}

/// One page of a list of groups. A cursor holds the order it belongs to, a group's sort key and its id.
#[derive(Debug)]
struct GroupListSpec {
    page: PageSpec,
    order: GroupOrder,
    after: Option<(Json, String)>,
}

impl GroupListSpec {
    fn parse(first: i32, after: Option<&str>, order: GroupOrder, limits: &Limits) -> Result<Self, Invalid> {
        let page = PageSpec::parse(first, after, 3, limits)?;
        let Some(keys) = &page.after else { return Ok(Self { page, order, after: None }) };
        let seen = match keys.as_slice() {
            [word, key, Json::String(id)]
                if word == order.word() && (key.is_null() || key.is_i64() || key.is_string()) =>
            {
                Some((key.clone(), id.clone()))
            }
            _ => None,
        };
        let after = seen.ok_or_else(|| {
            Invalid::new("after", "belongs to another list or order; give the endCursor of the page before")
        })?;
        Ok(Self { page, order, after: Some(after) })
    }

    async fn list(
        &self,
        caller: &Caller,
        group_type: Option<String>,
        search: Option<String>,
    ) -> Result<GroupConnection, Failure> {
        let needs_events = group_type.is_none() || self.order.needs_events();
        let mut scope = match self.order.range(caller)? {
            Some(range) => caller.scope(range),
            None if needs_events => caller.scope_ever()?,
            None => caller.scope_without_events()?,
        };
        if needs_events {
            scope.lookback = Lookback::Ever;
        }
        scope.splits = vec![Split::Any];
        let (key, id) = self.after.clone().map_or((Json::Null, None), |(key, id)| (key, Some(id)));
        let question = Question::new("group_list", include_str!("group_list.sql"))
            .with("type", group_type)
            .with("search", search.filter(|text| !text.is_empty()))
            .with("order", self.order.word().to_owned())
            .with("is_descending", self.order.direction == OrderDirection::Desc)
            .with("after_id", id)
            .with("after_number", key.as_i64())
            .with("after_text", key.as_str().map(str::to_owned))
            .with("first", Value::BigInt(i64::try_from(self.page.first).unwrap_or(i64::MAX - 1)));
        let (mut total, mut nodes) = (0, Vec::new());
        for batch in caller.run_unlimited(&scope, question).await? {
            let (ids, types) = (arrow::texts(&batch, "group_id")?, arrow::texts(&batch, "group_type")?);
            let (numbers, words) =
                (arrow::integers(&batch, "sort_number")?, arrow::texts(&batch, "sort_text")?);
            for row in 0..batch.num_rows() {
                total = int("totalCount", arrow::integers(&batch, "total")?.value(row))?;
                let Some(id) = arrow::text(ids, row) else { continue };
                let is_known = arrow::text(types, row).is_some();
                let known: Option<KnownGroup> = is_known.then(|| decode_known(&batch, row)).transpose()?;
                let key = arrow::value(numbers, row)
                    .map(Json::from)
                    .or_else(|| arrow::text(words, row).map(Json::from));
                let cursor =
                    encode_cursor(&[self.order.word().into(), key.unwrap_or(Json::Null), id.as_str().into()]);
                let mut group = Group::known(id, known);
                if self.order.field == GroupOrderField::LastActiveAt {
                    let last_active = arrow::value(numbers, row).and_then(DateTime::from_timestamp_micros);
                    group = group.last_active(last_active);
                }
                nodes.push((cursor, group));
            }
        }
        let has_next_page = nodes.len() > self.page.first;
        nodes.truncate(self.page.first);
        Ok(GroupConnection::page(nodes, has_next_page, self.after.is_some(), total))
    }
}
