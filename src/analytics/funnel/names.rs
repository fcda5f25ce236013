//! The ids behind the keys of a funnel's units and rows.

use super::spec::FunnelUnit;
use super::tally::UnitName;
use crate::engine::scope::{Scope, Users};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::Context;
use std::collections::HashMap;

/// The ids of groups, by their keys.
pub(super) async fn groups(
    ctx: &Context<'_>,
    scope: &Scope,
    keys: &[u32],
) -> Result<HashMap<u32, String>, Failure> {
    ask(ctx, scope, "group_names", include_str!("group_names.sql"), keys, |id, _| id).await
}

/// The ids of units, in their order. Where devices count as users, ids of profiles begin with `p`, those of devices
/// with `d`.
pub(super) async fn units(
    ctx: &Context<'_>,
    scope: &Scope,
    unit: &FunnelUnit,
    names: &[&UnitName],
) -> Result<Vec<String>, Failure> {
    let key = |name: &&UnitName| if let UnitName::Key(key) = name { Some(*key) } else { None };
    let keys: Vec<u32> = names.iter().filter_map(key).collect();
    let ids = if let FunnelUnit::Group(_) = unit {
        groups(ctx, scope, &keys).await?
    } else {
        let marked = scope.users == Users::All;
        let spell = |id: String, is_profile| match (marked, is_profile) {
            (false, _) => id,
            (true, true) => format!("p{id}"),
            (true, false) => format!("d{id}"),
        };
        ask(ctx, scope, "user_names", include_str!("user_names.sql"), &keys, spell).await?
    };
    let id = |name: &&UnitName| match name {
        UnitName::Key(key) => ids.get(key).cloned().unwrap_or_default(),
        UnitName::Session(id) => id.clone(),
    };
    Ok(names.iter().map(id).collect())
}

async fn ask(
    ctx: &Context<'_>,
    scope: &Scope,
    stem: &'static str,
    sql: &'static str,
    keys: &[u32],
    spell: impl Fn(String, bool) -> String,
) -> Result<HashMap<u32, String>, Failure> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = Value::List(keys.iter().map(|key| Value::UInt(*key)).collect());
    let batches = ctx.caller()?.run_unlimited(scope, Question::new(stem, sql).with("keys", keys)).await?;
    let mut ids = HashMap::new();
    for batch in &batches {
        let (keys, texts) = (arrow::masks(batch, "key")?, arrow::texts(batch, "id")?);
        let profiles = arrow::booleans(batch, "is_profile")?;
        for row in 0..batch.num_rows() {
            ids.insert(keys.value(row), spell(texts.value(row).to_owned(), profiles.value(row)));
        }
    }
    Ok(ids)
}
