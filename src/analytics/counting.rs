//! Units that are counted, over the whole and in the rows of a breakdown: what the analyses of units over time share.
//!
//! Split by group, each pair of a unit and a group (one group for every type that is split by; null where an event
//! has none) is worked out alone on that group's events, of all time where the analysis looks back. A unit that is
//! itself a group of the type is in its own row only.
//!
//! Split by a property, a unit has one value for each place (the unit and the groups split by): that of the first of
//! its counted events (by time, then by arrival) that has one; for each breakdown on its own. A property of a group
//! is read from the unit's own group if that has the type, else from the group split by, else from the first group
//! on the event that has a value.
//!
//! A filter on the groups of a type tests the unit's own group, or the group split by, alone where that has the type.
//! The answer over the whole is not split, so a filter on a type that is only split by tests all groups on the event
//! there.
//!
//! Buckets are cut to the range: an event outside the range is in no bucket, even where it lies in the same calendar
//! unit. What is "first" or "ever" looks at events before `from` as well, never at one at or after `to`. The previous
//! period is answered as if it were the range, cut into its own buckets, whose number may differ. Buckets follow the
//! range, not the present; where an analysis knows the present, it says so.
//!
//! `events` of totals and of rows counts an event once, however many of the row's units it belongs to.

use super::breakdown::{Breakdown, BreakdownInput, BreakdownKey};
use super::filter::{Common, only_named};
use super::hint::hint;
use super::keys::{KeyColumns, Page, RowKey, group_of, missing_last, spell_out};
use super::masks::MaskColumns;
use super::unit::{Counted, UnitInput};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::time::{Bucket, Calendar};
use crate::engine::scope::Scope;
use crate::engine::scope::masks::words;
use crate::engine::{Question, arrow as columns};
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use crate::graphql::group::Group;
use arrow::array::RecordBatch;
use async_graphql::Context;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

/// The arguments, as they are typed.
#[derive(Debug)]
pub struct CountingInput {
    /// Range, filter, attribution, users, group properties.
    pub common: Common,
    /// Only events of this name.
    pub event: Option<String>,
    /// What is counted.
    pub unit: Option<UnitInput>,
    /// By what rows are split.
    pub breakdown: Option<Vec<BreakdownInput>>,
    /// How many rows.
    pub first: Option<i32>,
    /// The row behind which the page begins.
    pub after: Option<String>,
}

/// Units that last, with what rows are split by.
#[derive(Debug, Clone)]
pub struct Counting {
    /// The scope, counting nothing yet: see [`Counting::ask`].
    pub scope: Scope,
    /// What is counted.
    pub unit: Counted,
    /// By what rows are split.
    pub breakdown: Vec<Breakdown>,
    /// Which rows are asked for.
    pub page: Page,
}

/// One row of a page.
#[derive(Debug)]
pub struct Ordered<T> {
    /// What it is about.
    pub keys: Vec<BreakdownKey>,
    /// The group of the first breakdown by group.
    pub group: Option<Group>,
    /// What was counted.
    pub figures: T,
    /// The row's cursor.
    pub cursor: String,
}

impl Counting {
    /// Checks the arguments.
    pub fn parse(input: CountingInput, caller: &Caller) -> Result<Self, Invalid> {
        let limits = caller.limits();
        let mut scope = input.common.scope(caller)?;
        only_named(&mut scope, input.event, limits)?;
        Ok(Self {
            scope,
            unit: Counted::parse_lasting(&input.unit.unwrap_or_default(), limits)?,
            breakdown: Breakdown::parse(&input.breakdown.unwrap_or_default(), caller)?,
            page: Page::parse(input.first, input.after.as_deref(), limits)?,
        })
    }

    /// The buckets of the range; also cuts the scope's time into them.
    pub fn cut(&mut self, calendar: Calendar, most: usize) -> Result<Vec<Bucket>, Invalid> {
        let buckets = calendar.buckets(self.scope.range, most)?;
        let (from, to) = (self.scope.range.from(), self.scope.range.to());
        self.scope.slices = buckets.iter().map(|bucket| bucket.start.max(from)..bucket.end.min(to)).collect();
        Ok(buckets)
    }

