//! The people of the companies: who they are, when they join and leave, and how far they get at first.

use super::companies::Company;
use super::dice::Dice;
use super::places::{DAYS, Span, is_weekend};
use super::stories::Story;
use crate::domain::identity::ProfilePatch;
use crate::domain::write::Write;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::collections::HashSet;

#[rustfmt::skip]
const FIRST_NAMES: [&str; 72] = [
    "Ada", "Aiko", "Alan", "Amara", "Anders", "Anika", "Arjun", "Astrid", "Beatriz", "Ben", "Carla", "Chen",
    "Clara", "Daniel", "Deepa", "Diego", "Elena", "Elif", "Emil", "Emma", "Erik", "Fatima", "Felix",
    "Freya", "Gabriel", "Grace", "Hana", "Hassan", "Helena", "Hugo", "Ines", "Ingrid", "Isaac", "Ivan",
    "Jana", "Jonas", "Julia", "Kai", "Karin", "Kenji", "Lars", "Laura", "Leila", "Liam", "Linh", "Lucas",
    "Magnus", "Maria", "Mateo", "Maya", "Mei", "Mia", "Milan", "Nadia", "Nina", "Noah", "Olga", "Omar",
    "Oscar", "Paula", "Priya", "Rafael", "Ravi", "Rosa", "Samir", "Sara", "Sofia", "Tariq", "Tomas", "Yara",
    "Yuki", "Zoe",
];

#[rustfmt::skip]
const LAST_NAMES: [&str; 72] = [
    "Abbott", "Almeida", "Andersen", "Bakker", "Bauer", "Becker", "Berg", "Bianchi", "Castro", "Chandra",
    "Costa", "Dahl", "Dubois", "Eriksen", "Evans", "Farah", "Ferrari", "Fischer", "Fontaine", "Garcia",
    "Gupta", "Haas", "Hansen", "Hughes", "Ibrahim", "Ito", "Iyer", "Jansen", "Johnson", "Kaya", "Keller",
    "Khan", "Kim", "Kowalski", "Larsen", "Laurent", "Lee", "Lindqvist", "Lopez", "Marino", "Martin",
    "Meyer", "Mori", "Murphy", "Nakamura", "Nguyen", "Nowak", "Okafor", "Oliveira", "Olsen", "Park",
    "Patel", "Pereira", "Quinn", "Rao", "Reyes", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Smith",
    "Sousa", "Suzuki", "Tan", "Taylor", "Vogel", "Wagner", "Walsh", "Weber", "Wong", "Yilmaz",
];

/// How much someone uses the product, in thousandths of the usual, with weights.
const PACES: [(i64, i64); 4] = [(2_600, 1), (1_300, 3), (700, 4), (200, 2)];

const ROLES: [(&str, i64); 3] = [("admin", 1), ("editor", 6), ("viewer", 2)];
const TITLES: [&str; 8] = [
    "Analyst",
    "Designer",
    "Developer",
    "Director",
    "Engineer",
    "Operations Lead",
    "Product Manager",
    "Sales Lead",
];

/// Membership of a second company.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// Place of the company in the list.
    pub(super) company: usize,
    /// Place of the workspace in that company's list.
    pub(super) workspace: usize,
    pub(super) since: DateTime<Utc>,
}

/// A member of a company.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Profile id.
    pub(super) id: String,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) title: &'static str,
    /// Place of the company in the list.
    pub(super) company: usize,
    /// Places in the company's list of workspaces; the first is where they begin. Not empty.
    pub(super) workspaces: Vec<usize>,
    pub(super) joined_at: DateTime<Utc>,
    /// Whether they join while the data run, with a `signup` event.
    pub(super) signs_up: bool,
    pub(super) left_at: Option<DateTime<Utc>>,
    /// Steps of the activation funnel taken within the first weeks: 1 to 4.
    pub(super) steps: usize,
    /// How much they use the product, in thousandths of the usual.
    pub(super) pace: i64,
    /// The last day of use, for those who lose interest without leaving.
    pub(super) last_day: i64,
    pub(super) computer: String,
    pub(super) phone: String,
    pub(super) guest: Option<Guest>,
}

/// Everybody, company after company; a company's first is its owner, there from the founding on.
pub(super) fn hire_all(companies: &[Company], span: &Span, dice: &mut Dice) -> Vec<Person> {
    let mut everybody = Vec::new();
    for (place, company) in companies.iter().enumerate() {
        let mut emails = HashSet::new();
        for number in 0..company.size {
            let mut person = hire(place, company, number == 0, span, dice);
            person.id = format!("user-{:04}", everybody.len() + 1);
            // Two people of one name in a company: the later one's address carries a number.
            if !emails.insert(person.email.clone()) {
                person.email = person.email.replacen('@', &format!("{number}@"), 1);
            }
            everybody.push(person);
        }
    }
    invite_guests(&mut everybody, companies, span, dice);
    everybody
}

