//! Seeded data sets: tiny, and full of what goes wrong (ties, edges, missing values, ended memberships).

use super::data::Dataset;
use chrono::{DateTime, Duration, Utc};
use muster::domain::event::{Event, NewEvent, Properties, SessionRule, distinct};
use muster::domain::identity::{GroupPatch, ProfilePatch};
use muster::domain::write::Write;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// The types groups are drawn with.
pub(crate) const GROUP_TYPES: [&str; 2] = ["company", "workspace"];
/// The names events are drawn with.
pub(crate) const EVENT_NAMES: [&str; 5] = ["a", "b", "c", "d", "screen_view"];
/// Ids that are sent with events and joined, but never upserted.
pub(crate) const GHOSTS: [&str; 2] = ["ghost", "plan"];
const COMPANIES: [&str; 6] = ["acme", "Acme", "c.3", "c 4", "über", "c6"];
const WORKSPACES: [&str; 6] = ["w1", "w2", "w10", "w\"4", "w5", "w6"];
const NAMES: [&str; 4] = ["Acme", "ACME Ltd", "100%_sure", "Über"];

/// A data set and the instants it was drawn from.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The data.
    pub(crate) data: Dataset,
    /// Where its times lie.
    pub(crate) timeline: Timeline,
}

/// Few instants, so that many events share one and ranges end exactly on events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    /// The first instant.
    pub(crate) start: DateTime<Utc>,
    /// The distance of two instants, whole seconds.
    pub(crate) grain: Duration,
    /// How many instants there are.
    pub(crate) ticks: i32,
}

impl Timeline {
    /// The n-th instant.
    pub(crate) fn tick(&self, n: i32) -> DateTime<Utc> {
        self.start + self.grain * n
    }

    fn any(&self, rng: &mut ChaCha8Rng) -> DateTime<Utc> {
        self.tick(rng.random_range(0..self.ticks))
    }
}

/// The generator of a seed.
pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// One of the list.
pub(crate) fn one<T: Clone>(rng: &mut ChaCha8Rng, list: &[T]) -> T {
    list.choose(rng).expect("a list that is not empty").clone()
}

/// Mostly an hour, two or five before clocks are set somewhere; else around a new year, or on an odd second.
fn starts() -> Vec<DateTime<Utc>> {
    const CHANGES: [&str; 8] = [
        "2026-03-29T01:00:00Z", // Berlin, forward
        "2025-10-26T01:00:00Z", // Berlin, back
        "2026-03-08T07:00:00Z", // New York, forward
        "2025-11-02T06:00:00Z", // New York, back
        // Lord Howe, by half an hour, forward and back.
        "2025-10-04T15:30:00Z",
        "2025-10-04T15:30:00Z",
        "2026-04-04T15:00:00Z",
        "2026-04-04T15:00:00Z",
    ];
    const OTHERS: [&str; 2] = ["2025-12-31T00:00:00Z", "2026-05-04T11:59:58Z"];
    let instant = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    let before = |change: &str| [1, 2, 5].map(|hours| instant(change) - Duration::hours(hours));
    CHANGES.into_iter().flat_map(before).chain(OTHERS.map(instant)).chain(OTHERS.map(instant)).collect()
}

