//! A question sees one instant although events arrive and generations are sealed meanwhile.

use crate::support::house::House;
use muster::domain::event::{Event, NewEvent, Properties, SessionRule};
use muster::domain::identity::{GroupPatch, ProjectKey};
use muster::domain::write::Write;
use serde_json::json;
use std::sync::Arc;

const PROJECT: ProjectKey = ProjectKey(1);

/// Events of one commit: an answer that counts a part of one has not seen one instant.
const COMMIT: i64 = 10;

/// Commits in all. With a generation of 90 rows, about one in nine is followed by a sealing.
const COMMITS: i64 = 120;

fn event(number: i64) -> Write {
    let at = "2026-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
    let at = at + chrono::Duration::seconds(number);
    let event = Event {
        id: number.to_string(),
        name: "tick".to_owned(),
        profile_id: Some(format!("p{}", number % 7)),
        device_id: None,
        session_id: None,
        groups: vec!["acme".to_owned()],
        path: None,
        properties: Properties::new(),
        revenue: None,
        occurred_at: at,
        received_at: at,
    };
    Write::Track(Box::new(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven }))
}

async fn count(house: &House) -> i64 {
    let document =
        r#"{ activeUsers(groupType: "company", last: "P30D") { totals { events } rows { events } } }"#;
    let answer = house.ask(PROJECT, document, json!({})).await.expect("an answer");
    let total = answer["activeUsers"]["totals"]["events"].as_i64().expect("a count");
    let row = answer["activeUsers"]["rows"][0]["events"].as_i64().unwrap_or(0);
    assert_eq!(total, row, "two statements of one request see the same instant");
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_sees_one_instant_while_generations_are_sealed() {
    let house = Arc::new(House::open("2026-01-02T00:00:00Z".parse().expect("an instant"), 90));
    let acme = GroupPatch {
        id: "acme".to_owned(),
        group_type: "company".to_owned(),
        name: "Acme".to_owned(),
        properties: Properties::new(),
        effective_at: None,
    };
    house.write(PROJECT, vec![Write::UpsertGroup(acme)]).await;
    let asking = Arc::clone(&house);
    let asker = tokio::spawn(async move {
        let (mut last, mut answers) = (0, 0);
        while last < COMMIT * COMMITS {
            let seen = count(&asking).await;
            assert_eq!(seen % COMMIT, 0, "a commit is seen whole or not at all");
            assert!(seen >= last, "{seen} events after {last}");
            last = seen;
            answers += 1;
        }
        answers
    });
    for commit in 0..COMMITS {
        let events = (0..COMMIT).map(|place| event(commit * COMMIT + place)).collect();
        house.write(PROJECT, events).await;
        // What was acknowledged is seen by the next question.
        if commit % 10 == 0 {
            assert_eq!(count(&house).await, (commit + 1) * COMMIT);
        }
    }
    assert!(asker.await.expect("the asker ends") > 1, "questions ran while events arrived");
    let sealed = house.engine.store().snapshot().count_sealed_events(None);
    assert!(sealed > 0, "generations were sealed meanwhile");
}
