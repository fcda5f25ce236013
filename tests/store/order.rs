//! Rows come in the order that a statement asks for, however many threads work on it.

use crate::support::house::House;
use muster::domain::identity::ProjectKey;
use muster::engine::{Question, arrow};

/// Enough rows for many row groups, in an order that has nothing to do with the one they are made in.
const SHUFFLED: &str = "with rows as (select (i * 7919 % 1000003)::bigint as n from range(1000003) as t(i))
    select n, n::varchar as text from rows order by n";

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_keeps_its_order() {
    let house = House::open("2026-01-02T00:00:00Z".parse().expect("an instant"), 250_000);
    let scope = house.caller(ProjectKey(1)).scope_ever().expect("a scope");
    for _ in 0..3 {
        let question = Question::new("shuffled", SHUFFLED);
        let batches = house.engine.run_up_to(&scope, question, 2_000_000).await.expect("an answer");
        let numbers: Vec<i64> = batches
            .iter()
            .flat_map(|batch| arrow::integers(batch, "n").expect("a column").values().to_vec())
            .collect();
        assert_eq!(numbers.len(), 1_000_003);
        let wrong = numbers.windows(2).position(|pair| pair[0] > pair[1]);
        assert_eq!(wrong, None, "the rows are in order");
    }
}
