//! The rungs that random questions climb: no filter, one test, several, nested ones, a cohort; every kind of
//! breakdown. A comparison in which one of them never came up proves less than it says.

use crate::support::oracle::document::Request;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the questions of one analysis had among them.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    filters: BTreeSet<&'static str>,
    breakdowns: BTreeSet<&'static str>,
}

/// Kinds of breakdown as they stand in a document.
const BREAKDOWNS: [(&str, &str); 4] = [
    ("{groupType:", "group type"),
    ("{eventProperty:", "event property"),
    ("{profileProperty:", "profile property"),
    ("{groupProperty:", "group property"),
];

impl Ladder {
    /// Notes what a question has.
    pub(crate) fn climb(&mut self, request: &Request) {
        if request.document.contains("filter: $") {
            for (name, filter) in request.variables.as_object().into_iter().flatten() {
                if name.starts_with("filter") {
                    let (tests, depth, has_cohort) = shape(filter);
                    self.filters.insert(match (tests, depth) {
                        (1, 0) => "one test",
                        (_, 0 | 1) => "several tests",
                        _ => "nested",
                    });
                    if has_cohort {
                        self.filters.insert("cohort");
                    }
                }
            }
        } else {
            self.filters.insert("none");
        }
        let Some((_, rest)) = request.document.split_once("breakdown: [") else { return };
        let list = rest.split(']').next().unwrap_or_default();
        self.breakdowns
            .extend(BREAKDOWNS.iter().filter(|(text, _)| list.contains(text)).map(|(_, name)| *name));
        if list.contains("{cohort:") {
            self.breakdowns.insert("cohort");
        }
        self.breakdowns.insert(if list.is_empty() { "none" } else { "some" });
    }

    /// The rungs that never came up. An analysis without filters or breakdowns has none of them.
    pub(crate) fn missing(&self, with_cohorts: bool) -> Vec<&'static str> {
        let cohort = with_cohorts.then_some("cohort");
        let mut missing = Vec::new();
        if self.filters.len() > 1 {
            let wanted = ["none", "one test", "several tests", "nested"].into_iter().chain(cohort);
            missing.extend(wanted.filter(|rung| !self.filters.contains(rung)));
        }
        if self.breakdowns.contains("some") {
            let wanted = BREAKDOWNS.iter().map(|(_, name)| *name).chain(["none"]).chain(cohort);
            missing.extend(wanted.filter(|rung| !self.breakdowns.contains(rung)));
        }
        missing
    }
}

/// How many tests a filter has, how deep they are nested, whether one asks for a cohort.
fn shape(filter: &Value) -> (usize, usize, bool) {
    let Some((kind, inside)) = filter.as_object().and_then(|object| object.iter().next()) else {
        return (0, 0, false);
    };
    let inside: Vec<&Value> = match kind.as_str() {
        "and" | "or" => inside.as_array().into_iter().flatten().collect(),
        "not" => vec![inside],
        "cohort" => return (1, 0, true),
        _ => return (1, 0, false),
    };
    let shapes = inside.into_iter().map(shape);
    shapes.fold((0, 1, false), |(tests, depth, cohort), (more, deeper, has)| {
        (tests + more, depth.max(deeper + 1), cohort || has)
    })
}
