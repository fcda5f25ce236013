//! What a funnel answers, each part computed when it is asked for and then kept.

use super::question;
use super::spec::FunnelSpec;
use super::tally::{Pass, Tally, UnitName, UnitResult, Wanted, is_any, tally};
use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::count::int;
use crate::analytics::hint::hint;
use crate::analytics::keys::{Page, group_of};
use crate::analytics::numbers::{average, quantile, rate};
use crate::analytics::scalars::{Date, DateTime};
use crate::domain::Invalid;
use crate::domain::time::Bucket;
use crate::engine::scope::Scope;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use async_graphql::{Context, Object, SimpleObject};
use tokio::sync::OnceCell;

/// A funnel's answer.
#[derive(Debug)]
pub struct Funnel {
    spec: FunnelSpec,
    scope: Scope,
    buckets: Option<Vec<Bucket>>,
    page: Page,
    whole: OnceCell<Answered>,
    split: OnceCell<Answered>,
}

/// What a pass gave, and the rows of the breakdown in order.
#[derive(Debug)]
struct Answered {
    pass: Pass,
    rows: Vec<(Vec<BreakdownKey>, Tally)>,
}

/// One step: how many units reached it and how long they took since the step before.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct FunnelStep {
    /// Name of the step's event; null when the order is ANY, where step n is the n-th distinct step done.
    pub event: Option<String>,
    /// Units whose attempt that counts, the best they made, reached this step.
    pub units: i32,
    /// Units of this step ÷ units of the first, 0 to 1; null when no unit started.
    pub rate_from_start: Option<f64>,
    /// Units of this step ÷ units of the step before (for the first: of itself); null when that is 0.
    pub rate_from_previous: Option<f64>,
    /// Mean seconds since the step before; null for the first step and without units.
    pub average_seconds: Option<f64>,
    /// Median seconds since the step before, interpolated linearly; null for the first step and without units.
    pub median_seconds: Option<f64>,
    /// 90th percentile of seconds since the step before, interpolated linearly; null for the first step
    /// and without units.
    pub p90_seconds: Option<f64>,
}

/// A step of one row of the breakdown.
pub type FunnelRowStep = FunnelStep;

/// A step in the previous period.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct FunnelPreviousStep {
    /// Name of the step's event; null when the order is ANY.
    pub event: Option<String>,
    /// Units whose attempt that counts in the previous period reached this step.
    pub units: i32,
    /// Units of this step ÷ units of the first, 0 to 1; null when no unit started.
    pub rate_from_start: Option<f64>,
}

/// The units whose attempts opened in one bucket of time.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct FunnelPeriod {
    /// The bucket's first instant.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range covers the bucket only in part.
    pub is_partial: bool,
    /// The steps; each unit counts once in a bucket, with its best attempt opened in it.
    pub steps: Vec<FunnelStep>,
}

/// One row of the breakdown.
#[derive(Debug, Clone, SimpleObject)]
pub struct FunnelRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// The steps, walked on this row's events.
    pub steps: Vec<FunnelStep>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// A unit that stopped at a step.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct FunnelStopped {
    /// The profile's, session's or group's id. For `users: ALL` preceded by `p` for profiles and `d` for devices.
    pub unit_id: String,
    /// When the attempt that counts for it began.
    pub started_at: DateTime,
    /// When it did the last step it reached.
    pub last_step_at: DateTime,
}

/// How far units got. The server tells at `/docs/funnel` what exactly is counted, with an example.
#[Object]
impl Funnel {
    /// Always false: a unit may be in several rows, so rows do not add up to the steps.
    async fn is_additive(&self) -> bool {
        false
    }

    /// The steps over all events.
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<FunnelStep>, Failure> {
        self.total(ctx).await
    }

