//! The engine's answers and the reference's, question by question.

use crate::support::house::House;
use crate::support::oracle::{answer, graphql, random, random_specs};
use muster::domain::identity::ProjectKey;

/// Seeds of one run.
fn seeds() -> std::ops::Range<u64> {
    let from = std::env::var("MUSTER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let many = if std::env::var("MUSTER_EFFORT").is_ok_and(|effort| effort == "long") { 2_000 } else { 60 };
    let many = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(many);
    from..from + many
}

/// Asks `questions` random questions about each of many random projects that share one store.
async fn compare(what: &str, questions: usize) {
    let first = random::project(&mut random::rng(0));
    let house = House::open(first.data.now, 150);
    let mut failures = Vec::new();
    let mut project = ProjectKey(0);
    for seed in seeds() {
        let mut rng = random::rng(seed);
        let data = random::project(&mut rng);
        house.clock.set(data.data.now);
        project = ProjectKey(project.0 + 1);
        house.write(project, data.data.writes.clone()).await;
        for _ in 0..questions {
            let (request, field, expected) = if what == "funnel" {
                let (spec, answer) = random_specs::funnel_case(&mut rng, &data);
                let request = graphql::funnel_request(&spec, random_specs::defaults(&mut rng));
                (request, "funnel", answer::funnel_json(&answer, &spec))
            } else {
                let (spec, answer) = random_specs::active_case(&mut rng, &data);
                let request = graphql::active_request(&spec, random_specs::defaults(&mut rng));
                let expected = answer::active_json(&answer, spec.first);
                (request, "activeUsers", expected)
            };
            let response = house.ask(project, &request.document, request.variables.clone()).await;
            let differences = match response {
                Ok(data) => answer::differences(&serde_json::json!({ "data": data }), field, &expected),
                // The reference can split by one thing twice; a customer is told that it makes no sense.
                Err(message) if message.contains("is given twice") => Vec::new(),
                Err(message) => vec![message],
            };
            if !differences.is_empty() {
                failures.push(format!(
                    "seed {seed}\n{}\n{}\n{}",
                    request.document,
                    request.variables,
                    differences.join("\n")
                ));
            }
        }
    }
    let shown: Vec<String> = failures.iter().take(3).cloned().collect();
    assert!(failures.is_empty(), "{} answers differ\n{}", failures.len(), shown.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn active_users_are_what_the_definition_says() {
    compare("active", 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn funnels_are_what_the_definition_says() {
    compare("funnel", 4).await;
}
