//! The answer of retention.

use super::grid::{Counts, Grid};
use super::{DeedInput, RetentionMode};
use crate::analytics::breakdown::BreakdownKey;
use crate::analytics::counting::{Counting, CountingInput, Ordered};
use crate::analytics::keys::{RowKey, flat_key};
use crate::analytics::scalars::{Date, DateTime};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::Calendar;
use crate::engine::scope::Lookback;
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::group::Group;
use arrow::array::RecordBatch;
use async_graphql::{Context, Object, SimpleObject};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// The arguments of both forms.
#[derive(Debug)]
pub(super) struct RetentionInput {
    pub(super) start_event: DeedInput,
    pub(super) return_event: DeedInput,
    pub(super) mode: RetentionMode,
    pub(super) rolling: bool,
    pub(super) columns: Option<i32>,
    pub(super) compare_previous: bool,
    pub(super) calendar: Calendar,
    pub(super) counting: CountingInput,
}

/// How many units came back.
#[derive(Debug)]
pub struct Retention {
    asked: Asked,
    previous: Option<Asked>,
    whole: OnceCell<Counts>,
}

/// A checked question about one period.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) counting: Counting,
    pub(super) mode: RetentionMode,
    pub(super) grid: Grid,
}

/// The units that started in one bucket.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetentionCohort {
    /// The bucket's first instant. It lies before the range where the first bucket is cut.
    pub bucket: DateTime,
    /// The local day on which it begins.
    pub local_date: Date,
    /// Whether the range, or the present, covers the bucket only in part.
    pub is_partial: bool,
    /// Units that started in the bucket; null while it has not begun.
    pub starters: Option<i32>,
    /// One cell for each column.
    pub cells: Vec<RetentionCell>,
}

/// How many units of a cohort came back in one bucket.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetentionCell {
    /// How many buckets after the cohort's: 0 is the cohort's own.
    pub column: i32,
    /// Units that came back in this bucket (column 0: that started); null when it lies behind the range or the present.
    pub units: Option<i32>,
    /// Units ÷ starters, 0 to 1; null when there are no starters, or no units to tell.
    pub rate: Option<f64>,
    /// Whether the range, or the present, covers the bucket only in part, so that the number may still grow.
    pub is_partial: bool,
}

/// One column over several cohorts.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetentionColumn {
    /// How many buckets after the cohort's: 0 is the cohort's own.
    pub column: i32,
    /// Starters of the cohorts whose cell in this column is known.
    pub starters: i32,
    /// Units of these cohorts that came back in this column; null when no cohort's cell is known.
    pub units: Option<i32>,
    /// Units ÷ starters, 0 to 1; null when there are no starters.
    pub rate: Option<f64>,
    /// Whether one of the cells is cut.
    pub is_partial: bool,
}

/// The cohorts of one combination of breakdown values.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetentionRow {
    /// What the row is about, one key for each breakdown.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group; null when there is none.
    pub group: Option<Group>,
    /// Every column over the row's cohorts together.
    pub columns: Vec<RetentionColumn>,
    /// The row's cohorts, one for each bucket that the range touches, empty ones too.
    pub cohorts: Vec<RetentionCohort>,
    /// Give it as `after` to get the rows behind this one.
    pub cursor: String,
}

/// One column of one cohort of one breakdown value.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetentionTableRow {
    /// Value of the first breakdown; null without one, or where the value is missing.
    pub key1: Option<String>,
    /// Value of the second breakdown.
    pub key2: Option<String>,
    /// Value of the third breakdown.
    pub key3: Option<String>,
    /// The first instant of the cohort's bucket.
    pub cohort: DateTime,
    /// The local day on which it begins.
    pub cohort_date: Date,
    /// How many buckets after the cohort's.
    pub column: i32,
    /// Units that started in the cohort's bucket; null while it has not begun.
    pub starters: Option<i32>,
    /// Units that came back in this column; null when it is not known yet.
    pub units: Option<i32>,
    /// Units ÷ starters, 0 to 1.
    pub rate: Option<f64>,
    /// Whether the range, or the present, covers the column's bucket only in part.
    pub is_partial: bool,
}

/// Who came back. The server tells at `/docs/retention` what exactly is counted, with an example.
#[Object]
impl Retention {
    /// Always false: a unit may be in several cohorts, columns and rows.
    async fn is_additive(&self) -> bool {
        false
    }

    /// Every column over all cohorts together.
    async fn columns(&self, ctx: &Context<'_>) -> Result<Vec<RetentionColumn>, Failure> {
        self.whole(ctx).await?.columns(&self.asked.grid)
    }

    /// The cohorts, one for each bucket that the range touches, empty ones too.
    async fn cohorts(&self, ctx: &Context<'_>) -> Result<Vec<RetentionCohort>, Failure> {
        self.whole(ctx).await?.cohorts(&self.asked.grid)
    }

    /// Every column over the cohorts of the period of the same length before the range; null unless `comparePrevious`.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<Vec<RetentionColumn>>, Failure> {
        let Some(asked) = &self.previous else { return Ok(None) };
        let counts = asked.counts(ctx, false).await?.into_values().next().unwrap_or_default();
        counts.columns(&asked.grid).map(Some)
    }

    /// The rows of the breakdown: starters descending, then returns descending, then the keys. Empty without a breakdown.
    async fn rows(&self, ctx: &Context<'_>) -> Result<Vec<RetentionRow>, Failure> {
        let grid = &self.asked.grid;
        let row = |row: Ordered<Counts>| {
            Ok(RetentionRow {
                keys: row.keys,
                group: row.group,
                columns: row.figures.columns(grid)?,
                cohorts: row.figures.cohorts(grid)?,
                cursor: row.cursor,
            })
        };
        self.page(ctx).await?.into_iter().map(row).collect()
    }

    /// Why the answer may be empty: a group type, an event name or a property that nothing has, a range without events, or an empty cohort. Null when there is nothing to say.
    async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        self.asked.counting.hint(ctx).await
    }
}

