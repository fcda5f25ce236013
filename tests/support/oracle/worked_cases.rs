//! The drawn cases themselves: they repeat, they are not all trivial, and a wrong answer is noticed.

use super::answer::{active_json, differences, funnel_json};
use super::funnel::{Breakdown, Funnel, FunnelSpec, Order, UnitKind, funnel};
use super::graphql::{Defaults, active_request, filter_json, funnel_request};
use super::random::{Project, project, rng};
use super::random_specs::{active_case, defaults, funnel_case};
use super::worked::{company_property, deed, minutes, steps};
use super::{filter::Operator, filter::Path, funnel::Exclusion};
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
fn a_seed_draws_the_same_case_again() {
    let draw = || {
        let mut rng = rng(7);
        let project = project(&mut rng);
        let case = format!("{:?}", funnel_case(&mut rng, &project));
        (project.data.writes, case)
    };
    assert_eq!(draw(), draw());
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
    assert!(deep > 120 && split > 40, "{deep} cases get past step 1, {split} have several rows");
}

#[test]
fn exclusions_void_something_in_some_drawn_funnel() {
    let voided = funnels().filter(|(project, spec, answer)| {
        let without = funnel(&project.data, &FunnelSpec { exclusions: Vec::new(), ..spec.clone() });
        without.is_ok_and(|without| without.steps != answer.steps)
    });
    assert!(voided.count() > 15);
}

#[test]
fn drawn_active_users_are_consistent_and_not_all_empty() {
    let (mut filled, mut series) = (0, 0);
    for seed in 0..PROJECTS {
        let mut rng = rng(seed);
        let project = project(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = active_case(&mut rng, &project);
            let totals = &answer.totals;
            assert!(answer.rows.iter().all(|row| row.active_users <= totals.active_users));
            assert!(answer.rows.iter().map(|row| row.events).sum::<usize>() >= totals.events, "{spec:?}");
            if let Some(buckets) = &answer.buckets {
                assert_eq!(buckets.iter().map(|bucket| bucket.events).sum::<usize>(), totals.events);
                series += usize::from(totals.events > 0);
            }
            filled += usize::from(answer.rows.len() > 1);
            let expected = active_json(&answer, spec.first);
            let response = json!({"data": {"activeUsers": expected}});
            assert!(differences(&response, "activeUsers", &expected).is_empty());
            assert!(active_request(&spec, defaults(&mut rng)).document.contains("activeUsers(groupType: "));
        }
    }
    assert!(filled > 120 && series > 40, "{filled} cases have several rows, {series} have a series");
}

#[test]
fn a_wrong_answer_is_told_by_its_place() {
    let (_, spec, answer) = funnels().find(|(_, _, answer)| answer.rows.len() > 1).expect("such a case");
    let expected = funnel_json(&answer, &spec);
    let mut response = json!({"data": {"funnel": expected}});
    assert!(differences(&response, "funnel", &expected).is_empty());
    response["data"]["funnel"]["steps"][0]["units"] = json!(77);
    response["data"]["funnel"]["rows"][0]["keys"][0]["value"] = json!("elsewhere");
    let found = differences(&response, "funnel", &expected);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("funnel.steps[0].units: expected ") && found[0].ends_with("found 77"));
    assert!(found[1].contains("rows[0].keys[0].value"));
    let failed = json!({"data": null, "errors": [{"message": "no"}]});
    assert!(differences(&failed, "funnel", &expected)[0].contains("\"no\""));
}

#[test]
fn instants_compare_as_instants_and_fractions_nearly() {
    let expected = json!({"lastAt": "2026-01-01T00:00:00Z", "change": 0.1 + 0.2, "n": 3});
    let equal = json!({"data": {"x": {"lastAt": "2026-01-01T00:00:00.000+00:00", "change": 0.3, "n": 3}}});
    assert!(differences(&equal, "x", &expected).is_empty());
    let wrong = json!({"data": {"x": {"lastAt": "2026-01-01T00:00:01Z", "change": 0.300_001, "m": 3}}});
    assert_eq!(differences(&wrong, "x", &expected).len(), 4);
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
        funnel_request(&spec, Defaults::Written).document.contains("attribution: EVENT, users: IDENTIFIED")
    );
    let not = super::filter::Filter::Not(Box::new(company_property("plan", Operator::IsNotSet)));
    let expected = json!({"not": {"group": {"type": "company", "property": "plan", "isNotSet": true}}});
    assert_eq!(filter_json(&not), expected);
}
