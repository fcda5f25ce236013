//! A request is one commit, with deletions in it too.

use crate::support::house::House;
use chrono::{DateTime, Utc};
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::{GroupPatch, ProjectKey};
use muster::domain::write::{Write, Written};
use muster::engine::scope::Reads;
use muster::engine::{Question, arrow};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

const PROJECT: ProjectKey = ProjectKey(1);

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("an instant")
}

fn upsert(group: &str, properties: &Value) -> Write {
    Write::UpsertGroup(GroupPatch {
        id: group.to_owned(),
        group_type: "company".to_owned(),
        name: group.to_owned(),
        properties: properties.as_object().expect("an object").clone(),
        effective_at: None,
    })
}

fn join(profile: &str, groups: &[&str]) -> Write {
    let group_ids = groups.iter().map(|group| (*group).to_owned()).collect();
    Write::JoinGroups { profile_id: profile.to_owned(), group_ids, joined_at: None }
}

fn leave(profile: &str, group: &str) -> Write {
    Write::LeaveGroups { profile_id: profile.to_owned(), group_ids: vec![group.to_owned()], left_at: None }
}

fn delete(group: &str) -> Write {
    Write::DeleteGroup { id: group.to_owned() }
}

fn event(id: usize, profile: &str) -> Write {
    let event = Event {
        id: format!("e{id}"),
        name: "tick".to_owned(),
        profile_id: Some(profile.to_owned()),
        device_id: None,
        session_id: None,
        groups: Vec::new(),
        path: None,
        properties: Properties::new(),
        revenue: None,
        occurred_at: now(),
        received_at: now(),
    };
    Write::Track(Box::new(NewEvent { event, attach_memberships: true, session: SessionRule::AsGiven }))
}

/// Everything that a project holds, as lines.
async fn contents(house: &House) -> Vec<String> {
    let sql = "with
        g as (select group_id, properties, created_at, updated_at from known_groups),
        m as (select profile_id, group_id, joined_at, left_at from known_memberships),
        d as (select group_id from deleted_groups),
        e as (select id, groups from scoped_events)
        select line from (
            select 'group ' || g::varchar as line from g union all
            select 'deleted ' || d::varchar from d union all
            select 'membership ' || m::varchar from m union all
            select 'event ' || e::varchar from e
        ) order by line";
    let caller = house.caller(PROJECT);
    let scope = caller.scope_ever().expect("a scope");
    let batches = caller
        .run_unlimited(&scope, Question::new("contents", sql).reading(Reads::Events))
        .await
        .expect("an answer");
    let mut lines = Vec::new();
    for batch in &batches {
        let texts = arrow::texts(batch, "line").expect("texts");
        lines.extend((0..batch.num_rows()).map(|row| texts.value(row).to_owned()));
    }
    lines
}

/// Writes of every kind about three groups and three profiles.
fn random_writes(random: &mut ChaCha8Rng, from: usize) -> Vec<Write> {
    let count = random.random_range(2..12);
    let one = |random: &mut ChaCha8Rng, prefix: char| format!("{prefix}{}", random.random_range(0..3));
    (0..count)
        .map(|place| {
            let (group, profile) = (one(random, 'g'), one(random, 'p'));
            match random.random_range(0..6) {
                0 => upsert(&group, &json!({ group.as_str(): place })),
                1 | 2 => join(&profile, &[&group]),
                3 => leave(&profile, &group),
                4 => event(from + place, &profile),
                _ => delete(&group),
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_deletions_does_what_its_writes_do_one_by_one() {
    let seed: u64 = rand::random();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (together, apart) = (House::open(now(), 40), House::open(now(), 40));
    for round in 0..40 {
        let writes = random_writes(&mut random, round * 100);
        let at_once = together.write(PROJECT, writes.clone()).await;
        let mut in_turn = Vec::new();
        for write in writes.clone() {
            in_turn.extend(apart.write(PROJECT, vec![write]).await);
        }
        assert_eq!(at_once, in_turn, "seed {seed}: {writes:#?}");
        assert_eq!(contents(&together).await, contents(&apart).await, "seed {seed}: {writes:#?}");
        for house in [&together, &apart] {
            house.clock.advance(chrono::Duration::minutes(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_deletions_is_stored_whole_or_not_at_all() {
    let house = House::open(now(), 1_000);
    house.write(PROJECT, vec![upsert("acme", &json!({})), join("jane", &["acme"])]).await;
    let before = contents(&house).await;
    let writes = vec![
        upsert("globex", &json!({})),
        delete("acme"),
        join("joe", &["globex", "acme"]),
        delete("globex"),
        delete("globex"),
        upsert("acme", &json!({ "life": 2 })),
        event(1, "joe"),
    ];
    let written = house.write(PROJECT, writes).await;
    assert_eq!((&written[1], &written[4]), (&Written::GroupDeleted(true), &Written::GroupDeleted(false)));
    let after = contents(&house).await;
    assert_ne!(before, after);
    let folder = house.close();
    let log = folder.path().join("log/0000000001.log");
    let whole = std::fs::read(&log).expect("a log");

    let house = House::open_in(folder, now(), 1_000);
    assert_eq!(contents(&house).await, after);
    let folder = house.close();
    // The process died one byte before the end of the commit.
    std::fs::write(&log, &whole[..whole.len() - 1]).expect("written");
    let house = House::open_in(folder, now(), 1_000);
    assert_eq!(contents(&house).await, before);
}
