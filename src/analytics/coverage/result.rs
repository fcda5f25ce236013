//! The answer of coverage.

use super::tally::{Events, Tally, Types};
use crate::analytics::count::int;
use crate::analytics::filter::{Common, IntervalInput, only_named, parse_calendar, parse_group_type};
use crate::analytics::hint::hint;
use crate::analytics::keys::{Page, event_names};
use crate::analytics::numbers::rate;
use crate::analytics::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::Bucket;
use crate::engine::scope::{Scope, Split};
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, Object, SimpleObject};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::OnceCell;

/// The arguments of both forms.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) group_type: Option<String>,
    pub(super) event: Option<String>,
    pub(super) common: Common,
    pub(super) time_zone: Option<String>,
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
}

/// How many events carry groups.
#[derive(Debug)]
pub struct Coverage {
    group_type: Option<String>,
    scope: Scope,
    days: Vec<Bucket>,
    page: Page,
    counted: OnceCell<Counted>,
}

/// All event names together.
#[derive(Debug, Clone, SimpleObject)]
pub struct CoverageTotals {
    /// The group type.
    pub group_type: String,
    /// Events in the range.
    pub events: i32,
    /// Events that carry at least one group of the type.
    pub covered: i32,
    /// Covered ÷ events, 0 to 1; null without events.
    pub rate: Option<f64>,
    /// Events that carry at least one id without an entity.
    pub without_entity: i32,
}

/// One event name and one group type.
#[derive(Debug, Clone, SimpleObject)]
pub struct CoverageRow {
    /// Name of the event.
    pub event: String,
    /// The group type.
    pub group_type: String,
    /// Events in the range.
    pub events: i32,
    /// Events that carry at least one group of the type.
    pub covered: i32,
    /// Covered ÷ events, 0 to 1.
    pub rate: f64,
    /// Events that carry at least one id without an entity: never upserted, or deleted.
    pub without_entity: i32,
    /// The days that the range touches, empty ones too.
    pub days: Vec<CoverageDay>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One day of a row.
#[derive(Debug, Clone, SimpleObject)]
pub struct CoverageDay {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Events on the day.
    pub events: i32,
    /// Events that carry at least one group of the type.
    pub covered: i32,
    /// Covered ÷ events, 0 to 1; null without events.
    pub rate: Option<f64>,
    /// Events that carry at least one id without an entity.
    pub without_entity: i32,
}

/// One event name, group type and day.
#[derive(Debug, Clone, SimpleObject)]
pub struct CoverageTableRow {
    /// Name of the event.
    pub event: String,
    /// The group type.
    pub group_type: String,
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// Events on the day.
    pub events: i32,
    /// Events that carry at least one group of the type.
    pub covered: i32,
    /// Covered ÷ events, 0 to 1; null without events.
    pub rate: Option<f64>,
    /// Events that carry at least one id without an entity.
    pub without_entity: i32,
}

/// Events by day.
type Days = BTreeMap<usize, i64>;

/// What was counted.
#[derive(Debug, Default)]
struct Counted {
    /// All events, by name.
    events: BTreeMap<String, Days>,
    /// Events with a group of a type, by name and type; the type is `None` for ids without an entity.
    carried: BTreeMap<(String, Option<String>), Days>,
    types: BTreeSet<String>,
}

impl Counted {
    fn carried(&self, event: &str, group_type: Option<&str>) -> Days {
        let key = (event.to_owned(), group_type.map(str::to_owned));
        self.carried.get(&key).cloned().unwrap_or_default()
    }
}

fn sum(days: &Days) -> i64 {
    days.values().sum()
}

/// Which events carry groups. The server tells at `/docs/coverage` what exactly is counted, with an example.
#[Object]
impl Coverage {
    /// Always false: an event may carry groups of several types.
    async fn is_additive(&self) -> bool {
        false
    }

    /// All event names together, one entry for each type.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Vec<CoverageTotals>, Failure> {
        let counted = self.counted(ctx).await?;
        let events: i64 = counted.events.values().map(sum).sum();
        let all = |group_type: Option<&str>| -> i64 {
            counted.events.keys().map(|event| sum(&counted.carried(event, group_type))).sum()
        };
        let one = |group_type: &String| {
            let covered = all(Some(group_type));
            Ok(CoverageTotals {
                group_type: group_type.clone(),
                events: int("events", events)?,
                covered: int("covered", covered)?,
                rate: rate(covered, events),
                without_entity: int("withoutEntity", all(None))?,
            })
        };
        counted.types.iter().map(one).collect()
    }

    /// One row for each event name and type: events descending, then name, then type.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<CoverageRow>, Failure> {
        self.rows_of(ctx).await
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        hint(ctx, &self.scope, &[], self.group_type.as_deref()).await
    }
}

