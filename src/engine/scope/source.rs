//! Which source answers a question: the one visible rule.
//!
//! | source | what it is | when it is exact |
//! |---|---|---|
//! | [`Source::Days`] | what each user did in each group on each UTC day, or what happened in each group where users do not matter | the question counts activity and nothing about single events: no filter, no steps, one split by groups or none; few edges of time lie inside a day |
//! | [`Source::ByName`] | events placed in groups, by name | only times, names, paths, users and one split by groups matter, and only certain names |
//! | [`Source::ByGroup`] | the same, by group | the same, whatever the names |
//! | [`Source::Events`] | whole events | always |
//!
//! The cheapest that is exact is taken, in this order. All hold the same rows at an instant, so all give the same
//! answer; a question can be held to one of them to prove it.

use super::{AsOf, Attribution, Condition, Reads, Scope, Split, Unit};
use crate::engine::filter::{Field, Filter, Key, Subject};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

/// Where the rows of a question come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Daily sums, with single events where an edge of time lies inside a day.
    Days,
    /// Events placed in groups, by name.
    ByName,
    /// Events placed in groups, by group.
    ByGroup,
    /// Whole events.
    Events,
}

impl Source {
    /// All of them, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Days, Self::ByName, Self::ByGroup, Self::Events];

    /// Its name in answers about answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::ByName => "by_name",
            Self::ByGroup => "by_group",
            Self::Events => "events",
        }
    }
}

/// More days than this with an edge of time inside them, and single events are read throughout.
const CUT_DAYS: usize = 6;

impl Scope {
    /// The source of a question that reads this much of events, and only sums of activity or not.
    #[must_use]
    pub fn source(&self, reads: Reads, only_activity: bool) -> Source {
        let fits = |source: Source| match source {
            Source::Days => only_activity && self.fits_days(reads),
            Source::ByName => self.fits_placed(reads) && self.only_names(),
            Source::ByGroup => self.fits_placed(reads),
            Source::Events => true,
        };
        let cheapest = self.cheapest.unwrap_or(Source::Days);
        let wanted = Source::ALL.into_iter().filter(|source| *source >= cheapest);
        wanted.into_iter().find(|source| fits(*source)).unwrap_or(Source::Events)
    }

    /// Whether events placed in groups hold all that is asked.
    fn fits_placed(&self, reads: Reads) -> bool {
        reads != Reads::Events
            && self.attribution == Attribution::Event
            && self.unit != Unit::Session
            && self.number.is_none()
            && self.splits.len() <= 1
            && self.readings.iter().all(|reading| self.is_placed(reading.of()))
            && self.named_cohorts().into_iter().all(|cohort| self.is_placed(&cohort.of))
            && self.filters().flat_map(tests).all(|test| match (&test.of, &test.key) {
                (Subject::Event, key) => *key == Key::Field(Field::Name),
                // A profile's own id is known of profiles that were never identified as well.
                (Subject::Profile, Key::Field(Field::Id | Field::ProfileId)) => false,
                (subject, _) => self.is_placed(subject),
            })
    }

    /// Whether only events of certain names are wanted.
    pub(super) fn only_names(&self) -> bool {
        let conditions = self.steps.iter().chain(&self.exclusions);
        self.only_marked && conditions.into_iter().all(|condition| condition.event.is_some())
    }

    /// Whether a subject's properties, or its cohorts, can be read where only the split's own group is at hand.
    fn is_placed(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Event => false,
            Subject::Profile => true,
            Subject::Group(group_type) => self.split_of(group_type).is_some(),
        }
    }

    /// Whether daily sums hold all that is asked.
    fn fits_days(&self, reads: Reads) -> bool {
        reads == Reads::Keys
            && self.stored_after == 0
            && self.fits_placed(reads)
            && self.unit != Unit::Session
            && !matches!(self.splits.first(), Some(Split::TypeOrNone(_)))
            && self.steps.iter().all(Condition::is_any)
            && self.exclusions.is_empty()
            && self.readings.is_empty()
            && self.filter.as_ref().is_none_or(|filter| self.is_now(filter))
            && self.cut_days().len() <= CUT_DAYS
    }

    /// Whether a filter holds for what is summed if it holds for any of it: it tests nothing of events, and nothing that
    /// changes with time.
    fn is_now(&self, filter: &Filter) -> bool {
        tests(filter).into_iter().all(|test| match &test.of {
            Subject::Event => false,
            Subject::Profile => true,
            Subject::Group(_) => self.as_of == AsOf::Now,
        })
    }

    /// Whether events placed in groups can be summed before anything else is asked of them.
    pub(super) fn sums_placed(&self) -> bool {
        self.readings.is_empty()
            && !matches!(self.splits.first(), Some(Split::TypeOrNone(_)))
            && self.filters().all(|filter| self.is_now(filter))
    }

    /// The days that have an edge of time inside them.
    pub(super) fn cut_days(&self) -> Vec<NaiveDate> {
        let cut = |edge: DateTime<Utc>| (edge.time() != NaiveTime::MIN).then(|| edge.date_naive());
        days(self.edges().into_iter().filter_map(cut))
    }

    /// The days that begin with an edge of time or have one inside them.
    pub(super) fn edge_days(&self) -> Vec<NaiveDate> {
        days(self.edges().into_iter().map(|edge| edge.date_naive()))
    }

    /// The edges of time, microseconds UTC, in order.
    pub(super) fn edge_instants(&self) -> Vec<i64> {
        let mut edges: Vec<i64> = self.edges().iter().map(DateTime::timestamp_micros).collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The edges of time that what is summed lies between.
    fn edges(&self) -> Vec<DateTime<Utc>> {
        let (first, last) = self.read_range();
        let read = [first, last].into_iter().filter_map(DateTime::from_timestamp_micros);
        let range = [self.range.from(), self.range.to()];
        let previous = self.previous.map(|range| [range.from(), range.to()]);
        let previous = previous.into_iter().flatten();
        let slices = self.slices.iter().flat_map(|slice| [slice.start, slice.end]);
        let edges = read.chain(range).chain(previous).chain(slices);
        let inside = |edge: &DateTime<Utc>| (first..=last).contains(&edge.timestamp_micros());
        edges.filter(inside).collect()
    }
}

/// Days in order, each once.
fn days(found: impl Iterator<Item = NaiveDate>) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = found.collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The first instant of a day and the first behind it, microseconds UTC.
pub(super) fn instants_of(day: NaiveDate) -> (i64, i64) {
    let micros = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
    (micros(day), day.checked_add_days(Days::new(1)).map_or(i64::MAX, micros))
}

fn tests(filter: &Filter) -> Vec<&crate::engine::filter::Test> {
    let mut tests = Vec::new();
    filter.tests(&mut tests);
    tests
}
