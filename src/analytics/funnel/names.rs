//! The ids behind the keys of a funnel's units.

use super::tally::UnitName;
use crate::analytics::keys::group_ids;
use crate::analytics::unit::Counted;
use crate::engine::scope::{Scope, Users};
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::Context;
use std::collections::HashMap;

/// The ids of units, in their order. Where devices count as users, ids of profiles begin with `p`, those of devices
/// with `d`.
pub(super) async fn units(
    ctx: &Context<'_>,
    scope: &Scope,
    unit: &Counted,
    names: &[&UnitName],
) -> Result<Vec<String>, Failure> {
    let key = |name: &&UnitName| if let UnitName::Key(key) = name { Some(*key) } else { None };
    let keys: Vec<u32> = names.iter().filter_map(key).collect();
    let ids = match unit {
        Counted::Group(_) => group_ids(ctx, scope, &keys).await?,
        Counted::Profile | Counted::Session => user_ids(ctx, scope, &keys).await?,
    };
    let id = |name: &&UnitName| match name {
        UnitName::Key(key) => ids.get(key).cloned().unwrap_or_default(),
        UnitName::Session(id) => id.clone(),
    };
    Ok(names.iter().map(id).collect())
}

async fn user_ids(ctx: &Context<'_>, scope: &Scope, keys: &[u32]) -> Result<HashMap<u32, String>, Failure> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = Value::List(keys.iter().map(|key| Value::UInt(*key)).collect());
    let question = Question::new("user_names", include_str!("user_names.sql")).with("keys", keys);
    let batches = ctx.caller()?.run_unlimited(scope, question).await?;
    let mut ids = HashMap::new();
    for batch in &batches {
        let (keys, texts) = (arrow::masks(batch, "key")?, arrow::texts(batch, "id")?);
        let profiles = arrow::booleans(batch, "is_profile")?;
        for row in 0..batch.num_rows() {
            let mark = match (scope.users, profiles.value(row)) {
                (Users::Identified, _) => "",
                (Users::All, true) => "p",
                (Users::All, false) => "d",
            };
            ids.insert(keys.value(row), format!("{mark}{}", texts.value(row)));
        }
    }
    Ok(ids)
}
