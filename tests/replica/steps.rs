//! However often a replica looks, it holds what the primary has sealed.

use super::world::{Bucket, go_on, put};
use crate::support::house::House;
use crate::support::oracle::random;
use muster::caller::Caller;
use muster::domain::identity::ProjectKey;
use muster::domain::time::Clock;
use muster::engine::scope::Reads;
use muster::engine::{Question, arrow};
use std::sync::Arc;

const EVERYTHING: [&str; 4] = [
    "with e as (select * from scoped_events)
     select json_object('id', id, 'name', name, 'profile', profile_id, 'groups', groups, 'path', path,
         'properties', properties::json, 'at', occurred_at)::varchar as line from e order by line",
    "with g as (select * from known_groups)
     select json_object('id', group_id, 'type', group_type, 'name', name, 'properties', properties::json)::varchar as line
     from g order by line",
    "with p as (select * from known_profiles)
     select json_object('id', profile_id, 'email', email, 'properties', properties::json)::varchar as line
     from p order by line",
    "with m as (select * from known_memberships)
     select json_array(profile_id, group_id, joined_at, left_at)::varchar as line from m order by line",
];

async fn everything(caller: Arc<Caller>) -> Vec<String> {
    let scope = caller.scope_ever().expect("a scope");
    let mut lines = Vec::new();
    for sql in EVERYTHING {
        let question = Question::new("test", sql).reading(Reads::Events);
        let batches = caller.run_unlimited(&scope, question).await.expect("an answer");
        for batch in &batches {
            let texts = arrow::texts(batch, "line").expect("texts");
            lines.extend((0..batch.num_rows()).map(|row| texts.value(row).to_owned()));
        }
    }
    lines
}

/// Random projects arrive in pieces. One replica follows each instant, one now and then, one is new at the end, and one
/// is closed and opened in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_holds_what_is_sealed_however_often_it_looks() {
    let many: u64 = std::env::var("MUSTER_SEEDS").ok().and_then(|many| many.parse().ok()).unwrap_or(1);
    let mut most = 0;
    for seed in 0..many {
        let bucket = Bucket::new();
        let project = random::project(&mut random::rng(seed));
        let now = project.data.now;
        // So few rows in a generation that pieces are several of them, and segments are made of others.
        let primary = House::publishing(&bucket.storage(), now, 12);
        let open = |folder| House::replica_of(&bucket.storage(), folder, now);
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let (every, seldom, mut reopened) = (open(folder()), open(folder()), open(folder()));
        let (key, mut pieces) = (ProjectKey(1), 0);
        let length = (project.data.writes.len() / 36).max(1);
        for piece in project.data.writes.chunks(length) {
            pieces += 1;
            primary.write(key, piece.to_vec()).await;
            primary.seal().await;
            put(primary.engine.store(), primary.clock.now()).await;
            go_on(every.engine.store(), now).await.expect("it follows");
            if pieces % 15 == 0 {
                go_on(seldom.engine.store(), now).await.expect("it follows");
                assert_eq!(everything(seldom.caller(key)).await, everything(primary.caller(key)).await);
            }
            if pieces % 10 == 0 {
                go_on(reopened.engine.store(), now).await.expect("it follows");
                reopened = open(reopened.close());
            }
            assert_eq!(
                everything(every.caller(key)).await,
                everything(primary.caller(key)).await,
                "seed {seed}, piece {pieces}"
            );
        }
        most = most.max(pieces);
        assert!(primary.engine.store().compactions() > 0, "segments were made of others");
        let late = open(folder());
        for replica in [&seldom, &late, &reopened] {
            go_on(replica.engine.store(), now).await.expect("it follows");
            assert_eq!(everything(replica.caller(key)).await, everything(primary.caller(key)).await);
        }
        drop((primary.close(), every.close(), seldom.close(), reopened.close(), late.close()));
    }
    assert!(most > 35, "so many that a base is made: {most}");
}
