//! The engine's answers and the reference's, question by question.

use super::ladder::Ladder;
use super::occasions::Occasions;
use crate::support::house::House;
use crate::support::oracle;
use crate::support::oracle::case::{Case, Draw};
use crate::support::oracle::compare::differences;
use crate::support::oracle::random::{self, Project};
use muster::domain::identity::ProjectKey;
use muster::engine::scope::source::Source;
use serde_json::json;
use std::ops::Range;

/// Projects in the ordinary run.
const SEEDS: u64 = 50;

/// Whether projects have no cohorts, or cohorts that filters and breakdowns name.
const PLAIN: bool = false;
const COHORTS: bool = true;

/// One test for each analysis: its name, what draws its questions, and about which projects.
macro_rules! compared {
    ($($sentence:ident: $draw:path, $with_cohorts:expr;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                compare($draw, $with_cohorts, seeds()).await;
            }
        )*

        /// All of them.
        pub(crate) const COMPARED: &[(&str, Draw, bool)] = &[$((stringify!($sentence), $draw, $with_cohorts)),*];
    };
}

compared! {
    active_users_are_what_the_definition_says: oracle::active::ask::case, PLAIN;
    funnels_are_what_the_definition_says: oracle::funnel::ask::case, PLAIN;
    retention_is_what_the_definition_says: oracle::retention::ask::case, PLAIN;
    stickiness_is_what_the_definition_says: oracle::stickiness::ask::case, PLAIN;
    active_groups_are_what_the_definition_says: oracle::active_groups::ask::case, PLAIN;
    users_per_group_are_what_the_definition_says: oracle::users_per_group::ask::case, PLAIN;
    trends_are_what_the_definition_says: oracle::trend::ask::case, PLAIN;
    paths_are_what_the_definition_says: oracle::paths::ask::case, PLAIN;
    coverage_is_what_the_definition_says: oracle::coverage::ask::case, PLAIN;
    slipping_away_is_what_the_definition_says: oracle::slipping_away::ask::case, PLAIN;
    new_groups_are_what_the_definition_says: oracle::new_groups::ask::case, PLAIN;
    adoption_is_what_the_definition_says: oracle::adoption::ask::case, PLAIN;
    journeys_are_what_the_definition_says: oracle::journey::ask::case, PLAIN;
    lifecycles_are_what_the_definition_says: oracle::lifecycle::ask::case, PLAIN;
    names_of_events_are_what_the_definition_says: oracle::names::ask::names, PLAIN;
    properties_are_what_the_definition_says: oracle::names::ask::keys, PLAIN;
    values_of_properties_are_what_the_definition_says: oracle::names::ask::values, PLAIN;
    cohorts_hold_whom_the_definition_says: oracle::cohort::ask::case, COHORTS;
    active_users_of_cohorts_are_what_the_definition_says: oracle::active::ask::case, COHORTS;
    funnels_of_cohorts_are_what_the_definition_says: oracle::funnel::ask::case, COHORTS;
    retention_of_cohorts_is_what_the_definition_says: oracle::retention::ask::case, COHORTS;
    trends_of_cohorts_are_what_the_definition_says: oracle::trend::ask::case, COHORTS;
    lifecycles_of_cohorts_are_what_the_definition_says: oracle::lifecycle::ask::case, COHORTS;
    stickiness_of_cohorts_is_what_the_definition_says: oracle::stickiness::ask::case, COHORTS;
    active_groups_of_cohorts_are_what_the_definition_says: oracle::active_groups::ask::case, COHORTS;
    users_per_group_of_cohorts_are_what_the_definition_says: oracle::users_per_group::ask::case, COHORTS;
    paths_of_cohorts_are_what_the_definition_says: oracle::paths::ask::case, COHORTS;
    coverage_of_cohorts_is_what_the_definition_says: oracle::coverage::ask::case, COHORTS;
    slipping_away_of_cohorts_is_what_the_definition_says: oracle::slipping_away::ask::case, COHORTS;
    new_groups_of_cohorts_are_what_the_definition_says: oracle::new_groups::ask::case, COHORTS;
    adoption_of_cohorts_is_what_the_definition_says: oracle::adoption::ask::case, COHORTS;
    journeys_of_cohorts_are_what_the_definition_says: oracle::journey::ask::case, COHORTS;
}

