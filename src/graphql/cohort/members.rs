//! Who is in a cohort, as lists.

use super::members_now;
use crate::analytics::count::int;
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::engine::cohort::KeySet;
use crate::engine::filter::Subject;
use crate::engine::scope::{Attribution, Chosen};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::{Group, GroupConnection};
use crate::graphql::known_group::{KnownGroup, decode_known};
use crate::graphql::page::{PageSpec, encode_cursor};
use crate::graphql::people_loader::decode_profile;
use crate::graphql::profile::{Profile, ProfileConnection};
use ::arrow::array::RecordBatch;
use async_graphql::Context;
use std::sync::Arc;

/// A page of the profiles; empty for a cohort of groups.
pub(super) async fn profiles(
    ctx: &Context<'_>,
    id: &str,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<ProfileConnection, Failure> {
    let caller = ctx.caller()?;
    let (first, after) = parse_page(ctx, "profiles", first, after)?;
    let (cohort, keys) = members_now(caller, id, "id", Attribution::default()).await?;
    if cohort.of != Subject::Profile {
        return Ok(ProfileConnection::page(Vec::new(), false, after.is_some(), 0));
    }
    let total = int("totalCount", keys.len())?;
    let mut found = profiles_of(caller, keys, after.clone(), first + 1).await?;
    let has_next = found.len() > first;
    found.truncate(first);
    let nodes = found.into_iter().map(|profile| (cursor(&profile.id), profile)).collect();
    Ok(ProfileConnection::page(nodes, has_next, after.is_some(), total))
}

/// A page of the groups; empty for a cohort of profiles.
pub(super) async fn groups(
    ctx: &Context<'_>,
    id: &str,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<GroupConnection, Failure> {
    let caller = ctx.caller()?;
    let (first, after) = parse_page(ctx, "groups", first, after)?;
    let (cohort, keys) = members_now(caller, id, "id", Attribution::default()).await?;
    if cohort.of == Subject::Profile {
        return Ok(GroupConnection::page(Vec::new(), false, after.is_some(), 0));
    }
    let total = int("totalCount", keys.len())?;
    let mut found = groups_of(caller, cohort.of.clone(), keys, after.clone(), first + 1).await?;
    let has_next = found.len() > first;
    found.truncate(first);
    let nodes = found.into_iter().map(|(id, known)| (cursor(&id), Group::known(id, Some(known)))).collect();
    Ok(GroupConnection::page(nodes, has_next, after.is_some(), total))
}

/// The first profiles of a set behind an id, by id.
pub(super) async fn profiles_of(
    caller: &Caller,
    keys: Arc<KeySet>,
    after: Option<String>,
    first: usize,
) -> Result<Vec<Profile>, Failure> {
    let question = Question::new("cohort.profiles", include_str!("profiles.sql"));
    let batches = list(caller, (Subject::Profile, keys), question, after, first).await?;
    let mut profiles = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            profiles.extend(decode_profile(batch, row)?);
        }
    }
    Ok(profiles)
}

/// The first groups of a set behind an id, by id.
pub(super) async fn groups_of(
    caller: &Caller,
    of: Subject,
    keys: Arc<KeySet>,
    after: Option<String>,
    first: usize,
) -> Result<Vec<(String, KnownGroup)>, Failure> {
    let question = Question::new("cohort.groups", include_str!("groups.sql"));
    let batches = list(caller, (of, keys), question, after, first).await?;
    let mut groups = Vec::new();
    for batch in &batches {
        let ids = arrow::texts(batch, "group_id")?;
        for row in 0..batch.num_rows() {
            groups.push((ids.value(row).to_owned(), decode_known(batch, row)?));
        }
    }
    Ok(groups)
}

async fn list(
    caller: &Caller,
    (of, keys): (Subject, Arc<KeySet>),
    question: Question,
    after: Option<String>,
    first: usize,
) -> Result<Vec<RecordBatch>, Failure> {
    let mut scope = caller.scope_without_events()?;
    scope.chosen = Some((of, Chosen::These(keys)));
    let first = Value::BigInt(i64::try_from(first).unwrap_or(i64::MAX));
    caller.run_unlimited(&scope, question.with("after", after).with("first", first)).await
}

/// How many nodes, and the id behind which the page begins.
fn parse_page(
    ctx: &Context<'_>,
    field: &str,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<(usize, Option<String>), Failure> {
    let page = PageSpec::parse(first.unwrap_or(50), after, 1, ctx.caller()?.limits())?;
    ctx.loaders()?.budget().charge(field, "first", page.first)?;
    let after = page.after.map(|keys| match keys.as_slice() {
        [serde_json::Value::String(id)] => Ok(id.clone()),
        _ => Err(Invalid::new("after", "is no cursor of this list; give the endCursor of the page before")),
    });
    Ok((page.first, after.transpose()?))
}

fn cursor(id: &str) -> String {
    encode_cursor(&[id.into()])
}
