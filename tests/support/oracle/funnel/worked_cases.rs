//! Drawn funnels: they are not all trivial, and one is written out.

use super::ask::{funnel_case, funnel_request};
use super::worked::steps;
use super::{Exclusion, Funnel, FunnelSpec, Order, funnel};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::document::Defaults;
use crate::support::oracle::filter::{Filter, Operator, Path};
use crate::support::oracle::filter_json::filter_json;
use crate::support::oracle::random::{Project, project, rng};
use crate::support::oracle::shorthand::{company_property, deed, minutes};
use crate::support::oracle::units::UnitKind;
use chrono::Duration;
use serde_json::json;

const PROJECTS: u64 = 60;

fn funnels() -> impl Iterator<Item = (Project, FunnelSpec, Funnel)> {
    (0..PROJECTS).flat_map(|seed| {
        let mut rng = rng(seed);
        let project = project(&mut rng);
        let mut cases = Vec::new();
        for _ in 0..4 {
            let (spec, answer) = funnel_case(&mut rng, &project);
            cases.push((project.clone(), spec, answer));
        }
        cases
    })
}

#[test]
fn drawn_funnels_narrow_and_their_rows_add_up() {
    let (mut deep, mut split) = (0, 0);
    for (project, spec, answer) in funnels() {
        let units: Vec<usize> = answer.steps.iter().map(|step| step.units).collect();
        assert!(units.is_sorted_by(|before, after| before >= after), "{spec:?}");
        let by_group = spec.breakdown.iter().any(|breakdown| matches!(breakdown, Breakdown::GroupType(_)));
        if !by_group && !spec.breakdown.is_empty() {
            let sums: Vec<usize> =
                (0..units.len()).map(|step| answer.rows.iter().map(|row| row.units[step]).sum()).collect();
            assert_eq!(sums, units, "{spec:?}");
        }
        deep += usize::from(units[1] > 0);
        split += usize::from(answer.rows.len() > 2);
        // Any order gets at least as far as the given one, a strict order no further.
        if spec.exclusions.is_empty() && spec.order == Order::Ordered {
            let reordered = |order| funnel(&project.data, &FunnelSpec { order, ..spec.clone() });
            let at_most = |low: &Funnel, high: &Funnel| {
                low.steps.iter().zip(&high.steps).all(|(low, high)| low.units <= high.units)
            };
            assert!(reordered(Order::Strict).is_ok_and(|strict| at_most(&strict, &answer)), "{spec:?}");
            assert!(reordered(Order::Any).map_or(true, |any| at_most(&answer, &any)), "{spec:?}");
        }
    }
    assert!(deep > 120 && split > 25, "{deep} cases get past step 1, {split} have several rows");
}

#[test]
fn exclusions_void_something_in_some_drawn_funnel() {
    let voided = funnels().filter(|(project, spec, answer)| {
        let without = funnel(&project.data, &FunnelSpec { exclusions: Vec::new(), ..spec.clone() });
        without.is_ok_and(|without| without.steps != answer.steps)
    });
    assert!(voided.count() > 8);
}

#[test]
fn a_question_becomes_one_document_with_variables() {
    let mut spec = FunnelSpec {
        window: Duration::seconds(3_600),
        span: minutes(0, 60),
        unit: UnitKind::Group("company".to_owned()),
        breakdown: vec![
            Breakdown::GroupType("work\"space".to_owned()),
            Breakdown::GroupProperty("company".to_owned(), Path::new(&["a", "b.c"])),
        ],
        exclusions: vec![Exclusion { deed: deed("x"), from_step: 1, to_step: 2 }],
        ..steps(&["a", "b"])
    };
    spec.steps[1].filter = Some(company_property("plan", Operator::In(vec![json!("pro"), json!(1)])));
    let request = funnel_request(&spec, Defaults::LeftOut);
    assert_eq!(
        request.document,
        "query($filter1: FilterInput, $range: RangeInput!) { funnel(steps: [{event: \"a\"}, \
         {event: \"b\", filter: $filter1}], window: \"PT3600S\", range: $range, \
         unit: {kind: GROUP, groupType: \"company\"}, breakdown: [{groupType: \"work\\\"space\"}, \
         {groupProperty: {type: \"company\", property: \"a.\\\"b.c\\\"\"}}], \
         exclusions: [{event: \"x\", fromStep: 1, toStep: 2}]) { \
         steps { event units rateFromStart rateFromPrevious averageSeconds medianSeconds p90Seconds }   \
         rows { keys { name value } group { id } steps { event units rateFromStart } } } }"
    );
    assert_eq!(
        request.variables,
        json!({
            "filter1": {"group": {"type": "company", "property": "plan", "in": ["pro", 1]}},
            "range": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"},
        })
    );
    assert!(
        funnel_request(&spec, Defaults::Written)
            .document
            .contains("attribution: EVENT, groupProperties: AS_OF_EVENT")
    );
    let not = Filter::Not(Box::new(company_property("plan", Operator::IsNotSet)));
    let expected = json!({"not": {"group": {"type": "company", "property": "plan", "isNotSet": true}}});
    assert_eq!(filter_json(&not), expected);
}