    /// The steps in the period of the same length before the range; null unless `comparePrevious`.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<Vec<FunnelPreviousStep>>, Failure> {
        if self.scope.previous.is_none() {
            return Ok(None);
        }
        let steps = self.spell_out(&self.whole(ctx).await?.pass.previous)?.into_iter();
        let steps = steps.map(|step| FunnelPreviousStep {
            event: step.event,
            units: step.units,
            rate_from_start: step.rate_from_start,
        });
        Ok(Some(steps.collect()))
    }

    /// The steps by the bucket in which the attempt opened; null unless `interval` is given.
    async fn periods(&self, ctx: &Context<'_>) -> Result<Option<Vec<FunnelPeriod>>, Failure> {
        let Some(buckets) = &self.buckets else { return Ok(None) };
        let pass = &self.whole(ctx).await?.pass;
        let periods = buckets.iter().zip(&pass.periods).map(|(bucket, tally)| {
            Ok(FunnelPeriod {
                bucket: DateTime(bucket.start),
                local_date: Date(bucket.local_date),
                is_partial: bucket.is_partial,
                steps: self.spell_out(tally)?,
            })
        });
        periods.collect::<Result<_, Failure>>().map(Some)
    }

    /// The rows of the breakdown: units of the first step descending, then events in their chains, then the keys.
    /// Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<FunnelRow>, Failure> {
        self.page(ctx).await
    }

    /// The units that reached this step and went no further, those that came furthest in time first.
    async fn stopped_at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The last step reached, counted from 1.")] step: i32,
        #[graphql(desc = "How many units, 1 to `limits.rows`.", default_with = "Some(100)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<FunnelStopped>, Failure> {
        let wanted = usize::try_from(step).ok().filter(|step| (1..=self.spec.steps.len()).contains(step));
        let wanted = wanted.ok_or_else(|| {
            Invalid::new(
                "step",
                format!("is {step}; the steps are counted from 1 to {}", self.spec.steps.len()),
            )
        })?;
        let first = crate::analytics::filter::parse_first(first, 100, ctx.caller()?.limits())?;
        let pass = &self.whole(ctx).await?.pass;
        let mut stopped: Vec<&UnitResult> =
            pass.results.iter().filter(|result| result.steps == wanted).collect();
        stopped.sort_by_key(|result| std::cmp::Reverse(result.instants.1));
        // Ids decide among equals, so equals of the last on the page are named as well.
        let last = first.checked_sub(1).and_then(|last| stopped.get(last)).map(|result| result.instants.1);
        stopped.retain(|result| last.is_none_or(|last| result.instants.1 >= last));
        let names: Vec<&UnitName> = stopped.iter().map(|result| &result.unit).collect();
        let ids = super::names::units(ctx, &self.scope, &self.spec.unit, &names).await?;
        let mut page: Vec<(String, &UnitResult)> = ids.into_iter().zip(stopped).collect();
        page.sort_by(|(a_id, a), (b_id, b)| b.instants.1.cmp(&a.instants.1).then_with(|| a_id.cmp(b_id)));
        let instant = |micros| DateTime(chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default());
        let stopped = page.into_iter().take(first).map(|(unit_id, result)| FunnelStopped {
            unit_id,
            started_at: instant(result.instants.0),
            last_step_at: instant(result.instants.1),
        });
        Ok(stopped.collect())
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        let spec = &self.spec;
        let scope =
            Scope { steps: spec.steps.clone(), exclusions: spec.exclusions.clone(), ..self.scope.clone() };
        hint(ctx, &scope, &spec.breakdown, spec.unit.group_type()).await
    }
}

impl Funnel {
    /// A funnel that is ready to be asked.
    pub(super) fn new(spec: FunnelSpec, scope: Scope, buckets: Option<Vec<Bucket>>, page: Page) -> Self {
        Self { spec, scope, buckets, page, whole: OnceCell::new(), split: OnceCell::new() }
    }

    /// The steps over all events.
    pub(super) async fn total(&self, ctx: &Context<'_>) -> Result<Vec<FunnelStep>, Failure> {
        self.spell_out(&self.whole(ctx).await?.pass.total)
    }

    /// The page of rows that is asked for.
    pub(super) async fn page(&self, ctx: &Context<'_>) -> Result<Vec<FunnelRow>, Failure> {
        if self.spec.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let answered = if self.spec.is_split() { self.split(ctx).await? } else { self.whole(ctx).await? };
        let rows = self.page.of(&answered.rows).map(|((keys, tally), cursor)| {
            let (group, steps) = (group_of(keys, &self.spec.breakdown), self.spell_out(tally)?);
            Ok(FunnelRow { keys: keys.clone(), group, steps, cursor })
        });
        rows.collect()
    }

    /// The pass over all events of each unit.
    async fn whole(&self, ctx: &Context<'_>) -> Result<&Answered, Failure> {
        self.whole.get_or_try_init(|| self.pass(ctx, false)).await
    }

    /// The pass over each unit's events in each group alone.
    async fn split(&self, ctx: &Context<'_>) -> Result<&Answered, Failure> {
        self.split.get_or_try_init(|| self.pass(ctx, true)).await
    }

    async fn pass(&self, ctx: &Context<'_>, is_split: bool) -> Result<Answered, Failure> {
        let mut scope = self.scope.clone();
        self.spec.prepare(&mut scope, is_split);
        if is_split {
            scope.previous = None;
        }
        let batches = ctx.caller()?.run_unlimited(&scope, question()).await?;
        let (spec, buckets) = (self.spec.clone(), self.buckets.clone().unwrap_or_default());
        let work = move || {
            let buckets: &[Bucket] = if is_split { &[] } else { &buckets };
            let wanted = Wanted {
                spec: &spec,
                range: scope.range,
                previous: scope.previous,
                buckets,
                units: !is_split,
            };
            tally(&batches, wanted)
        };
        // The walk may take long; it must not hold up other requests.
        let mut pass = tokio::task::spawn_blocking(work).await.map_err(Failure::internal)??;
        let rows = pass.spell_out(ctx, &self.scope, &self.spec.breakdown).await?;
        Ok(Answered { pass, rows })
    }

    fn spell_out(&self, tally: &Tally) -> Result<Vec<FunnelStep>, Failure> {
        let mut steps = Vec::with_capacity(tally.units.len());
        for (index, units) in tally.units.iter().enumerate() {
            let mut seconds = tally.seconds[index].clone();
            seconds.sort_by(f64::total_cmp);
            steps.push(FunnelStep {
                event: self.spec.steps[index].event.clone().filter(|_| !is_any(&self.spec)),
                units: int("units", *units)?,
                rate_from_start: rate(*units, tally.units[0]),
                rate_from_previous: rate(*units, tally.units[index.saturating_sub(1)]),
                average_seconds: average(&seconds),
                median_seconds: quantile(&seconds, 0.5),
                p90_seconds: quantile(&seconds, 0.9),
            });
        }
        Ok(steps)
    }
}
