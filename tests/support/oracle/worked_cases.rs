//! Drawn cases of every analysis: they repeat, they are well-formed, and they accept their own answer.

use super::case::Draw;
use super::compare::differences;
use super::random::{project, rng};
use super::{
    active, active_groups, adoption, coverage, funnel, journey, lifecycle, new_groups, paths, retention,
    slipping_away, stickiness, trend, users_per_group,
};
use serde_json::json;

const ALL: &[Draw] = &[
    active::ask::case,
    active_groups::ask::case,
    adoption::ask::case,
    coverage::ask::case,
    funnel::ask::case,
    journey::ask::case,
    lifecycle::ask::case,
    new_groups::ask::case,
    paths::ask::case,
    retention::ask::case,
    slipping_away::ask::case,
    stickiness::ask::case,
    trend::ask::case,
    users_per_group::ask::case,
];

#[test]
fn a_seed_draws_the_same_case_again() {
    for draw in ALL {
        let again = || {
            let mut rng = rng(7);
            let project = project(&mut rng);
            let case = format!("{:?}", draw(&mut rng, &project));
            (project.data.writes, case)
        };
        assert_eq!(again(), again());
    }
}

#[test]
fn a_drawn_question_is_a_document_whose_variables_are_declared() {
    for draw in ALL {
        for seed in 0..20 {
            let mut rng = rng(seed);
            let project = project(&mut rng);
            let case = draw(&mut rng, &project);
            let document = &case.request.document;
            assert!(async_graphql::parser::parse_query(document).is_ok(), "{document}");
            assert!(document.contains(&format!("{{ {}(", case.field)), "{document}");
            let variables = case.request.variables.as_object().expect("an object");
            assert!(variables.keys().all(|name| document.matches(&format!("${name}")).count() == 2));
            let response = json!({"data": {case.field: case.expected}});
            assert!(differences(&response, case.field, &case.expected).is_empty());
        }
    }
}
