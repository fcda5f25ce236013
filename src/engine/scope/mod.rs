//! The scope of a question: the only tenancy, time, filter and attribution predicates in the program.
//!
//! `render.rs` puts these relations before a statement, in which every row is the project's own:
//!
//! | relation | one row is |
//! |---|---|
//! | `scoped_events` | one event that passes the filter; with splits, one event in one group of each split |
//! | `scoped_activity` | what one user did in a slice of time that crosses no edge; with a split, in one group |
//! | `scoped_slices` | what one unit did in one place (the unit, and the groups split by) in one slice of time |
//! | `scoped_counts` | the events in one row of the splits and the readings, in one slice of time |
//! | `scoped_masks`, `scoped_unit_masks`, `scoped_step_masks` | in which slices one unit was active in one place, or did each step, as bits |
//! | `scoped_hits` | an event that has a unit, in the range or the previous period, with the columns that hold anything |
//! | `known_groups`, `group_changes`, `group_spans` | a group now; one change of it; one span without change |
//! | `deleted_groups` | a group that was deleted and did not come back |
//! | `known_profiles` | a profile now |
//! | `known_memberships` | a membership, ended or open |
//! | `members_at_end` | a profile that is a member of a group at the end of the range |
//! | `groups_at_end` | a group with its properties at the end of the range, or now where they are read so |
//! | `asked_groups` | a group by whose id the first split is made: `group_key group_id` |
//! | `asked_entities`, `asked_changes` | those of `known_groups` and `group_changes` that are about such a group |
//! | `asked_memberships`, `asked_members_at_end` | those of `known_memberships` and `members_at_end` |
//! | `chosen_units` | a profile, or a group of a type, that [`Scope::chosen`] chooses: `unit`, its key |
//! | `group_ids`, `user_ids`, `event_names`, `event_paths` | a key and the text it stands for |
//!
//! Groups, users, names and paths are keys (`uinteger`); a statement joins the texts it shows at the end.
//!
//! - `scoped_events`: `seq occurred_at name_key path_key user_key in_range in_previous slice steps exclusions unit
//!   number part_1..3 reading_1..3 group_1..`; `name` for questions that read names or paths, `path` for those that read paths, and
//!   for those that read whole events also `id profile_id device_id session_id properties revenue received_at groups
//!   group_keys`. `user_key` is null for nobody. `unit` is a key, for sessions the session's id.
//! - `scoped_activity`: `user_key events first_at last_at first_seq in_range in_previous slice steps unit part_1..3
//!   reading_1..3 group_1..`. What is summed lies between two neighbours of the range's ends, the previous period's,
//!   those of [`Scope::slices`]. `first_seq` orders events of one instant where properties are
//!   read along, and is null in sums.
//! - `scoped_slices`: `unit part_1..3 slice steps events first_at first_seq value_1..3`, a row for each `steps` where
//!   the statement looks at them. A value is the first there is in the slice, or that of the first event alone
//!   ([`Scope::first_event_decides`]).
//! - `scoped_counts`: `part_1..3 value_1..3 slice events`, of the range alone; every event has its own values.
//! - `scoped_masks`: `part_1..3 value_1..3 first_at_0 events mask_0_0..`: the values are null, and there is no such relation
//!   where anything is read along; `events` are those in the range. `scoped_unit_masks` has `unit` as well. `scoped_step_masks` has no `events`, and `first_at_N
//!   mask_N_0..` for each step N from 1. What it has of rows outside of all slices is the first step alone. The one has units that were
//!   active in a slice, the other those that ever did the first step. See [`masks`].
//! - `slice` is the number, from 0, of the slice of time that the row lies in, null outside of all.
//!
//! Where the rows come from is decided by one rule, in [`source`]. Those that are sealed may be computed by another engine:
//! see `far/`.

mod chosen;
mod far;
mod hits;
mod known;
pub mod masks;
mod membership;
mod named;
mod predicates;
mod render;
mod rows;
mod scoped;
mod slices;
pub mod source;
mod sums;

pub(in crate::engine) use far::Far;
pub(in crate::engine) use render::{By, Rendered};

