//! Rows that sum activity: what one user did in one group in a span of time that no edge lies in.
//!
//! ```text
//! days:    whole_days + single_events -> read_days -> split_1
//! placed:  sums by another engine + single events that are not sealed -> read_sums -> split_1
//! ```

use super::render::Parts;
use super::source::{Source, instants_of};
use super::{Lookback, Split};
use crate::store::{Derived, Error, placed};
use chrono::DateTime;
use std::fmt::Write as _;

impl Parts<'_> {
    /// Events placed in groups, sealed ones summed by another engine, where one computes them and single events do not
    /// matter. Otherwise `None`.
    pub(super) fn placed_sums(&mut self) -> Result<Option<String>, Error> {
        let order = match self.source {
            Source::ByName => Derived::ByName,
            Source::ByGroup => Derived::ByGroup,
            Source::Days | Source::Events => return Ok(None),
        };
        if self.far.is_none() || !self.scope.sums_placed() {
            return Ok(None);
        }
        let range = self.scope.read_range();
        let Some((far, keys)) = self.far_sums(order, self.within(range))? else { return Ok(None) };
        let is_split = !self.scope.splits.is_empty();
        let kept = if is_split { "group_key is not null" } else { "place = 0" };
        let mut columns = keys;
        if !self.by_user {
            columns.push("null::uinteger as user_key, false as is_identified");
        }
        let columns = columns.join(", ");
        let (own, names, hot) = (self.own(range), self.names()?, self.scope.snapshot.hot_placed());
        self.relations.push(format!(
            "read_sums as (
    select {columns}, events, first_at, last_at from temp.main.{far}
    union all
    select {columns}, 1::ubigint as events, occurred_at as first_at, occurred_at as last_at from {hot}
    where {own}{names} and {kept})"
        ));
        if !is_split {
            return Ok(Some("read_sums".to_owned()));
        }
        let all = "select *, group_key as group_1 from read_sums";
        self.split(1, all, "select * from read_sums where false").map(Some)
    }

    /// Daily sums of whole days, and single events of days that have an edge of time inside them.
    pub(super) fn read_days(&mut self) -> Result<String, Error> {
        let range = self.scope.read_range();
        let is_split = !self.scope.splits.is_empty();
        let nobody = "null::uinteger as user_key, false as is_identified";
        let who = if is_split && !self.by_user { nobody } else { "user_key, is_identified" };
        let group = if is_split { "group_key, " } else { "" };
        let columns = format!("{who}, events, first_at, last_at");
        let (days, columns, kept) = match (is_split, self.by_user) {
            (true, true) => (Derived::GroupDays, format!("group_key, {columns}"), "group_key is not null"),
            (true, false) => (Derived::GroupTotals, format!("group_key, {columns}"), "group_key is not null"),
            (false, _) => (Derived::UserDays, columns, "place = 0"),
        };
        let mut parts = Vec::new();
        if let Some(far) = self.far_days(days, self.within(range))? {
            let who = if self.by_user { who } else { nobody };
            parts.push(format!("select {group}{who}, events, first_at, last_at from temp.main.{far}"));
        } else if let Some(rows) = self.scope.snapshot.derived(days, Some(self.within(range))) {
            let whole = self.whole_days(range);
            parts.push(format!("select {columns} from {rows} where {whole}"));
        }
        for rows in self.single_events(range, kept)? {
            parts.push(format!(
                "select {group}user_key, is_identified, 1::uinteger as events, occurred_at as first_at, occurred_at as last_at
                 from {rows}"
            ));
        }
        self.relations.push(format!("read_days as ({})", parts.join("\nunion all ")));
        if !is_split {
            return Ok("read_days".to_owned());
        }
        self.split(1, "select *, group_key as group_1 from read_days", "select * from read_days where false")
    }

    /// The condition for days without an edge of time inside them.
    fn whole_days(&self, (from, to): (i64, i64)) -> String {
        let date = |micros| DateTime::from_timestamp_micros(micros).map(|instant| instant.date_naive());
        let mut whole = format!("project = {}", self.scope.project.0);
        if let Some(first) = date(from).filter(|_| self.scope.lookback != Lookback::Ever) {
            let _ = write!(whole, " and day >= date '{first}'");
        }
        if let Some(last) = date(to - 1) {
            let _ = write!(whole, " and day <= date '{last}'");
        }
        for day in self.scope.cut_days() {
            let _ = write!(whole, " and day <> date '{day}'");
        }
        whole
    }

    /// Events placed in groups that no daily sum covers: those of cut days, and those that are not sealed.
    fn single_events(&mut self, range: (i64, i64), kept: &str) -> Result<Vec<String>, Error> {
        let snapshot = &self.scope.snapshot;
        let of_few = matches!(self.scope.splits.first(), Some(Split::Ids(_) | Split::One { .. }));
        let hot = snapshot.hot_placed();
        let mut parts = vec![format!("(select * from {hot} where {} and {kept})", self.own(range))];
        for day in self.scope.cut_days() {
            if let Some(far) = self.far_day(day, self.within(range))? {
                parts.push(format!("temp.main.{far}"));
                continue;
            }
            let (start, end) = instants_of(day);
            let day = (start.max(range.0), end.min(range.1));
            let (own, within) = (self.own(day), Some(self.within(day)));
            // Few groups stand together among placed events, one day stands together among whole events.
            let rows = if of_few {
                snapshot
                    .derived(Derived::ByGroup, within)
                    .map(|rows| format!("(select * from {rows} where {own} and {kept})"))
            } else {
                let rows = snapshot.sealed_events(within, &mut self.files);
                let rows = rows.map(|rows| placed(&format!("(select * from {rows} where {own})")));
                rows.map(|rows| format!("(select * from {rows} where {kept})"))
            };
            parts.extend(rows);
        }
        Ok(parts)
    }
}
