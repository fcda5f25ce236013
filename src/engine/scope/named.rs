//! What a question names: cohorts, properties, groups of types. What nobody names is not read.

use super::{Number, Reading, Scope};
use crate::engine::cohort::Cohort;
use crate::engine::filter::{Field, Filter, Key, Operator, Path, Subject};
use serde_json::Value;
use std::sync::Arc;

impl Scope {
    /// The filters of the question and of its conditions.
    pub(super) fn filters(&self) -> impl Iterator<Item = &Filter> {
        let conditions = self.steps.iter().chain(&self.exclusions);
        self.filter.iter().chain(conditions.filter_map(|condition| condition.filter.as_ref()))
    }

    /// The cohorts that are named in filters, conditions and readings.
    #[must_use]
    pub fn named_cohorts(&self) -> Vec<&Arc<Cohort>> {
        let mut named = Vec::new();
        self.filters().for_each(|filter| filter.cohorts(&mut named));
        named.extend(self.readings.iter().filter_map(|reading| match reading {
            Reading::Property { .. } => None,
            Reading::Cohort(cohort) => Some(cohort),
        }));
        named
    }

    /// The properties that are named in filters, conditions and readings, and as a number; each once.
    #[must_use]
    pub fn named_properties(&self) -> Vec<(Subject, Path)> {
        let mut tests = Vec::new();
        self.filters().for_each(|filter| filter.tests(&mut tests));
        let tested = tests.into_iter().filter_map(|test| match &test.key {
            Key::Path(path) => Some((test.of.clone(), path.clone())),
            Key::Field(_) => None,
        });
        let read = self.readings.iter().filter_map(|reading| match reading {
            Reading::Property { of, path } => Some((of.clone(), path.clone())),
            Reading::Cohort(_) => None,
        });
        let number = self.number.iter().filter_map(|number| match number {
            Number::Property(path) => Some((Subject::Event, path.clone())),
            Number::Revenue => None,
        });
        let mut named: Vec<(Subject, Path)> = Vec::new();
        for property in tested.chain(read).chain(number) {
            if !named.contains(&property) {
                named.push(property);
            }
        }
        named
    }

    /// The event names that steps and exclusions ask for, and those that filters hold the event's name to be; each once.
    #[must_use]
    pub fn named_events(&self) -> Vec<&str> {
        let conditions = self.steps.iter().chain(&self.exclusions);
        let mut tests = Vec::new();
        self.filters().for_each(|filter| filter.tests(&mut tests));
        let tested = tests.into_iter().filter(|test| test.of == Subject::Event);
        let tested = tested.filter(|test| test.key == Key::Field(Field::Name)).flat_map(|test| {
            let values = match &test.operator {
                Operator::Eq(value) => std::slice::from_ref(value),
                Operator::In(values) => values,
                _ => &[],
            };
            values.iter().filter_map(Value::as_str)
        });
        let mut named = Vec::new();
        for name in conditions.filter_map(|condition| condition.event.as_deref()).chain(tested) {
            if !named.contains(&name) {
                named.push(name);
            }
        }
        named
    }

    /// Whether anything about a subject is read: its properties, name or other fields.
    pub(super) fn reads(&self, subject: &Subject) -> bool {
        let is_read = |reading: &Reading| matches!(reading, Reading::Property { of, .. } if of == subject);
        let mut tests = Vec::new();
        self.filters().for_each(|filter| filter.tests(&mut tests));
        tests.iter().any(|test| test.of == *subject) || self.readings.iter().any(is_read)
    }

    /// Whether anything about profiles is read: their properties, or which cohorts they are in.
    pub(super) fn looks_at_profiles(&self) -> bool {
        self.reads(&Subject::Profile)
            || self.named_cohorts().into_iter().any(|cohort| cohort.of == Subject::Profile)
    }

    /// Whether anything about the groups of a type is read.
    pub(super) fn reads_group(&self, group_type: &str) -> bool {
        self.reads(&Subject::Group(group_type.to_owned()))
    }
}
