//! Drawn questions for `activeUsers` are consistent and not all trivial.

use super::ask::{active_case, active_json, active_request};
use crate::support::oracle::compare::differences;
use crate::support::oracle::draw::defaults;
use crate::support::oracle::random::{project, rng};
use serde_json::json;

const PROJECTS: u64 = 60;

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
