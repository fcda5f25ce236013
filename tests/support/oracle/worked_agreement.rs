//! Analyses that count the same thing agree: each is written on its own, so a slip in one shows here.

use super::active_groups::{ActiveGroupsSpec, active_groups};
use super::breakdown::Values;
use super::common::Common;
use super::draw::{common, cuts, group_type};
use super::filter::Deed;
use super::lifecycle::{LifecycleSpec, lifecycle};
use super::new_groups::{NewGroupsSpec, new_groups};
use super::numbers::count;
use super::random::{Project, project, rng};
use super::retention::{Mode, RetentionSpec, retention};
use super::stickiness::{StickinessSpec, stickiness};
use super::trend::{Measure, Series, TrendSpec, trend};
use super::units::UnitKind;
use super::users_per_group::{UsersPerGroupSpec, users_per_group};
use muster::domain::time::Calendar;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Groups and their events over the whole and by row.
type Counts = (usize, usize, BTreeMap<Values, (usize, usize)>);

/// A drawn question about the groups of a type.
struct Question {
    project: Project,
    group_type: String,
    calendar: Calendar,
    common: Common,
}

fn questions() -> impl Iterator<Item = Question> {
    (0..60).flat_map(|seed| {
        let mut rng = rng(seed);
        let project = project(&mut rng);
        (0..4).map(|_| question(&mut rng, &project)).collect::<Vec<_>>()
    })
}

fn question(rng: &mut ChaCha8Rng, project: &Project) -> Question {
    let common = common(rng, project);
    let calendar = cuts(rng, common.range(&project.data), 30);
    Question { project: project.clone(), group_type: group_type(rng), calendar, common }
}

impl Question {
    fn unit(&self) -> UnitKind {
        UnitKind::Group(self.group_type.clone())
    }

    fn by_stickiness(&self) -> Counts {
        let spec = StickinessSpec {
            event: None,
            unit: self.unit(),
            cumulative: false,
            calendar: self.calendar,
            common: self.common.clone(),
        };
        let answer = stickiness(&self.project.data, &spec);
        let rows = answer.rows.into_iter().map(|(values, row)| (values, (row.units, row.events)));
        (answer.whole.units, answer.whole.events, rows.collect())
    }

    fn by_users_per_group(&self) -> Counts {
        let spec = UsersPerGroupSpec {
            group_type: self.group_type.clone(),
            event: None,
            cumulative: false,
            calendar: None,
            common: self.common.clone(),
        };
        let answer = users_per_group(&self.project.data, &spec);
        let rows = answer.rows.into_iter();
        let rows = rows.map(|(values, row)| (values, (row.totals.groups, row.totals.events)));
        (answer.whole.totals.groups, answer.whole.totals.events, rows.collect())
    }

    /// New units besides.
    fn by_lifecycle(&self) -> (Counts, usize) {
        let spec = LifecycleSpec {
            event: None,
            unit: self.unit(),
            calendar: self.calendar,
            common: self.common.clone(),
        };
        let answer = lifecycle(&self.project.data, &spec);
        // Rows of units that are only dormant are left out.
        let rows = answer.rows.into_iter().filter(|(_, row)| row.units > 0);
        let rows = rows.map(|(values, row)| (values, (row.units, row.events)));
        ((answer.whole.units, answer.whole.events, rows.collect()), answer.whole.new)
    }

    /// New groups besides.
    fn by_active_groups(&self) -> (Counts, usize) {
        let spec = ActiveGroupsSpec {
            group_type: self.group_type.clone(),
            event: None,
            calendar: self.calendar,
            compare_previous: false,
            common: self.common.clone(),
        };
        let answer = active_groups(&self.project.data, &spec);
        // Rows of groups that were only active before are left out.
        let rows = answer.rows.into_iter().filter(|(_, row)| row.totals.groups > 0);
        let rows = rows.map(|(values, row)| (values, (row.totals.groups, row.totals.events)));
        let totals = answer.whole.totals;
        ((totals.groups, totals.events, rows.collect()), totals.new_groups)
    }

    /// Units in each bucket besides.
    fn by_trend(&self) -> (Counts, Vec<Option<f64>>) {
        let series = Series { name: None, event: None, filter: None, measure: Measure::Units(self.unit()) };
        let spec = TrendSpec {
            series: vec![series],
            formulas: Vec::new(),
            compare_previous: false,
            calendar: Some(self.calendar),
            common: self.common.clone(),
        };
        let answer = trend(&self.project.data, &spec);
        let counts = |told: &super::trend::Told| {
            let groups = (0..200).find(|&groups| Some(count(groups)) == told.value).expect("a small count");
            (groups, told.events.expect("a series"))
        };
        let (groups, events) = counts(&answer.series[0]);
        let rows = answer.rows.iter().map(|(values, told)| (values.clone(), counts(&told[0])));
        let buckets = answer.series[0].buckets.iter().flatten().map(|(_, value)| *value).collect();
        ((groups, events, rows.collect()), buckets)
    }
}

#[test]
fn active_groups_are_the_same_in_every_analysis() {
    let mut split = 0;
    for question in questions() {
        let expected = question.by_stickiness();
        assert_eq!(question.by_users_per_group(), expected, "{:?}", question.common);
        assert_eq!(question.by_lifecycle().0, expected, "{:?}", question.common);
        assert_eq!(question.by_active_groups().0, expected, "{:?}", question.common);
        assert_eq!(question.by_trend().0, expected, "{:?}", question.common);
        split += usize::from(expected.2.len() > 1);
    }
    assert!(split > 40, "{split}");
}

#[test]
fn new_groups_are_the_same_in_every_analysis() {
    for question in questions() {
        let spec = NewGroupsSpec {
            group_type: question.group_type.clone(),
            event: None,
            common: Common { breakdown: Vec::new(), ..question.common.clone() },
        };
        let expected = new_groups(&question.project.data, &spec).rows.len();
        assert_eq!(question.by_lifecycle().1, expected, "{:?}", question.common);
        assert_eq!(question.by_active_groups().1, expected, "{:?}", question.common);
    }
}

#[test]
fn whoever_is_active_in_a_bucket_starts_a_recurring_cohort_there() {
    for question in questions() {
        let any = || Deed { event: None, filter: None };
        let spec = RetentionSpec {
            start: any(),
            comeback: any(),
            mode: Mode::Recurring,
            rolling: false,
            columns: None,
            unit: question.unit(),
            calendar: question.calendar,
            compare_previous: false,
            common: question.common.clone(),
        };
        let cohorts = retention(&question.project.data, &spec).whole.cohorts;
        for (cohort, active) in cohorts.iter().zip(question.by_trend().1) {
            assert!(cohort.cells[0].units.is_none_or(|starters| Some(count(starters)) == active));
        }
    }
}