use super::cohort::{Cohort, KeySet};
use super::explain::Explanation;
use super::filter::{Filter, Path, Subject, Test};
use crate::domain::identity::ProjectKey;
use crate::domain::time::Range;
use crate::store::Snapshot;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;
use std::sync::Arc;

/// Which events belong to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attribution {
    /// Those that were sent with its id.
    #[default]
    Event,
    /// Those of profiles that were members when they happened.
    MembershipAtEvent,
    /// Those of today's members, whenever they happened.
    MembershipNow,
}

/// Who counts as a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Users {
    /// Identified profiles.
    #[default]
    Identified,
    /// Devices of anonymous events as well.
    All,
}

/// When a group's properties are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// As they were when the event happened.
    #[default]
    Event,
    /// As they are now.
    Now,
}

/// How far before the range events are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lookback {
    /// Not at all.
    #[default]
    None,
    /// This much.
    Length(Duration),
    /// From the first event on.
    Ever,
}

/// A multiplication of each event by its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Split {
    /// By its groups of a type.
    Type(String),
    /// By its groups of a type; an event without any stays, with a null group.
    TypeOrNone(String),
    /// By those of its groups that are listed, known or not.
    Ids(Vec<String>),
    /// By one group, which is of a type.
    One {
        /// The type, on which filters test this group alone.
        group_type: String,
        /// The group.
        id: String,
    },
    /// By all its groups, known or not.
    Any,
}

/// What the column `unit` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// The user: `user_key`.
    #[default]
    User,
    /// The session.
    Session,
    /// The group of the first split. `part_1` … then hold those of the other splits only, unless
    /// [`Scope::own_part`].
    FirstSplit,
}

/// How much of events a question reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Times and keys.
    #[default]
    Keys,
    /// Also `name`.
    Names,
    /// Also `name` and `path`.
    Paths,
    /// Everything.
    Events,
}

/// An event name with an optional filter of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The event's name; events of every name when `None`.
    pub event: Option<String>,
    /// What else must hold.
    pub filter: Option<Filter>,
}

impl Condition {
    /// Events of a name.
    #[must_use]
    pub fn named(event: &str) -> Self {
        Self { event: Some(event.to_owned()), filter: None }
    }

    /// Whether every event meets it.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.event.is_none() && self.filter.is_none()
    }
}

/// What is read along with each event, as text.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A property.
    Property {
        /// Whose.
        of: Subject,
        /// Which one.
        path: Path,
    },
    /// Whether the profile, or the group, is in a cohort: `true` or `false`; nothing where there is none.
    Cohort(Arc<Cohort>),
}

impl Reading {
    /// Whose property, or of whom the cohort is a set.
    #[must_use]
    pub fn of(&self) -> &Subject {
        match self {
            Self::Property { of, .. } => of,
            Self::Cohort(cohort) => &cohort.of,
        }
    }
}

/// Which profiles, or groups of a type, `chosen_units` holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    /// All.
    All,
    /// Those that pass a test on themselves.
    Passing(Test),
    /// Those with these keys.
    These(Arc<KeySet>),
}

/// Which events are read where a number is read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbered {
    /// Those without it as well.
    #[default]
    All,
    /// Only those that have it.
    Only,
}

/// A number of each event that is read along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A property, where it is a JSON number.
    Property(Path),
    /// The event's revenue.
    Revenue,
}

/// Bits that are one set of rows, at most: 8 MB for each thread.
const MOST_BITS: u64 = 1 << 26;