    /// The same question about the period of the same length before the range. Its slices are to be cut anew.
    pub fn previous(&self) -> Result<Self, Invalid> {
        let mut previous = self.clone();
        previous.scope.range = self.scope.range.previous()?;
        previous.scope.slices.clear();
        Ok(previous)
    }

    /// The scope of the whole: each unit on all its events.
    fn whole(&self) -> Scope {
        let mut scope = self.scope.clone();
        self.unit.count_in(&mut scope);
        scope
    }

    /// The scope of the rows: each unit in each place of the breakdown.
    fn rows(&self) -> Scope {
        let mut scope = self.whole();
        scope.own_part = self.breakdown.iter().any(|one| self.unit.is_split_by(one));
        let others = self.breakdown.iter().filter(|one| !self.unit.is_split_by(one));
        scope.splits.extend(others.filter_map(Breakdown::split));
        scope.readings = self.breakdown.iter().filter_map(Breakdown::reading).collect();
        scope
    }

    /// Asks about the rows, or about the whole, whose only key is empty. Reads the answer, which has the columns of
    /// [`KeyColumns`], into something for each key.
    pub async fn ask<T: Default>(
        &self,
        ctx: &Context<'_>,
        question: Question,
        is_split: bool,
        add: impl FnMut(&mut T, &RecordBatch, usize) -> Result<(), Failure>,
    ) -> Result<HashMap<RowKey, T>, Failure> {
        self.ask_in(ctx, &self.scope_of(is_split), question, is_split, add).await
    }

    /// As [`Counting::ask`], within a scope that is nearly its own.
    pub async fn ask_in<T: Default>(
        &self,
        ctx: &Context<'_>,
        scope: &Scope,
        question: Question,
        is_split: bool,
        mut add: impl FnMut(&mut T, &RecordBatch, usize) -> Result<(), Failure>,
    ) -> Result<HashMap<RowKey, T>, Failure> {
        let batches = ctx.caller()?.run_unlimited(scope, question).await?;
        let breakdown: &[Breakdown] = if is_split { &self.breakdown } else { &[] };
        let mut rows: HashMap<RowKey, T> = HashMap::new();
        for batch in &batches {
            let keys = KeyColumns::of(batch)?;
            for row in 0..batch.num_rows() {
                add(rows.entry(keys.key(row, &self.unit, breakdown)).or_default(), batch, row)?;
            }
        }
        Ok(rows)
    }

    /// How many masks of slices a unit has in an answer; `None` where slices are too many, or something is read along.
    #[must_use]
    pub fn mask_words(&self, is_split: bool) -> Option<usize> {
        let reads = is_split && self.breakdown.iter().any(|one| one.reading().is_some());
        words(self.scope.slices.len()).filter(|_| !reads)
    }

