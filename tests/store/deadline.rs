//! A question that runs too long is really stopped, and the connection it ran on is good for the next.

use crate::support::house::House;
use muster::domain::identity::ProjectKey;
use muster::engine::{Engine, Error, Question};
use std::sync::Arc;
use std::time::Duration;

const SLOW: &str = "with numbers as (select i from range(1000000000000) as t(i)) select count(*) as n from numbers where i % 7 = 3";
const QUICK: &str = "with one as (select 1::bigint as n) select n from one";

#[tokio::test(flavor = "multi_thread")]
async fn a_late_question_is_stopped_and_the_next_one_is_answered() {
    let house = House::open("2026-01-02T00:00:00Z".parse().expect("an instant"), 250_000);
    let store = Arc::clone(house.engine.store());
    // One at a time: the next question can only run once the late one has really ended.
    let engine = Engine::new(store, 1, Duration::from_secs(2), 100);
    let scope = house.caller(ProjectKey(1)).scope_ever().expect("a scope");
    let late = engine.run(&scope, Question::new("slow", SLOW)).await;
    assert!(matches!(late, Err(Error::TimedOut { seconds: 2 })), "{late:?}");
    for _ in 0..50 {
        let answer = engine.run(&scope, Question::new("quick", QUICK)).await.expect("an answer");
        assert_eq!(answer.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 1);
    }
    // An asker who goes away stops the question as well.
    tokio::select! {
        gone = engine.run(&scope, Question::new("slow", SLOW)) => panic!("{gone:?}"),
        () = tokio::task::yield_now() => {}
    }
    let answer = engine.run(&scope, Question::new("quick", QUICK)).await.expect("an answer");
    assert_eq!(answer.len(), 1);
}
