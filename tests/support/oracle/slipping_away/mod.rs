//! `slippingAway` by definition: the groups whose activity fell, or that fell silent.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::numbers::{change, count};
use super::units::{Counted, lives_of_groups, users_of, within};
use chrono::{DateTime, Duration, Utc};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct SlippingSpec {
    /// The type of the groups.
    pub(crate) group_type: String,
    /// Only events of this name.
    pub(crate) event: Option<String>,
    /// What a group is measured by.
    pub(crate) measure: Measure,
    /// By how much the measure fell at least; falls are not looked for when `None`.
    pub(crate) fell_by: Option<f64>,
    /// How long before the end of the range there was no event at least; not looked for when `None`.
    pub(crate) silent_for: Option<Duration>,
    /// The rest, without a breakdown.
    pub(crate) common: Common,
}

/// What a group is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Events,
    Users,
}

/// A group that is slipping away.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlippingRow {
    pub(crate) group_id: String,
    pub(crate) current: usize,
    pub(crate) previous: usize,
    pub(crate) change: Option<f64>,
    pub(crate) has_fallen: bool,
    pub(crate) is_silent: bool,
    pub(crate) last_active_at: DateTime<Utc>,
    pub(crate) silent_days: i64,
    pub(crate) members: usize,
}

/// The groups in order: the greatest loss first, then those silent longest, then the id.
pub(crate) fn slipping_away(data: &Dataset, spec: &SlippingSpec) -> Vec<SlippingRow> {
    let range = spec.common.range(data);
    let before = range.previous().expect("a previous period");
    let measure = |events: &[Counted<'_>]| match spec.measure {
        Measure::Events => events.len(),
        Measure::Users => users_of(events, spec.common.reading.users).len(),
    };
    let mut rows = Vec::new();
    for (group_id, life) in lives_of_groups(data, &spec.common, &spec.group_type, spec.event.as_ref()) {
        let last = life.iter().map(Counted::time).rfind(|time| *time < range.to());
        let Some(last_active_at) = last else { continue };
        let (current, previous) = (measure(&within(&life, range)), measure(&within(&life, before)));
        let fall = |least: f64| previous > 0 && (count(previous) - count(current)) / count(previous) >= least;
        let (has_fallen, is_silent) = (
            spec.fell_by.is_some_and(fall),
            spec.silent_for.is_some_and(|least| last_active_at <= range.to() - least),
        );
        if has_fallen || is_silent {
            rows.push(SlippingRow {
                current,
                previous,
                change: change(current, previous),
                has_fallen,
                is_silent,
                last_active_at,
                silent_days: (range.to() - last_active_at).num_days(),
                members: data.members_at(&group_id, range.to()).len(),
                group_id,
            });
        }
    }
    rows.sort_by_key(|row| {
        let gain = i64::try_from(row.current).expect("few") - i64::try_from(row.previous).expect("few");
        (gain, row.last_active_at, row.group_id.clone())
    });
    rows
}