impl Coverage {
    /// Checks the arguments.
    pub(super) fn new(caller: &Caller, asked: Asked) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let group_type = asked.group_type.as_deref();
        let group_type = group_type.map(|name| parse_group_type("groupType", name, limits)).transpose()?;
        let mut scope = asked.common.scope(caller)?;
        only_named(&mut scope, asked.event, limits)?;
        let calendar = parse_calendar(IntervalInput::Day, asked.time_zone.as_deref(), None)?;
        let days = calendar.buckets(scope.range, limits.buckets).map_err(|_| {
            Invalid::new("range", format!("has more than {} days; choose a shorter range", limits.buckets))
        })?;
        scope.slices = days.iter().map(|day| day.start..day.end).collect();
        let page = Page::parse(asked.first, asked.after.as_deref(), limits)?;
        Ok(Self { group_type, scope, days, page, counted: OnceCell::new() })
    }

    async fn counted(&self, ctx: &Context<'_>) -> Result<&Counted, Failure> {
        self.counted.get_or_try_init(|| self.count(ctx)).await
    }

    async fn count(&self, ctx: &Context<'_>) -> Result<Counted, Failure> {
        let caller = ctx.caller()?;
        let mut counted = Counted::default();
        let question = Question::new("coverage.events", include_str!("events.sql"));
        let events = Events::of(&self.scope.slices);
        let events = caller.fold(&self.scope, question, events, |events, batch| events.add(&batch)).await?;
        let told = events.counted()?;
        let mut names: Vec<u32> = told.iter().map(|(name, ..)| *name).collect();
        names.dedup();
        let names = event_names(ctx, &self.scope, &names).await?;
        for (name, day, events) in told {
            if let Some(name) = names.get(&name) {
                *counted.events.entry(name.clone()).or_default().entry(day).or_default() += events;
            }
        }
        let scope = Scope { splits: vec![Split::Any], ..self.scope.clone() };
        if !self.tally(ctx, &scope, &names, &mut counted).await? {
            self.compare(ctx, &scope, &mut counted).await?;
        }
        counted.types = match &self.group_type {
            Some(group_type) => BTreeSet::from([group_type.clone()]),
            None => crate::analytics::hint::group_types(ctx).await?.into_iter().collect(),
        };
        Ok(counted)
    }

    /// Counts the events that carry groups by a bit for each; tells whether there is room for them.
    async fn tally(
        &self,
        ctx: &Context<'_>,
        scope: &Scope,
        names: &HashMap<u32, String>,
        counted: &mut Counted,
    ) -> Result<bool, Failure> {
        let caller = ctx.caller()?;
        let mut types = Types::default();
        let question = Question::new("coverage.types", include_str!("types.sql"));
        caller.run_unlimited(scope, question).await?.iter().try_for_each(|batch| types.add(batch))?;
        let tally = scope.rows_as_bits().and_then(|rows| Tally::of(rows, types, &scope.slices));
        let Some(tally) = tally else { return Ok(false) };
        let question = Question::new("coverage.carried", include_str!("carried_rows.sql"));
        let tally = caller.fold(scope, question, tally, |tally, batch| tally.add(&batch)).await?;
        for (name, of, day, events) in tally.counted()? {
            let Some(name) = names.get(&name) else { continue };
            let days = counted.carried.entry((name.clone(), of)).or_default();
            *days.entry(day).or_default() += events;
        }
        Ok(true)
    }

    /// Counts the events that carry groups by comparing the numbers of their rows.
    async fn compare(&self, ctx: &Context<'_>, scope: &Scope, counted: &mut Counted) -> Result<(), Failure> {
        let caller = ctx.caller()?;
        let question = Question::new("coverage.carried", include_str!("carried.sql"));
        for batch in &caller.run_unlimited(scope, question).await? {
            let (names, types) = (columns::texts(batch, "name")?, columns::texts(batch, "group_type")?);
            for row in 0..batch.num_rows() {
                let key = (names.value(row).to_owned(), columns::text(types, row));
                add(counted.carried.entry(key).or_default(), batch, row)?;
            }
        }
        Ok(())
    }

    async fn rows_of(&self, ctx: &Context<'_>) -> Result<Vec<CoverageRow>, Failure> {
        let counted = self.counted(ctx).await?;
        let mut pairs = Vec::new();
        for (event, days) in &counted.events {
            pairs.extend(counted.types.iter().map(|group_type| (sum(days), event, group_type)));
        }
        pairs.sort_by_key(|(events, event, group_type)| (Reverse(*events), *event, *group_type));
        let page: Vec<_> = self.page.of(pairs).collect();
        ctx.loaders()?.budget().charge("rows", "first", page.len() * self.days.len())?;
        let mut rows = Vec::with_capacity(page.len());
        for ((events, event, group_type), cursor) in page {
            let (all, covered) = (&counted.events[event], counted.carried(event, Some(group_type)));
            let without = counted.carried(event, None);
            let days = self.days.iter().enumerate().map(|(place, day)| {
                let of = |days: &Days| days.get(&place).copied().unwrap_or_default();
                Ok(CoverageDay {
                    bucket: DateTime(day.start),
                    local_date: Date(day.local_date),
                    is_partial: day.is_partial,
                    events: int("events", of(all))?,
                    covered: int("covered", of(&covered))?,
                    rate: rate(of(&covered), of(all)),
                    without_entity: int("withoutEntity", of(&without))?,
                })
            });
            rows.push(CoverageRow {
                event: event.clone(),
                group_type: group_type.clone(),
                events: int("events", events)?,
                covered: int("covered", sum(&covered))?,
                rate: rate(sum(&covered), events).unwrap_or_default(),
                without_entity: int("withoutEntity", sum(&without))?,
                days: days.collect::<Result<_, Failure>>()?,
                cursor,
            });
        }
        Ok(rows)
    }

    /// The flat form: one row for each row and day.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<CoverageTableRow>, Failure> {
        let mut table = Vec::new();
        for row in self.rows_of(ctx).await? {
            table.extend(row.days.into_iter().map(|day| CoverageTableRow {
                event: row.event.clone(),
                group_type: row.group_type.clone(),
                bucket: day.bucket,
                local_date: day.local_date,
                is_partial: day.is_partial,
                events: day.events,
                covered: day.covered,
                rate: day.rate,
                without_entity: day.without_entity,
            }));
        }
        Ok(table)
    }
}

/// Adds the events of a row to their day.
fn add(days: &mut Days, batch: &arrow::array::RecordBatch, row: usize) -> Result<(), Failure> {
    let slice = columns::small_integers(batch, "slice")?.value(row);
    let place = usize::try_from(slice).map_err(Failure::internal)?;
    *days.entry(place).or_default() += columns::integers(batch, "events")?.value(row);
    Ok(())
}
