//! The engine's answers and the reference's, question by question.

use super::ladder::Ladder;
use super::occasions::Occasions;
use crate::support::house::House;
use crate::support::oracle::{self, case::Draw, compare::differences, random};
use muster::domain::identity::ProjectKey;
use muster::engine::scope::source::Source;

/// With so many seeds or more, everything that can come up did.
const ENOUGH_SEEDS: usize = 400;

/// One test for each analysis: its name, and what draws its questions.
macro_rules! compared {
    ($($sentence:ident: $draw:path;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $sentence() {
            compare($draw, false, seeds()).await;
        }
    )*};
}

/// The same about projects with cohorts, which filters and breakdowns name.
macro_rules! compared_with_cohorts {
    ($($sentence:ident: $draw:path;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $sentence() {
            compare($draw, true, seeds()).await;
        }
    )*};
}

compared! {
    active_users_are_what_the_definition_says: oracle::active::ask::case;
    funnels_are_what_the_definition_says: oracle::funnel::ask::case;
    retention_is_what_the_definition_says: oracle::retention::ask::case;
    stickiness_is_what_the_definition_says: oracle::stickiness::ask::case;
    active_groups_are_what_the_definition_says: oracle::active_groups::ask::case;
    users_per_group_are_what_the_definition_says: oracle::users_per_group::ask::case;
    trends_are_what_the_definition_says: oracle::trend::ask::case;
    paths_are_what_the_definition_says: oracle::paths::ask::case;
    coverage_is_what_the_definition_says: oracle::coverage::ask::case;
    slipping_away_is_what_the_definition_says: oracle::slipping_away::ask::case;
    new_groups_are_what_the_definition_says: oracle::new_groups::ask::case;
    adoption_is_what_the_definition_says: oracle::adoption::ask::case;
    journeys_are_what_the_definition_says: oracle::journey::ask::case;
    lifecycles_are_what_the_definition_says: oracle::lifecycle::ask::case;
    names_of_events_are_what_the_definition_says: oracle::names::ask::names;
    properties_are_what_the_definition_says: oracle::names::ask::keys;
    values_of_properties_are_what_the_definition_says: oracle::names::ask::values;
}

compared_with_cohorts! {
    cohorts_hold_whom_the_definition_says: oracle::cohort::ask::case;
    active_users_of_cohorts_are_what_the_definition_says: oracle::active::ask::case;
    funnels_of_cohorts_are_what_the_definition_says: oracle::funnel::ask::case;
    retention_of_cohorts_is_what_the_definition_says: oracle::retention::ask::case;
    trends_of_cohorts_are_what_the_definition_says: oracle::trend::ask::case;
    lifecycles_of_cohorts_are_what_the_definition_says: oracle::lifecycle::ask::case;
    stickiness_of_cohorts_is_what_the_definition_says: oracle::stickiness::ask::case;
    active_groups_of_cohorts_are_what_the_definition_says: oracle::active_groups::ask::case;
    users_per_group_of_cohorts_are_what_the_definition_says: oracle::users_per_group::ask::case;
    paths_of_cohorts_are_what_the_definition_says: oracle::paths::ask::case;
    coverage_of_cohorts_is_what_the_definition_says: oracle::coverage::ask::case;
    slipping_away_of_cohorts_is_what_the_definition_says: oracle::slipping_away::ask::case;
    new_groups_of_cohorts_are_what_the_definition_says: oracle::new_groups::ask::case;
    adoption_of_cohorts_is_what_the_definition_says: oracle::adoption::ask::case;
    journeys_of_cohorts_are_what_the_definition_says: oracle::journey::ask::case;
}

/// Whether the run may take hours (`MUSTER_EFFORT=long`).
fn is_long() -> bool {
    std::env::var("MUSTER_EFFORT").is_ok_and(|effort| effort == "long")
}

/// Seeds of one run: a project each.
fn seeds() -> std::ops::Range<u64> {
    let from = std::env::var("MUSTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let many = if is_long() { 500 } else { 50 };
    let many = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(many);
    from..from + many
}

/// Asks random questions about each of many random projects that share one store, from one source after another.
async fn compare(draw: Draw, with_cohorts: bool, seeds: std::ops::Range<u64>) {
    let first = random::project(&mut random::rng(0));
    let house = House::open(first.data.now, 150);
    let mut failures = Vec::new();
    let mut key = ProjectKey(0);
    let (mut ladder, mut occasions) = (Ladder::default(), Occasions::default());
    for seed in seeds.clone() {
        let mut rng = random::rng(seed);
        let mut project = random::project(&mut rng);
        if with_cohorts {
            project.data.cohorts = oracle::cohort::ask::cohorts(&mut rng, &project);
        }
        occasions.see_project(&project);
        house.clock.set(project.data.now);
        key = ProjectKey(key.0 + 1);
        // In two requests, so that some late events come when earlier ones are sealed.
        let (earlier, later) = project.data.writes.split_at(project.data.writes.len() / 2);
        house.write(key, earlier.to_vec()).await;
        house.write(key, later.to_vec()).await;
        for cohort in &project.data.cohorts {
            let input = serde_json::json!({ "input": oracle::cohort::ask::save_json(cohort) });
            house.ask(key, oracle::cohort::ask::SAVE, input).await.expect("the cohort is saved");
        }
        // A question from each source, or from every other one, in turn.
        let (skipped, step) = if is_long() { (0, 1) } else { (usize::from(seed % 2 == 1), 2) };
        for cheapest in Source::ALL.into_iter().skip(skipped).step_by(step) {
            let case = draw(&mut rng, &project);
            ladder.climb(&case.request);
            occasions.see_case(&case, &project);
            let (document, variables) = (&case.request.document, case.request.variables.clone());
            let response = house.ask_from(cheapest, key, document, variables).await;
            let found = match response {
                Ok(data) => differences(&serde_json::json!({ "data": data }), case.field, &case.expected),
                Err(message) => vec![message],
            };
            if !found.is_empty() {
                let (document, variables) = (&case.request.document, &case.request.variables);
                failures.push(format!(
                    "seed {seed}, from {cheapest:?}\n{document}\n{variables}\n{}",
                    found.join("\n")
                ));
            }
        }
    }
    let shown: Vec<String> = failures.iter().take(3).cloned().collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
    if seeds.count() >= ENOUGH_SEEDS {
        ladder.assert_complete(with_cohorts);
        occasions.assert_complete();
    }
}