/// Whether the run may take hours (`MUSTER_EFFORT=long`).
fn is_long() -> bool {
    std::env::var("MUSTER_EFFORT").is_ok_and(|effort| effort == "long")
}

/// Seeds of one run: a project each.
fn seeds() -> Range<u64> {
    let from = std::env::var("MUSTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let many = if is_long() { 500 } else { SEEDS };
    let many = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(many);
    from..from + many
}

/// A project of a seed, and questions about it: one from each source, or from every other one, in turn.
fn drawn(draw: Draw, with_cohorts: bool, seed: u64) -> (Project, Vec<(Source, Case)>) {
    let mut rng = random::rng(seed);
    let mut project = random::project(&mut rng);
    if with_cohorts {
        project.data.cohorts = oracle::cohort::ask::cohorts(&mut rng, &project);
    }
    let (skipped, step) = if is_long() { (0, 1) } else { (usize::from(seed % 2 == 1), 2) };
    let sources = Source::ALL.into_iter().skip(skipped).step_by(step);
    let cases = sources.map(|source| (source, draw(&mut rng, &project))).collect();
    (project, cases)
}

/// Asks random questions about each of many random projects that share one store.
async fn compare(draw: Draw, with_cohorts: bool, seeds: Range<u64>) {
    let house = House::open(random::project(&mut random::rng(0)).data.now, 150);
    let failures = differing(&house, 0, draw, with_cohorts, seeds).await;
    let shown: Vec<String> = failures.iter().take(3).cloned().collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
}

/// The questions about random projects, which get the keys behind `last`, that a house answers differently, each with
/// what differs.
pub(crate) async fn differing(
    house: &House,
    last: u32,
    draw: Draw,
    with_cohorts: bool,
    seeds: Range<u64>,
) -> Vec<String> {
    differing_elsewhere(house, house, async || (), last, (draw, with_cohorts, seeds)).await
}

/// The same where another house answers, once it was brought to what this one has.
pub(crate) async fn differing_elsewhere(
    house: &House,
    answering: &House,
    bring: impl AsyncFn(),
    last: u32,
    (draw, with_cohorts, seeds): (Draw, bool, Range<u64>),
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut key = ProjectKey(last);
    for seed in seeds {
        let (project, cases) = drawn(draw, with_cohorts, seed);
        house.clock.set(project.data.now);
        answering.clock.set(project.data.now);
        key = ProjectKey(key.0 + 1);
        // In two requests, so that some late events come when earlier ones are sealed.
        let (earlier, later) = project.data.writes.split_at(project.data.writes.len() / 2);
        house.write(key, earlier.to_vec()).await;
        house.write(key, later.to_vec()).await;
        house.until_put_out(0).await;
        for cohort in &project.data.cohorts {
            let input = json!({ "input": oracle::cohort::ask::save_json(cohort) });
            house.ask(key, oracle::cohort::ask::SAVE, input).await.expect("the cohort is saved");
        }
        bring().await;
        for (cheapest, case) in cases {
            let (document, variables) = (&case.request.document, &case.request.variables);
            let response = answering.ask_from(cheapest, key, document, variables.clone()).await;
            let found = match response {
                Ok(data) => differences(&json!({ "data": data }), case.field, &case.expected),
                Err(message) => vec![message],
            };
            if !found.is_empty() {
                let found = found.join("\n");
                failures.push(format!("seed {seed}, from {cheapest:?}\n{document}\n{variables}\n{found}"));
            }
        }
    }
    failures
}

#[test]
fn everything_that_can_come_up_does_in_the_ordinary_run() {
    let mut missing = Vec::new();
    for (sentence, draw, with_cohorts) in COMPARED {
        let (mut ladder, mut occasions) = (Ladder::default(), Occasions::default());
        for seed in 0..SEEDS {
            let (project, cases) = drawn(*draw, *with_cohorts, seed);
            occasions.see_project(&project);
            for (_, case) in cases {
                ladder.climb(&case.request);
                occasions.see_case(&case, &project);
            }
        }
        let never = [ladder.missing(*with_cohorts), occasions.missing()].concat();
        if !never.is_empty() {
            missing.push(format!("{sentence}: {}", never.join(", ")));
        }
    }
    assert!(missing.is_empty(), "never came up:\n{}", missing.join("\n"));
}
