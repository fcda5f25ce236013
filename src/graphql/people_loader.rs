//! What the profiles of a page are asked, answered by one statement for each kind of question.

use super::event::Event;
use super::group::Group;
use super::known_group::{KnownGroup, decode_known, parse_properties};
use super::loader::Batches;
use super::profile::Profile;
use crate::engine::scope::Reads;
use crate::engine::{Question, Value, arrow, texts};
use crate::error::Failure;
use ::arrow::array::{Array, RecordBatch};
use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;

/// Asks what was identified of a profile. One that was never identified has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileOf(pub String);

/// Asks when a profile did something. One without events has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SeenOf(pub String);

/// When a profile's first and last event happened, and how many it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The first event's time.
    pub first_at: DateTime<Utc>,
    /// The last event's time.
    pub last_at: DateTime<Utc>,
    /// All events, of all time.
    pub events: i64,
}

/// Asks for a profile's memberships. One that never had any has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MembershipsOf(pub String);

/// One membership of a profile with what is known of the group.
#[derive(Debug, Clone)]
pub struct OwnMembership {
    /// The membership's number.
    pub seq: u64,
    /// The group.
    pub group_id: String,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Until when; `None` while it is open.
    pub left_at: Option<DateTime<Utc>>,
    /// Whether the group was deleted and not upserted again.
    pub is_deleted: bool,
    known: Option<KnownGroup>,
}

impl OwnMembership {
    /// The group's type, if it has an entity.
    #[must_use]
    pub fn group_type(&self) -> Option<&str> {
        self.known.as_ref().map(|known| known.group_type.as_str())
    }

    /// The group as a node.
    #[must_use]
    pub fn group(&self) -> Group {
        Group::known(self.group_id.clone(), self.known.clone())
    }
}

/// Asks for a page of a profile's events, newest first. One without events there has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventsOf {
    /// The profile.
    pub profile_id: String,
    /// Events at most.
    pub first: usize,
    /// Microseconds UTC and arrival number of the last event already seen.
    pub behind: Option<(i64, u64)>,
}

impl Batches {
    /// Asks a question about profiles, over all time.
    async fn ask(&self, question: Question, ids: &[String]) -> Result<Vec<RecordBatch>, Failure> {
        let question = question.with("ids", texts(ids.iter().map(String::as_str)));
        self.0.run_unlimited(&self.0.scope_ever()?, question).await
    }
}

impl Loader<ProfileOf> for Batches {
    type Value = Profile;
    type Error = Failure;

    async fn load(&self, keys: &[ProfileOf]) -> Result<HashMap<ProfileOf, Profile>, Failure> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let question = Question::new("profiles_by_id", include_str!("profiles_by_id.sql"));
        let mut found = HashMap::with_capacity(keys.len());
        for batch in &self.ask(question, &ids).await? {
            for row in 0..batch.num_rows() {
                if let Some(profile) = decode_profile(batch, row)? {
                    found.insert(ProfileOf(profile.id.clone()), profile);
                }
            }
        }
        Ok(found)
    }
}

impl Loader<SeenOf> for Batches {
    type Value = Seen;
    type Error = Failure;

    async fn load(&self, keys: &[SeenOf]) -> Result<HashMap<SeenOf, Seen>, Failure> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let question = Question::new("profile_seen", include_str!("profile_seen.sql"));
        let mut found = HashMap::with_capacity(keys.len());
        for batch in &self.ask(question, &ids).await? {
            let profiles = arrow::texts(batch, "profile_id")?;
            let (first, last) =
                (arrow::instants(batch, "first_seen_at")?, arrow::instants(batch, "last_seen_at")?);
            let events = arrow::integers(batch, "events")?;
            for row in 0..batch.num_rows() {
                let seen = Seen {
                    first_at: arrow::instant(first, row).unwrap_or_default(),
                    last_at: arrow::instant(last, row).unwrap_or_default(),
                    events: events.value(row),
                };
                found.insert(SeenOf(profiles.value(row).to_owned()), seen);
            }
        }
        Ok(found)
    }
}

impl Loader<MembershipsOf> for Batches {
    type Value = Arc<[OwnMembership]>;
    type Error = Failure;