fn hire(place: usize, company: &Company, is_owner: bool, span: &Span, dice: &mut Dice) -> Person {
    let joined_at = if is_owner { company.created_at } else { joining_time(company, span, dice) };
    let signs_up = span.holds(joined_at);
    let steps = if signs_up { company.onboarding.steps_taken(dice) } else { 4 };
    let (first_name, last_name) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
    let joined_on = span.day_of(joined_at);
    // Those who do not get far tend to lose interest soon.
    let loses_interest = match (is_owner, steps) {
        (true, _) => false,
        (_, 1) => dice.chance(620),
        (_, 2) => dice.chance(330),
        _ => dice.chance(60),
    };
    let last_day =
        if loses_interest { joined_on.max(0) + dice.between(1, 12 * steps_i64(steps)) } else { i64::MAX };
    let leaves = !is_owner && joined_on < DAYS - 40 && dice.chance(70);
    let left_at = leaves
        .then(|| company.country.at_work(span.date(dice.between(joined_on.max(0) + 20, DAYS - 2)), dice));
    Person {
        id: String::new(),
        first_name,
        last_name,
        email: format!("{first_name}.{last_name}@{}.example", company.id).to_ascii_lowercase(),
        role: if is_owner { "owner" } else { dice.weighted(&ROLES) },
        title: dice.pick(&TITLES),
        company: place,
        workspaces: choose_workspaces(company, joined_at, dice),
        joined_at,
        signs_up,
        left_at,
        steps,
        pace: if is_owner { 1_300 } else { dice.weighted(&PACES) },
        last_day,
        computer: dice.device(),
        phone: dice.device(),
        guest: None,
    }
}

fn steps_i64(steps: usize) -> i64 {
    i64::try_from(steps).unwrap_or(1)
}

fn joining_time(company: &Company, span: &Span, dice: &mut Dice) -> DateTime<Utc> {
    let earliest = company.created_at + Duration::minutes(dice.between(10, 600));
    let Some(day) = company.story.joining_day(company.founding_day, company.turning_day, dice) else {
        let before = (span.start - earliest).num_minutes();
        return earliest + Duration::minutes(dice.between(0, before - 1));
    };
    let latest = span.end - Duration::seconds(dice.between(3_600, 40_000));
    // Hardly anybody joins at a weekend: from a Saturday or Sunday most move to the Monday after.
    let wait = if is_weekend(span.date(day)) && !dice.chance(150) { 2 } else { 0 };
    let planned = company.country.at_work(span.date(day + wait), dice);
    planned.min(latest).max(earliest).max(span.start + Duration::seconds(dice.between(60, 3_600)))
}

/// One to three workspaces; the first exists when the person joins.
fn choose_workspaces(company: &Company, joined_at: DateTime<Utc>, dice: &mut Dice) -> Vec<usize> {
    let mut places: Vec<usize> = (0..company.workspaces.len()).collect();
    dice.shuffle(&mut places);
    let open = |place: &usize| company.workspaces[*place].created_at <= joined_at;
    let first = places.iter().copied().find(open).unwrap_or(0);
    let others = places.into_iter().filter(|place| *place != first);
    let more = dice.weighted(&[(0, 6), (1, 3), (2, 1)]);
    std::iter::once(first).chain(others.take(more)).collect()
}

/// Advisers work for their clients too: each is a guest in one other company from some day on.
fn invite_guests(everybody: &mut [Person], companies: &[Company], span: &Span, dice: &mut Dice) {
    let hosts: Vec<usize> = (0..24).filter(|place| companies[*place].story == Story::Steady).collect();
    for person in everybody.iter_mut().filter(|person| companies[person.company].industry == "consulting") {
        let host = dice.pick(&hosts);
        let since = span.midnight(dice.between(5, 120)).max(person.joined_at) + Duration::hours(9);
        if host != person.company && since < span.end && person.left_at.is_none() {
            person.guest = Some(Guest { company: host, workspace: 0, since });
        }
    }
}

impl Person {
    /// Whether the person is a member at an instant.
    pub(super) fn is_member_at(&self, instant: DateTime<Utc>) -> bool {
        self.joined_at <= instant && self.left_at.is_none_or(|left_at| instant < left_at)
    }

    /// The profile, as it is sent.
    pub(super) fn profile(&self) -> ProfilePatch {
        let text = |text: &str| Value::String(text.to_owned());
        ProfilePatch {
            id: self.id.clone(),
            first_name: Some(self.first_name.to_owned()),
            last_name: Some(self.last_name.to_owned()),
            email: Some(self.email.clone()),
            avatar: None,
            properties: [("role", text(self.role)), ("title", text(self.title))]
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
        }
    }

    /// The memberships, as they are sent: joined in order of time, then left.
    pub(super) fn memberships(&self, companies: &[Company]) -> Vec<Write> {
        let company = &companies[self.company];
        let mut groups = vec![company.id.clone()];
        let mut later = Vec::new();
        for place in &self.workspaces {
            let workspace = &company.workspaces[*place];
            if workspace.created_at <= self.joined_at {
                groups.push(workspace.id.clone());
            } else if self.left_at.is_none_or(|left_at| workspace.created_at < left_at) {
                later.push((workspace.created_at, vec![workspace.id.clone()]));
            }
        }
        if let Some(guest) = &self.guest {
            let host = &companies[guest.company];
            later.push((guest.since, vec![host.id.clone(), host.workspaces[guest.workspace].id.clone()]));
        }
        later.sort_by_key(|(since, _)| *since);
        let mut writes: Vec<Write> = std::iter::once((self.joined_at, groups))
            .chain(later)
            .map(|(since, group_ids)| Write::JoinGroups {
                profile_id: self.id.clone(),
                group_ids,
                joined_at: Some(since),
            })
            .collect();
        if self.left_at.is_some() {
            let group_ids = writes.iter().flat_map(joined_ids).cloned().collect();
            writes.push(Write::LeaveGroups { profile_id: self.id.clone(), group_ids, left_at: self.left_at });
        }
        writes
    }
}

fn joined_ids(write: &Write) -> &[String] {
    if let Write::JoinGroups { group_ids, .. } = write { group_ids } else { &[] }
}
