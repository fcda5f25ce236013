//! What breaks: an executor, all of them, the scheduler. The answer is the right one or the documented error.

use super::cluster::Cluster;
use super::{QUESTIONS, ask, fill, now};
use crate::support::house::House;
use muster::engine::remote::Settings;
use serde_json::Value;
use std::time::Duration;

const EVENTS: i64 = 6_000;

/// Answers of DuckDB alone.
async fn expected() -> Vec<Value> {
    let house = House::open(now(), 500);
    fill(&house, EVENTS).await;
    let mut answers = Vec::new();
    for question in QUESTIONS {
        answers.push(ask(&house, question).await.expect("an answer"));
    }
    answers
}

async fn house(settings: Settings) -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let house = House::open_on(settings, folder, now(), 500);
    fill(&house, EVENTS).await;
    house
}

async fn check(house: &House, expected: &[Value]) {
    for (question, expected) in QUESTIONS.iter().zip(expected) {
        assert_eq!(&ask(house, question).await.expect(question), expected, "{question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_killed_in_the_middle_of_a_funnel_leaves_the_right_answer() {
    let Some(mut cluster) = Cluster::start("executor killed").await else { return };
    let expected = expected().await;
    let house = house(cluster.settings()).await;
    check(&house, &expected).await;
    let (_, statements) = house.explain(super::PROJECT, QUESTIONS[0], serde_json::json!({})).await;
    let fetched = statements.iter().find_map(|explained| explained.fetched);
    assert!(
        fetched.is_some_and(|(rows, bytes)| rows > 0 && bytes > 0),
        "the cluster computed it: {statements:?}"
    );
    // What it is given now it never finishes, so the funnel is in its middle when it is killed.
    cluster.freeze_executor(0);
    let (answer, cluster) = tokio::join!(ask(&house, QUESTIONS[0]), async {
        cluster.until_it_works().await;
        cluster.kill_executor(0);
        cluster
    });
    assert_eq!(answer.as_ref(), Ok(&expected[0]), "never a wrong answer");
    cluster.until_there_are(1).await;
    check(&house, &expected).await;
    let state = house.engine.remote().expect("there is one").state();
    assert_eq!(state.replaced, 0, "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_executor_a_small_question_is_answered_here_and_a_large_one_says_why_not() {
    let Some(mut cluster) = Cluster::start("all executors killed").await else { return };
    let expected = expected().await;
    let brief = Settings { deadline: Duration::from_secs(6), ..cluster.settings() };
    let small = house(Settings { local_up_to_bytes: u64::MAX, ..brief.clone() }).await;
    let large = house(brief).await;
    check(&small, &expected).await;
    check(&large, &expected).await;
    cluster.kill_executor(0);
    cluster.kill_executor(1);
    check(&small, &expected).await;
    let state = small.engine.remote().expect("there is one").state();
    assert!(state.replaced >= 1 && state.failure.is_some(), "{state:?}");
    for _ in 0..2 {
        let refused = ask(&large, QUESTIONS[0]).await.expect_err("it is too large to be answered here");
        assert!(refused.contains("the distributed engine does not answer now"), "{refused}");
        assert!(refused.contains("--local-up-to-bytes"), "{refused}");
    }
    cluster.start_executor(0);
    cluster.until_there_are(1).await;
    // It is asked again as soon as it has rested.
    let mut tries = 0;
    while ask(&large, QUESTIONS[0]).await.as_ref() != Ok(&expected[0]) {
        tries += 1;
        assert!(tries < 200, "it is never asked again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    check(&large, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_is_started_anew_is_told_everything_again() {
    let Some(mut cluster) = Cluster::start("scheduler restarted").await else { return };
    let expected = expected().await;
    let house = house(cluster.settings()).await;
    check(&house, &expected).await;
    cluster.kill_scheduler();
    cluster.start_scheduler();
    cluster.until_there_are(2).await;
    check(&house, &expected).await;
    let state = house.engine.remote().expect("there is one").state();
    assert_eq!((state.failures, state.replaced), (0, 0), "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_never_was_there_is_missed_only_by_large_questions() {
    let expected = expected().await;
    let nowhere = Settings::at("http://127.0.0.1:9");
    let large = house(nowhere.clone()).await;
    let refused = ask(&large, QUESTIONS[0]).await.expect_err("nobody is there");
    assert!(refused.contains("the distributed engine does not answer now"), "{refused}");
    let small = house(Settings { local_up_to_bytes: u64::MAX, ..nowhere.clone() }).await;
    check(&small, &expected).await;
    let never = house(Settings { above_bytes: u64::MAX, ..nowhere }).await;
    check(&never, &expected).await;
    let state = never.engine.remote().expect("there is one").state();
    assert_eq!((state.failures, state.replaced), (0, 0), "it was not asked: {state:?}");
}
