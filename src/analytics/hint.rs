//! Why an answer may be empty though nothing is wrong: a group type that no group has, an event name that no event has,
//! a range in which nothing happened, a cohort that is empty, a property that nothing has.
//!
//! Looked for are the types an answer counts, splits or filters by, the names its steps ask for, any event in the
//! range, who is in the cohorts it names, and the properties it filters or splits by: those of events among the events of the range, those of profiles
//! and groups among all there are now. What was found first to be missing is told.

use super::breakdown::Breakdown;
use super::scalars::format_instant;
use crate::engine::filter::{Key, Operator, Path, Subject, Test};
use crate::engine::scope::{AsOf, Chosen, Reads, Scope};
use crate::engine::{Question, arrow as columns, filter::Filter, texts};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use arrow::array::RecordBatch;
use async_graphql::Context;

/// The hint for an answer within a scope, with what rows are split by and the group types that are counted.
pub async fn hint(
    ctx: &Context<'_>,
    scope: &Scope,
    breakdown: &[Breakdown],
    counted: Option<&str>,
) -> Result<Option<String>, Failure> {
    let mut scope = scope.clone();
    let mut types: Vec<String> = counted.into_iter().map(str::to_owned).collect();
    for one in breakdown {
        match one {
            Breakdown::Group(group_type) => types.push(group_type.clone()),
            Breakdown::Property { reading, .. } => scope.readings.push(reading.clone()),
        }
    }
    let properties = scope.named_properties();
    types.extend(properties.iter().filter_map(|(of, _)| match of {
        Subject::Group(group_type) => Some(group_type.clone()),
        Subject::Event | Subject::Profile => None,
    }));
    if let Some(hint) = unknown_type(ctx, &types).await? {
        return Ok(Some(hint));
    }
    if let Some(hint) = unknown_name(ctx, &scope).await? {
        return Ok(Some(hint));
    }
    if let Some(hint) = nothing_happened(ctx, &scope).await? {
        return Ok(Some(hint));
    }
    for cohort in scope.named_cohorts() {
        if ctx.caller()?.members(&scope, cohort).await?.is_empty() {
            let id = &cohort.id;
            return Ok(Some(format!(
                "at the end of the range the cohort \"{id}\" is empty; cohorts tells the rule of each"
            )));
        }
    }
    for (of, path) in properties {
        if !is_anywhere(ctx, &scope, &of, &path).await? {
            let (whom, property) = (
                match &of {
                    Subject::Event => "no event of the range".to_owned(),
                    Subject::Profile => "no profile".to_owned(),
                    Subject::Group(group_type) => format!("no {group_type}"),
                },
                path.dotted(),
            );
            return Ok(Some(format!(
                "{whom} has the property \"{property}\"; propertyKeys lists those there are"
            )));
        }
    }
    Ok(None)
}

/// The hint when no group has one of the types: which types there are.
async fn unknown_type(ctx: &Context<'_>, types: &[String]) -> Result<Option<String>, Failure> {
    if types.is_empty() {
        return Ok(None);
    }
    let known = group_types(ctx).await?;
    let Some(unknown) = types.iter().find(|name| !known.contains(name)) else { return Ok(None) };
    let known = if known.is_empty() { "there are no groups yet".to_owned() } else { known.join(", ") };
    Ok(Some(format!("no group has the type \"{unknown}\"; known types: {known}")))
}

/// The hint when a step asks for a name that no event of the project has.
async fn unknown_name(ctx: &Context<'_>, scope: &Scope) -> Result<Option<String>, Failure> {
    let names = scope.named_events();
    if names.is_empty() {
        return Ok(None);
    }
    let caller = ctx.caller()?;
    let question = Question::new("known_names", include_str!("known_names.sql"));
    let question = question.with("names", texts(names.iter().copied()));
    let mut known: Vec<String> = Vec::new();
    for batch in &caller.run(&caller.scope_without_events()?, question).await? {
        known.extend(columns::texts(batch, "name")?.iter().flatten().map(str::to_owned));
    }
    let unknown = names.iter().find(|name| !known.iter().any(|known| known == **name));
    Ok(unknown.map(|name| format!("no event has the name \"{name}\"; eventNames lists those there are")))
}

/// The hint when there is no event at all in the range: when the latest happened.
async fn nothing_happened(ctx: &Context<'_>, scope: &Scope) -> Result<Option<String>, Failure> {
    let caller = ctx.caller()?;
    let question = Question::new("any_event", include_str!("any_event.sql")).reading(Reads::Keys);
    if has_found(&caller.run(&scope.afresh(scope.range), question).await?)? {
        return Ok(None);
    }
    let question = Question::new("latest_event", include_str!("latest_event.sql")).reading(Reads::Keys);
    let batches = caller.run(&caller.scope_ever()?, question).await?;
    let mut latest = None;
    for batch in &batches {
        let instants = columns::instants(batch, "latest_at")?;
        latest = (0..batch.num_rows()).find_map(|row| columns::instant(instants, row)).or(latest);
    }
    Ok(Some(match latest {
        Some(latest) => format!("no event lies in the range; the latest was at {}", format_instant(latest)),
        None => "there are no events yet".to_owned(),
    }))
}

/// Whether a property is set anywhere.
async fn is_anywhere(ctx: &Context<'_>, scope: &Scope, of: &Subject, path: &Path) -> Result<bool, Failure> {
    let mut asked = scope.afresh(scope.range);
    asked.as_of = AsOf::Now;
    let test = Test { of: of.clone(), key: Key::Path(path.clone()), operator: Operator::IsSet };
    let question = if *of == Subject::Event {
        asked.filter = Some(Filter::Test(test));
        Question::new("any_event", include_str!("any_event.sql")).reading(Reads::Keys)
    } else {
        asked.chosen = Some((of.clone(), Chosen::Passing(test)));
        Question::new("any_unit", include_str!("any_unit.sql"))
    };
    has_found(&ctx.caller()?.run(&asked, question).await?)
}

/// Whether a statement that searches has found something.
fn has_found(batches: &[RecordBatch]) -> Result<bool, Failure> {
    let found: Result<Vec<bool>, Failure> = batches
        .iter()
        .map(|batch| Ok(columns::integers(batch, "found")?.iter().any(|n| n == Some(1))))
        .collect();
    Ok(found?.contains(&true))
}

/// The types that groups have now, in order.
pub(super) async fn group_types(ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
    let caller = ctx.caller()?;
    let question = Question::new("group_types", include_str!("group_types.sql"));
    let batches = caller.run(&caller.scope_ever()?, question).await?;
    let mut types = Vec::new();
    for batch in &batches {
        types.extend(columns::texts(batch, "group_type")?.iter().flatten().map(str::to_owned));
    }
    Ok(types)
}