/// Draws a project.
pub(crate) fn project(rng: &mut ChaCha8Rng) -> Project {
    let timeline = Timeline {
        start: one(rng, &starts()),
        grain: Duration::seconds(one(rng, &[1, 600, 3_600, 21_600, 86_400, 86_400, 259_200])),
        ticks: one(rng, &[3, 8, 20, 40]),
    };
    let now = timeline.tick(timeline.ticks + 3);
    let mut lanes: Vec<Vec<Write>> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for (group_type, pool) in [("company", COMPANIES), ("workspace", WORKSPACES)] {
        for id in &pool[..rng.random_range(2..=6)] {
            ids.push((*id).to_owned());
            lanes.push(upserts(rng, &timeline, id, group_type));
        }
    }
    let living = ids.clone();
    ids.extend(GHOSTS.map(str::to_owned));
    let profiles: Vec<String> = (1..=rng.random_range(1..=8)).map(|n| format!("u{n}")).collect();
    for profile in &profiles {
        lanes.push((0..rng.random_range(0..3)).map(|_| Write::Identify(identify(rng, profile))).collect());
        lanes.extend(memberships(rng, &timeline, profile, &ids));
    }
    // Some projects are empty.
    let most = one(rng, &[0, 8, 8, 40, 40, 40, 40, 40, 40, 80, 80, 80, 80, 80, 120, 120]);
    let events = rng.random_range(most / 2..=most);
    lanes.push((0..events).map(|n| track(rng, &timeline, n, &profiles, &ids, now)).collect());

    let mut writes = interleaved(rng, lanes);
    for id in living {
        if rng.random_bool(0.12) {
            writes.push(Write::DeleteGroup { id: id.clone() });
            if rng.random_bool(0.4) {
                // A new life: only its own properties, old memberships stay ended, new ones may begin.
                let group_type = one(rng, &GROUP_TYPES);
                writes.push(Write::UpsertGroup(group_patch(rng, &id, group_type, None)));
                if rng.random_bool(0.5) {
                    let joined_at = Some(timeline.any(rng));
                    writes.push(Write::JoinGroups {
                        profile_id: one(rng, &profiles),
                        group_ids: vec![id],
                        joined_at,
                    });
                }
            }
        }
    }
    Project { data: Dataset::after(writes, now), timeline }
}

/// Merges lists at random; each keeps its own order.
fn interleaved(rng: &mut ChaCha8Rng, lanes: Vec<Vec<Write>>) -> Vec<Write> {
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let mut writes = Vec::new();
    while !lanes.is_empty() {
        let lane = rng.random_range(0..lanes.len());
        match lanes[lane].next() {
            Some(write) => writes.push(write),
            None => drop(lanes.swap_remove(lane)),
        }
    }
    writes
}

/// The changes of one group, their effective times increasing, the last perhaps at its arrival.
fn upserts(rng: &mut ChaCha8Rng, timeline: &Timeline, id: &str, group_type: &str) -> Vec<Write> {
    let mut times: Vec<i32> =
        (0..rng.random_range(1..=4)).map(|_| rng.random_range(0..timeline.ticks)).collect();
    times.sort_unstable();
    times.dedup();
    let mut times: Vec<Option<DateTime<Utc>>> = times.into_iter().map(|n| Some(timeline.tick(n))).collect();
    if rng.random_bool(0.2) {
        times.push(None);
    }
    let upsert = |effective_at| {
        let other_type = rng.random_bool(0.1);
        let group_type = if other_type { one(rng, &GROUP_TYPES) } else { group_type };
        Write::UpsertGroup(group_patch(rng, id, group_type, effective_at))
    };
    times.into_iter().map(upsert).collect()
}

fn group_patch(
    rng: &mut ChaCha8Rng,
    id: &str,
    group_type: &str,
    effective_at: Option<DateTime<Utc>>,
) -> GroupPatch {
    let (id, group_type, name) = (id.to_owned(), group_type.to_owned(), one(rng, &NAMES).to_owned());
    GroupPatch { id, group_type, name, properties: properties(rng), effective_at }
}

fn identify(rng: &mut ChaCha8Rng, id: &str) -> ProfilePatch {
    let mut maybe = |list: &[&str]| rng.random_bool(0.5).then(|| one(rng, list).to_owned());
    ProfilePatch {
        id: id.to_owned(),
        first_name: maybe(&["Ada", "ada", "Bo"]),
        last_name: maybe(&["Zed", "O'Hara"]),
        email: maybe(&["ada@acme.example", "bo@acme.example", "BO@ACME.example"]),
        avatar: maybe(&["https://img.example/1.png"]),
        properties: properties(rng),
    }
}