impl Retention {
    /// Checks the arguments.
    pub(super) fn new(caller: &Caller, input: RetentionInput) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let mut counting = Counting::parse(input.counting, caller)?;
        counting.scope.steps = vec![
            input.start_event.parse("startEvent", caller)?,
            input.return_event.parse("returnEvent", caller)?,
        ];
        counting.scope.only_marked = true;
        counting.scope.first_event_decides = true;
        counting.scope.lookback = match input.mode {
            RetentionMode::FirstEver => Lookback::Ever,
            RetentionMode::Recurring => Lookback::None,
        };
        let before = input.compare_previous.then(|| counting.previous()).transpose()?;
        let buckets = counting.cut(input.calendar, limits.buckets)?;
        let columns = match input.columns {
            None => buckets.len(),
            Some(columns) => usize::try_from(columns)
                .ok()
                .filter(|columns| (1..=limits.buckets).contains(columns))
                .ok_or_else(|| {
                    Invalid::new("columns", format!("is {columns}; ask for 1 to {} columns", limits.buckets))
                })?,
        };
        let cells = buckets.len() * columns;
        if cells > limits.rows {
            let reason = format!(
                "asks for {cells} cells ({} cohorts with {columns} columns each); {} at most are allowed: give fewer columns, a longer interval or a shorter range",
                buckets.len(),
                limits.rows
            );
            return Err(Invalid::new("columns", reason));
        }
        let range = counting.scope.range;
        let grid =
            Grid { buckets, columns, rolling: input.rolling, range, end: caller.up_to_now(range.to()) };
        let previous = before.map(|mut before| {
            let buckets = before.cut(input.calendar, limits.buckets)?;
            let range = before.scope.range;
            let end = caller.up_to_now(range.to());
            let grid = Grid { buckets, range, end, ..grid.clone() };
            Ok(Asked { counting: before, mode: input.mode, grid })
        });
        let previous = previous.transpose()?;
        Ok(Self { asked: Asked { counting, mode: input.mode, grid }, previous, whole: OnceCell::new() })
    }

    async fn whole(&self, ctx: &Context<'_>) -> Result<&Counts, Failure> {
        let ask = async || Ok(self.asked.counts(ctx, false).await?.into_values().next().unwrap_or_default());
        self.whole.get_or_try_init(ask).await
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Vec<Ordered<Counts>>, Failure> {
        let Asked { counting, grid, .. } = &self.asked;
        if counting.breakdown.is_empty() {
            return Ok(Vec::new());
        }
        let mut counts = self.asked.counts(ctx, true).await?;
        counts.retain(|_, counts| counts.measures(grid)[0] > 0);
        let cells = grid.buckets.len() * grid.columns;
        counting.ordered(ctx, counts, |counts| counts.measures(grid), cells).await
    }

    /// The flat form: the rows of the breakdown, or the whole.
    pub(super) async fn table(&self, ctx: &Context<'_>) -> Result<Vec<RetentionTableRow>, Failure> {
        let grid = &self.asked.grid;
        let parts = if self.asked.counting.breakdown.is_empty() {
            vec![(Vec::new(), self.whole(ctx).await?.cohorts(grid)?)]
        } else {
            let part = |row: Ordered<Counts>| Ok((row.keys, row.figures.cohorts(grid)?));
            self.page(ctx).await?.into_iter().map(part).collect::<Result<_, Failure>>()?
        };
        let mut table = Vec::new();
        for (keys, cohorts) in parts {
            for cohort in cohorts {
                table.extend(cohort.cells.iter().map(|cell| flat(&keys, &cohort, cell)));
            }
        }
        Ok(table)
    }
}

fn flat(keys: &[BreakdownKey], cohort: &RetentionCohort, cell: &RetentionCell) -> RetentionTableRow {
    RetentionTableRow {
        key1: flat_key(keys, 0),
        key2: flat_key(keys, 1),
        key3: flat_key(keys, 2),
        cohort: cohort.bucket,
        cohort_date: cohort.local_date,
        column: cell.column,
        starters: cohort.starters,
        units: cell.units,
        rate: cell.rate,
        is_partial: cell.is_partial,
    }
}

impl Asked {
    /// The counted units, by row.
    async fn counts(&self, ctx: &Context<'_>, is_split: bool) -> Result<HashMap<RowKey, Counts>, Failure> {
        if let Some(words) = self.counting.mask_words(is_split) {
            return self.counts_of_masks(ctx, is_split, words).await;
        }
        let question = Question::new("retention", include_str!("retention.sql"))
            .with("recurring", self.mode == RetentionMode::Recurring)
            .with("rolling", self.grid.rolling);
        let add = |counts: &mut Counts, batch: &RecordBatch, row| {
            let place = |name| -> Result<usize, Failure> {
                let place = columns::small_integers(batch, name)?.value(row);
                usize::try_from(place).map_err(Failure::internal)
            };
            counts.add(place("cohort")?, place("later")?, columns::integers(batch, "units")?.value(row));
            Ok(())
        };
        self.counting.ask(ctx, question, is_split, add).await
    }
}