    /// As [`Counting::ask`], of masks: those of so many words for each of the steps.
    pub async fn ask_masks<T: Default>(
        &self,
        ctx: &Context<'_>,
        question: Question,
        is_split: bool,
        (steps, words): (Range<usize>, usize),
        mut add: impl FnMut(&mut T, &[MaskColumns<'_>], usize),
    ) -> Result<HashMap<RowKey, T>, Failure> {
        let scope = self.scope_of(is_split);
        let breakdown: &[Breakdown] = if is_split { &self.breakdown } else { &[] };
        let mut rows: HashMap<RowKey, T> = HashMap::new();
        for batch in &ctx.caller()?.run_unlimited(&scope, question).await? {
            let keys = KeyColumns::of(batch)?;
            let masks = steps.clone().map(|step| MaskColumns::of(batch, step, words));
            let masks: Vec<MaskColumns<'_>> = masks.collect::<Result<_, _>>()?;
            for row in 0..batch.num_rows() {
                add(rows.entry(keys.key(row, &self.unit, breakdown)).or_default(), &masks, row);
            }
        }
        Ok(rows)
    }

    /// Asks about single units: reads the key of each unit and its masks, whatever is counted of it. For units that are
    /// no sessions.
    pub async fn ask_units(
        &self,
        ctx: &Context<'_>,
        question: Question,
        is_split: bool,
        words: usize,
        mut read: impl FnMut((RowKey, u32), &MaskColumns<'_>, usize),
    ) -> Result<(), Failure> {
        let breakdown: &[Breakdown] = if is_split { &self.breakdown } else { &[] };
        for batch in &ctx.caller()?.run_unlimited(&self.scope_of(is_split), question).await? {
            let (keys, units) = (KeyColumns::of(batch)?, columns::masks(batch, "unit")?);
            let masks = MaskColumns::of(batch, 0, words)?;
            for row in 0..batch.num_rows() {
                read((keys.key(row, &self.unit, breakdown), units.value(row)), &masks, row);
            }
        }
        Ok(())
    }

    /// The scope of the rows, or of the whole.
    #[must_use]
    pub fn scope_of(&self, is_split: bool) -> Scope {
        if is_split { self.rows() } else { self.whole() }
    }

    /// The events of each row in each slice of time, each event once: for units of which one event may belong to
    /// several. Slices must cover the range.
    pub async fn events(
        &self,
        ctx: &Context<'_>,
        is_split: bool,
    ) -> Result<HashMap<RowKey, HashMap<i64, i64>>, Failure> {
        let question = Question::new("events_once", include_str!("events_once.sql"));
        let add = |slices: &mut HashMap<i64, i64>, batch: &RecordBatch, row| {
            let slice = columns::integers(batch, "slice")?.value(row);
            *slices.entry(slice).or_default() += columns::integers(batch, "events")?.value(row);
            Ok(())
        };
        self.ask(ctx, question, is_split, add).await
    }

    /// The events of all units together, each once, where the field that is resolved is asked for them; `counted` is
    /// their sum over the units.
    pub async fn total_events(&self, ctx: &Context<'_>, counted: i64) -> Result<i64, Failure> {
        if !self.is_shared() || !ctx.look_ahead().field("events").exists() {
            return Ok(counted);
        }
        let events = self.events(ctx, false).await?;
        Ok(events.values().flat_map(HashMap::values).sum())
    }

    /// The page of rows that is asked for, in order: the measures descending, then the keys. Each row answers so
    /// many cells.
    pub async fn ordered<T>(
        &self,
        ctx: &Context<'_>,
        rows: HashMap<RowKey, T>,
        measures: impl Fn(&T) -> [i64; 2],
        cells: usize,
    ) -> Result<Vec<Ordered<T>>, Failure> {
        self.ordered_by(ctx, rows, |one, other| measures(other).cmp(&measures(one)), cells).await
    }

    /// As [`Counting::ordered`], by an order of one's own before the keys.
    pub async fn ordered_by<T>(
        &self,
        ctx: &Context<'_>,
        rows: HashMap<RowKey, T>,
        order: impl Fn(&T, &T) -> Ordering,
        cells: usize,
    ) -> Result<Vec<Ordered<T>>, Failure> {
        let mut rows = spell_out(ctx, &self.scope, &self.breakdown, rows).await?;
        rows.sort_by(|(keys, row), (other_keys, other)| {
            order(row, other).then_with(|| missing_last(keys).cmp(&missing_last(other_keys)))
        });
        let ordered = |((keys, figures), cursor): ((Vec<BreakdownKey>, T), String)| Ordered {
            group: group_of(&keys, &self.breakdown),
            keys,
            figures,
            cursor,
        };
        let page: Vec<Ordered<T>> = self.page.of(rows).map(ordered).collect();
        ctx.loaders()?.budget().charge("rows", "first", page.len() * cells)?;
        Ok(page)
    }

    /// Sets the events of rows in which an event may be counted several times.
    pub async fn count_events_once<T>(
        &self,
        ctx: &Context<'_>,
        rows: &mut HashMap<RowKey, T>,
        set: impl Fn(&mut T, i64),
    ) -> Result<(), Failure> {
        // A row that is one group's own counts its events once already.
        let is_own = self.breakdown.iter().any(|one| self.unit.is_split_by(one));
        if !self.is_shared() || is_own {
            return Ok(());
        }
        for (key, slices) in self.events(ctx, true).await? {
            if let Some(row) = rows.get_mut(&key) {
                set(row, slices.values().sum());
            }
        }
        Ok(())
    }

    /// Whether one event may belong to several units.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.unit.group_type().is_some()
    }

    /// Why the answer may be empty: see [`super::hint`].
    pub async fn hint(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        hint(ctx, &self.scope, &self.breakdown, self.unit.group_type()).await
    }
}