/// What a question is asked about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant.
    pub project: ProjectKey,
    /// The instant of the store.
    pub snapshot: Arc<Snapshot>,
    /// The range asked about.
    pub range: Range,
    /// The period it is compared with.
    pub previous: Option<Range>,
    /// How far before the range events are read.
    pub lookback: Lookback,
    /// What must hold of every event.
    pub filter: Option<Filter>,
    /// Which events belong to a group.
    pub attribution: Attribution,
    /// Who counts as a user.
    pub users: Users,
    /// When a group's properties are read.
    pub as_of: AsOf,
    /// Multiplications by groups: `group_1`, `group_2` …
    pub splits: Vec<Split>,
    /// What is counted.
    pub unit: Unit,
    /// Whether `part_1` is the unit itself, where that is the group of the first split.
    pub own_part: bool,
    /// Conditions that become the bits of `steps`, the first the lowest.
    pub steps: Vec<Condition>,
    /// Conditions that become the bits of `exclusions`.
    pub exclusions: Vec<Condition>,
    /// Leave out events that meet no step and no exclusion.
    pub only_marked: bool,
    /// Properties read along: `reading_1` to `reading_3`.
    pub readings: Vec<Reading>,
    /// Whether the first event decides alone what is read along, also where it has no value.
    pub first_event_decides: bool,
    /// A number read along: the column `number` of `scoped_events`, null where there is none.
    pub number: Option<Number>,
    /// Which events are read where a number is.
    pub numbered: Numbered,
    /// Slices of time, half-open, in order, none over another: the column `slice`.
    pub slices: Vec<std::ops::Range<DateTime<Utc>>>,
    /// Only events that were stored behind the row of this number; 0 for all.
    pub stored_after: u64,
    /// The profiles or groups of `chosen_units`.
    pub chosen: Option<(Subject, Chosen)>,
    /// The end of the range as it was asked, also where another period is looked at: "now" for cohorts.
    pub asked_to: DateTime<Utc>,
    /// Who is in the cohorts that are named in filters, conditions and readings, by their ids.
    pub cohorts: HashMap<String, Arc<KeySet>>,
    /// The cheapest source that may answer; every cheaper one is passed over.
    pub cheapest: Option<source::Source>,
    /// Where the cost of each statement is told, if anybody asks.
    pub explanation: Option<Arc<Explanation>>,
}

impl Scope {
    /// Everything a project did in a range, as the events themselves tell it.
    #[must_use]
    pub fn new(project: ProjectKey, snapshot: Arc<Snapshot>, range: Range) -> Self {
        Self {
            project,
            snapshot,
            range,
            previous: None,
            lookback: Lookback::None,
            filter: None,
            attribution: Attribution::default(),
            users: Users::default(),
            as_of: AsOf::default(),
            splits: Vec::new(),
            unit: Unit::default(),
            own_part: false,
            steps: Vec::new(),
            exclusions: Vec::new(),
            only_marked: false,
            readings: Vec::new(),
            first_event_decides: false,
            number: None,
            numbered: Numbered::default(),
            slices: Vec::new(),
            stored_after: 0,
            chosen: None,
            asked_to: range.to(),
            cohorts: HashMap::new(),
            cheapest: None,
            explanation: None,
        }
    }

    /// Everything in a range, at the same instant of the store, attributed and read in the same way.
    #[must_use]
    pub fn afresh(&self, range: Range) -> Self {
        Self {
            attribution: self.attribution,
            users: self.users,
            as_of: self.as_of,
            asked_to: self.asked_to,
            cheapest: self.cheapest,
            explanation: self.explanation.clone(),
            ..Self::new(self.project, Arc::clone(&self.snapshot), range)
        }
    }

    /// The highest number that a row can have, where a bit for each of them is little memory.
    #[must_use]
    pub fn rows_as_bits(&self) -> Option<u64> {
        Some(self.snapshot.visible_seq).filter(|rows| *rows <= MOST_BITS)
    }

    /// The instants that are read, microseconds UTC, half-open.
    fn read_range(&self) -> (i64, i64) {
        let from = self.previous.map_or(self.range.from(), |previous| previous.from());
        let from = match self.lookback {
            Lookback::None => from,
            Lookback::Length(length) => from.checked_sub_signed(length).unwrap_or(DateTime::<Utc>::MIN_UTC),
            Lookback::Ever => DateTime::<Utc>::MIN_UTC,
        };
        let from = if self.lookback == Lookback::Ever { i64::MIN / 2 } else { from.timestamp_micros() };
        (from, self.range.to().timestamp_micros())
    }

    /// The number of the split by a type, if the question is split by it.
    fn split_of(&self, group_type: &str) -> Option<usize> {
        let is_by = |split: &Split| match split {
            Split::Type(name) | Split::TypeOrNone(name) | Split::One { group_type: name, .. } => {
                name == group_type
            }
            Split::Ids(_) | Split::Any => false,
        };
        self.splits.iter().position(is_by).map(|index| index + 1)
    }
}