/// Joins and leaves of one profile. Intervals end, begin again, and may overlap ended ones.
fn memberships(rng: &mut ChaCha8Rng, timeline: &Timeline, profile: &str, ids: &[String]) -> Vec<Vec<Write>> {
    let mut ids = ids.to_vec();
    ids.shuffle(rng);
    ids.truncate(rng.random_range(0..=4));
    let mut lanes = Vec::new();
    for group_ids in ids.chunks(rng.random_range(1..=2)) {
        let mut lane = Vec::new();
        for _ in 0..rng.random_range(1..=3) {
            let joined = rng.random_range(0..timeline.ticks - 1);
            let (profile_id, group_ids) = (profile.to_owned(), group_ids.to_vec());
            let join = |joined_at| Write::JoinGroups {
                profile_id: profile_id.clone(),
                group_ids: group_ids.clone(),
                joined_at: Some(timeline.tick(joined_at)),
            };
            lane.push(join(joined));
            if rng.random_bool(0.2) {
                // Already inside: changes nothing.
                lane.push(join(rng.random_range(joined..timeline.ticks)));
            }
            if rng.random_bool(0.3) {
                break;
            }
            let left_at = Some(timeline.tick(rng.random_range(joined + 1..timeline.ticks)));
            lane.push(Write::LeaveGroups { profile_id, group_ids, left_at });
        }
        lanes.push(lane);
    }
    lanes
}

fn track(
    rng: &mut ChaCha8Rng,
    timeline: &Timeline,
    n: usize,
    profiles: &[String],
    ids: &[String],
    now: DateTime<Utc>,
) -> Write {
    let mut groups: Vec<String> = (0..one(rng, &[0, 1, 1, 2, 3, 4])).map(|_| one(rng, ids)).collect();
    groups = distinct(groups);
    let jitter = if rng.random_bool(0.1) { Duration::microseconds(1) } else { Duration::zero() };
    let pick = |rng: &mut ChaCha8Rng, share, list: &[&str]| {
        rng.random_bool(share).then(|| one(rng, list).to_owned())
    };
    let event = Event {
        // The order of ids says nothing about arrival.
        id: format!("e{:03}-{n}", rng.random_range(0..1000)),
        name: one(rng, &["a", "a", "a", "b", "b", "b", "c", "c", "d", "screen_view"]).to_owned(),
        profile_id: rng.random_bool(0.75).then(|| one(rng, profiles)),
        // A device may have the id of a profile.
        device_id: pick(rng, 0.8, &["d1", "d2", "u1"]),
        session_id: pick(rng, 0.7, &["s1", "s2", "s3", "s4"]),
        groups,
        path: pick(rng, 0.5, &["/", "/pricing", "/Pricing/%20"]),
        properties: properties(rng),
        revenue: rng.random_bool(0.3).then(|| one(rng, &[0, 100, 999, -50])),
        occurred_at: timeline.any(rng) + jitter,
        received_at: now,
    };
    Write::Track(Box::new(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven }))
}

/// Properties under few keys, values of every JSON type.
fn properties(rng: &mut ChaCha8Rng) -> Properties {
    let mut map = Properties::new();
    for key in ["plan", "n", "p.q"] {
        if rng.random_bool(0.6) {
            map.insert(key.to_owned(), property(rng));
        }
    }
    if rng.random_bool(0.6) {
        // Mostly a number.
        let numbers = [json!(0), json!(1), json!(3), json!(10), json!(2.5), json!(-4)];
        let amount = if rng.random_bool(0.8) { one(rng, &numbers) } else { property(rng) };
        map.insert("amount".to_owned(), amount);
    }
    if rng.random_bool(0.5) {
        let mut deep = Properties::new();
        for key in ["x", "y.z"] {
            if rng.random_bool(0.6) {
                deep.insert(key.to_owned(), property(rng));
            }
        }
        map.insert("deep".to_owned(), Value::Object(deep));
    }
    map
}

fn property(rng: &mut ChaCha8Rng) -> Value {
    match rng.random_range(0..12) {
        0 => Value::Null,
        1 => json!([1, "a"]),
        2 => json!({"k": true}),
        _ => scalar(rng),
    }
}

/// A string, number or boolean; strings that look like the others are among them.
pub(crate) fn scalar(rng: &mut ChaCha8Rng) -> Value {
    let strings = ["pro", "Pro", "free", "1", "10", "true", "", "100%", "x_y", "Über", "a.b", "it's"];
    match rng.random_range(0..10) {
        0..=4 => json!(one(rng, &strings[..4])),
        5 => json!(one(rng, &strings)),
        6 | 7 => json!(one(rng, &[1, 2, 10])),
        8 => one(rng, &[json!(2.5), json!(2.0), json!(-1), json!(0)]),
        _ => json!(rng.random_bool(0.5)),
    }
}
