//! The mutations of cohorts: save one, delete one.

use super::Cohort;
use crate::analytics::cohort::{CohortRuleInput, Definition};
use crate::analytics::unit::UnitInput;
use crate::domain::document::DocumentKind;
use crate::error::{Failure, Kind};
use crate::graphql::context::ContextExt;
use crate::graphql::inputs::refuse_unreadable;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use serde_json::Value;

/// A cohort to save.
#[derive(Debug, InputObject)]
pub struct SaveCohortInput {
    /// Your id for it. An existing cohort with this id is overwritten.
    pub id: ID,
    /// Its display name.
    pub name: String,
    /// Of what it is a set: profiles, or groups of a type.
    pub unit: UnitInput,
    /// Who is in it.
    pub rule: CohortRuleInput,
}

/// What became of a cohort.
#[derive(Debug, SimpleObject)]
pub struct SaveCohortPayload {
    /// The cohort as it is now.
    pub cohort: Cohort,
}

/// Which cohort to delete.
#[derive(Debug, InputObject)]
pub struct DeleteCohortInput {
    /// Its id.
    pub id: ID,
}

/// What became of a deletion.
#[derive(Debug, SimpleObject)]
pub struct DeleteCohortPayload {
    /// The id of the cohort that is gone. Null when there was no such cohort.
    pub deleted_id: Option<ID>,
}

/// The mutations of cohorts.
#[derive(Debug, Clone, Copy, Default)]
pub struct CohortMutation;

#[Object]
impl CohortMutation {
    /// Saves a cohort, or changes it.
    async fn save_cohort(
        &self,
        ctx: &Context<'_>,
        input: SaveCohortInput,
    ) -> Result<SaveCohortPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_write()?;
        refuse_unreadable(ctx, "cohort", &["name", "kind", "groupType", "rule", "isStatic"])?;
        let limits = caller.limits();
        limits.check_id("input.id", &input.id)?;
        limits.check_group_name("input.name", &input.name)?;
        let definition = Definition::parse(&input.unit, &input.rule, written_rule(ctx)?, limits);
        let body = definition.map_err(|invalid| invalid.within("input"))?.to_body();
        let (document, most) = ((input.id.0, input.name, body), limits.cohorts);
        let saved = caller.save_document(DocumentKind::Cohort, document, most).await?;
        let saved = saved.ok_or_else(|| {
            let message =
                format!("input.id: {most} cohorts are saved, as many as are allowed; delete one first");
            Failure { argument: Some("input.id".to_owned()), ..Failure::new(Kind::Limited, message) }
        })?;
        Ok(SaveCohortPayload { cohort: saved.into() })
    }

    /// Deletes a cohort.
    async fn delete_cohort(
        &self,
        ctx: &Context<'_>,
        input: DeleteCohortInput,
    ) -> Result<DeleteCohortPayload, Failure> {
        let was_there = ctx.caller()?.delete_document(DocumentKind::Cohort, input.id.to_string()).await?;
        Ok(DeleteCohortPayload { deleted_id: was_there.then_some(input.id) })
    }
}

/// The rule as the document and its variables give it.
fn written_rule(ctx: &Context<'_>) -> Result<Value, Failure> {
    let arguments = ctx.field().arguments().map_err(|error| Failure::new(Kind::BadInput, error.message))?;
    let input = arguments.into_iter().find(|(name, _)| name == "input");
    let input = input.and_then(|(_, value)| value.into_json().ok()).unwrap_or_default();
    Ok(input.get("rule").cloned().unwrap_or_default())
}
