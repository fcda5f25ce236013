//! `retention` asked: the question drawn, as a document, and the answer as JSON.

use super::{Column, Mode, Retention, RetentionSpec, Table, retention};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant};
use crate::support::oracle::draw::{common, cuts, deed, defaults, unit};
use crate::support::oracle::filter::Deed;
use crate::support::oracle::json::{joined, page, row_json};
use crate::support::oracle::random::{Project, one};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Cohorts of a drawn question, at most.
const MOST_COHORTS: usize = 16;

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = retention_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "retention", request, expected: answer_json(&answer, &spec) }
}

/// Most questions that nobody comes back for are drawn again.
pub(super) fn retention_case(rng: &mut ChaCha8Rng, project: &Project) -> (RetentionSpec, Retention) {
    loop {
        let common = common(rng, project);
        let spec = RetentionSpec {
            start: any_or_deed(rng, project),
            comeback: any_or_deed(rng, project),
            mode: one(rng, &[Mode::FirstEver, Mode::Recurring]),
            rolling: rng.random_bool(0.3),
            columns: one(rng, &[None, None, Some(1), Some(3), Some(6)]),
            unit: unit(rng),
            calendar: cuts(rng, common.range(&project.data), MOST_COHORTS),
            compare_previous: rng.random_bool(0.4),
            common,
        };
        let answer = retention(&project.data, &spec);
        let comes_back = answer.whole.columns[1..].iter().any(|column| column.units > Some(0));
        if comes_back || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

fn any_or_deed(rng: &mut ChaCha8Rng, project: &Project) -> Deed {
    if rng.random_bool(0.4) { Deed { event: None, filter: None } } else { deed(rng, &project.data) }
}

/// The request.
pub(super) fn request(spec: &RetentionSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    for (name, deed) in [("startEvent", &spec.start), ("returnEvent", &spec.comeback)] {
        let deed = format!("{{{}}}", call.deed(deed));
        call.argument_unless_default(name, &deed, "{}");
    }
    let mode = if spec.mode == Mode::FirstEver { "FIRST_EVER" } else { "RECURRING" };
    call.argument_unless_default("mode", mode, "FIRST_EVER");
    call.argument_unless_default("rolling", &spec.rolling.to_string(), "false");
    if let Some(columns) = spec.columns {
        call.argument("columns", &columns.to_string());
    }
    call.unit(&spec.unit);
    call.common(&spec.common);
    call.argument_unless_default("comparePrevious", &spec.compare_previous.to_string(), "false");
    call.calendar(Some(spec.calendar));
    let columns = "{ column starters units rate isPartial }";
    let cohorts = "{ bucket localDate isPartial starters cells { column units rate isPartial } }";
    let previous = if spec.compare_previous { format!("previous {columns}") } else { String::new() };
    call.finish(
        "retention",
        &format!(
            "isAdditive columns {columns} cohorts {cohorts} {previous} \
             rows {{ keys {{ name value }} group {{ id }} columns {columns} cohorts {cohorts} }}"
        ),
    )
}

/// What `data.retention` must be.
pub(super) fn answer_json(answer: &Retention, spec: &RetentionSpec) -> Value {
    let rows: Vec<Value> = page(&answer.rows, spec.common.first)
        .iter()
        .map(|(values, table)| joined(row_json(&spec.common.breakdown, values), table_json(table)))
        .collect();
    let mut expected = table_json(&answer.whole);
    expected["isAdditive"] = json!(false);
    expected["rows"] = json!(rows);
    if let Some(previous) = &answer.previous {
        expected["previous"] = columns_json(previous);
    }
    expected
}

fn table_json(table: &Table) -> Value {
    let mut cohorts = Vec::new();
    for cohort in &table.cohorts {
        let cells: Vec<Value> = cohort
            .cells
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                json!({"column": column, "units": cell.units, "rate": cell.rate, "isPartial": cell.is_partial})
            })
            .collect();
        cohorts.push(json!({
            "bucket": instant(cohort.bucket.start),
            "localDate": cohort.bucket.local_date.to_string(),
            "isPartial": cohort.cells[0].is_partial,
            "starters": cohort.cells[0].units,
            "cells": cells,
        }));
    }
    json!({"columns": columns_json(&table.columns), "cohorts": cohorts})
}

fn columns_json(columns: &[Column]) -> Value {
    columns
        .iter()
        .enumerate()
        .map(|(number, column)| {
            json!({
                "column": number,
                "starters": column.starters,
                "units": column.units,
                "rate": column.rate,
                "isPartial": column.is_partial,
            })
        })
        .collect()
}