    async fn load(&self, keys: &[MembershipsOf]) -> Result<HashMap<MembershipsOf, Self::Value>, Failure> {
        let ids: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let question = Question::new("profile_memberships", include_str!("profile_memberships.sql"));
        let mut lists: HashMap<MembershipsOf, Vec<OwnMembership>> = HashMap::with_capacity(keys.len());
        for batch in &self.ask(question, &ids).await? {
            let profiles = arrow::texts(batch, "profile_id")?;
            for row in 0..batch.num_rows() {
                let key = MembershipsOf(profiles.value(row).to_owned());
                lists.entry(key).or_default().push(decode_membership(batch, row)?);
            }
        }
        Ok(lists.into_iter().map(|(key, list)| (key, list.into())).collect())
    }
}

impl Loader<EventsOf> for Batches {
    type Value = Arc<[(u64, Event)]>;
    type Error = Failure;

    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Self::Value>, Failure> {
        // Pages of equal size behind equal cursors are asked together.
        let mut kinds = HashMap::<_, Vec<String>>::new();
        for key in keys {
            kinds.entry((key.first, key.behind)).or_default().push(key.profile_id.clone());
        }
        let mut lists: HashMap<EventsOf, Vec<(u64, Event)>> = HashMap::with_capacity(keys.len());
        for ((first, behind), ids) in kinds {
            let whole = self.0.scope_ever()?;
            for part in self.0.parts(&whole) {
                let of = |id: &String| EventsOf { profile_id: id.clone(), first, behind };
                let is_full = |id: &String| lists.get(&of(id)).is_some_and(|list| list.len() >= first);
                let missing: Vec<&str> = ids.iter().filter(|id| !is_full(id)).map(String::as_str).collect();
                if missing.is_empty() {
                    break;
                }
                let question = Question::new("profile_events", include_str!("profile_events.sql"))
                    .reading(Reads::Events)
                    .with("ids", texts(missing))
                    .with("first", Value::BigInt(i64::try_from(first).unwrap_or(i64::MAX)))
                    .with("after_at", behind.map(|(at, _)| Value::BigInt(at)))
                    .with("after_seq", behind.map(|(_, seq)| Value::UBigInt(seq)));
                for batch in &self.0.run_unlimited(&self.0.scope(part), question).await? {
                    for (seq, event) in Event::decode(batch)? {
                        let Some(profile_id) = event.0.profile_id.clone() else { continue };
                        let list = lists.entry(EventsOf { profile_id, first, behind }).or_default();
                        if list.len() < first {
                            list.push((seq, event));
                        }
                    }
                }
            }
        }
        Ok(lists.into_iter().map(|(key, list)| (key, list.into())).collect())
    }
}

/// Reads a profile from the columns `profile_id`, `first_name`, `last_name`, `email`, `avatar` and `properties`;
/// `None` where the row has no profile.
pub(super) fn decode_profile(batch: &RecordBatch, row: usize) -> Result<Option<Profile>, Failure> {
    let text =
        |name: &str| -> Result<Option<String>, Failure> { Ok(arrow::text(arrow::texts(batch, name)?, row)) };
    let Some(id) = text("profile_id")? else { return Ok(None) };
    Ok(Some(Profile {
        id,
        first_name: text("first_name")?,
        last_name: text("last_name")?,
        email: text("email")?,
        avatar: text("avatar")?,
        properties: text("properties")?.map_or_else(|| serde_json::json!({}), |text| parse_properties(&text)),
    }))
}

fn decode_membership(batch: &RecordBatch, row: usize) -> Result<OwnMembership, Failure> {
    let has_entity = arrow::texts(batch, "group_type")?.is_valid(row);
    Ok(OwnMembership {
        seq: arrow::naturals(batch, "membership_seq")?.value(row),
        group_id: arrow::texts(batch, "group_id")?.value(row).to_owned(),
        joined_at: arrow::instant(arrow::instants(batch, "joined_at")?, row).unwrap_or_default(),
        left_at: arrow::instant(arrow::instants(batch, "left_at")?, row),
        is_deleted: arrow::booleans(batch, "is_deleted")?.value(row),
        known: has_entity.then(|| decode_known(batch, row)).transpose()?,
    })
}
