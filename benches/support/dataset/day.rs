//! One day of the made-up product: sessions, and the events of each in the order of time.

use super::dice::{Weighted, as_f64, chance, exponential, floor, geometric, hex, normal};
use super::population::{Person, Population};
use super::vocabulary::{SESSION_END, SESSION_START, SIGNUP};
use super::{DAYS, FIRST_DAY, SEED};
use chrono::{Datelike, Days};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Events of a session on average.
const EVENTS_A_SESSION: f64 = 8.46;
/// What days weigh on average.
const MEAN_WEIGHT: f64 = 0.8914;

/// One session: who, on which device, for which groups.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its id.
    pub(crate) id: String,
    /// The number of the profile.
    pub(crate) profile: usize,
    /// Whether nobody was logged in.
    pub(crate) is_anonymous: bool,
    /// The number of the device.
    pub(crate) device: usize,
    /// The company.
    pub(crate) company: usize,
    /// The workspace, if it is known (90 %).
    pub(crate) workspace: Option<usize>,
    /// The team, if it is known (14 %).
    pub(crate) team: Option<usize>,
    /// Draws the properties that stay the same in the session.
    pub(crate) traits: u64,
    /// Whether it is the first one of a new profile, with the sign-up.
    is_first: bool,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Occurrence {
    /// When, in whole milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The session's place in the day.
    pub(crate) session: usize,
    /// The name.
    pub(crate) name: &'static str,
}

/// A day's sessions and events, and the generator for what is left to draw.
pub(crate) struct Day {
    /// The sessions.
    pub(crate) sessions: Vec<Session>,
    /// The events, by time.
    pub(crate) events: Vec<Occurrence>,
    /// Draws the rest.
    pub(crate) dice: ChaCha8Rng,
}

impl Day {
    /// Draws a day of a data set of about so many events.
    pub(crate) fn draw(population: &Population, events: usize, day: usize) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(SEED ^ events as u64);
        dice.set_stream(1 + day as u64);
        let mut sessions = Vec::new();
        // In a small data set most sign-ups are left out, or there would be nothing else.
        let shown = (as_f64(events) / 5e6).min(1.0);
        let weights = Weighted::new(population.people.iter().map(|person| person.weight_on(day)));
        for _ in 0..usual_sessions(population, events, shown, day) {
            let profile = weights.pick(&mut dice);
            sessions.push(Session::draw(&population.people[profile], profile, false, &mut dice));
        }
        for (profile, person) in population.people.iter().enumerate() {
            if person.joined == Some(day) && chance(&mut dice, shown) {
                sessions.push(Session::draw(person, profile, true, &mut dice));
            }
        }
        let midnight = FIRST_DAY.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let midnight = midnight + DAY_MS * i64::try_from(day).unwrap_or(0);
        let mut occurrences = Vec::new();
        for (number, session) in sessions.iter().enumerate() {
            session.happen(population, number, midnight, &mut dice, &mut occurrences);
        }
        occurrences.sort_by_key(|event| (event.at_ms, event.session));
        Self { sessions, events: occurrences, dice }
    }
}

/// How many sessions a day has beside the first ones of new profiles: fewer at week-ends, growing over time.
fn usual_sessions(population: &Population, events: usize, shown: f64, day: usize) -> usize {
    let date = FIRST_DAY + Days::new(day as u64);
    let of_week = if date.weekday().num_days_from_monday() < 5 { 1.12 } else { 0.32 };
    let weight = of_week * (0.75 + 0.5 * as_f64(day) / as_f64(DAYS));
    let joined = population.people.iter().filter(|person| person.joined.is_some()).count();
    let usual = as_f64(events) - as_f64(joined) * shown * EVENTS_A_SESSION;
    floor(usual.max(0.0) / as_f64(DAYS) * weight / MEAN_WEIGHT / EVENTS_A_SESSION)
}

impl Session {
    fn draw(person: &Person, profile: usize, is_first: bool, dice: &mut ChaCha8Rng) -> Self {
        let is_second = chance(dice, 0.3);
        let which = usize::from(is_second);
        let has_team = chance(dice, 0.2) && !is_second;
        Self {
            id: hex(dice),
            profile,
            is_anonymous: chance(dice, 0.05) && !is_first,
            device: 2 * profile + usize::from(chance(dice, 0.25)),
            company: person.companies[which],
            workspace: chance(dice, 0.9).then_some(person.workspaces[which]),
            team: has_team.then_some(person.team),
            traits: dice.random(),
            is_first,
        }
    }

    /// Adds the session's events.
    fn happen(
        &self,
        population: &Population,
        number: usize,
        midnight: i64,
        dice: &mut ChaCha8Rng,
        events: &mut Vec<Occurrence>,
    ) {
        let length = (2 + geometric(dice, 1.0 / 6.5)).min(80);
        let is_morning = chance(dice, 0.55);
        let (hour, deviation) = if is_morning { (10.2, 1.8) } else { (15.3, 2.4) };
        let hour = normal(dice, hour, deviation).clamp(0.01, 22.8);
        let mut at_ms = whole(hour * 3.6e6);
        for place in 0..length {
            if place > 0 {
                at_ms += whole(exponential(dice, 38_000.0)) + 1;
            }
            let name = match place {
                0 => SESSION_START,
                1 if self.is_first => SIGNUP,
                _ if place == length - 1 => SESSION_END,
                _ => population.names.pick(dice, self.is_first),
            };
            let within_day = at_ms.min(DAY_MS - 1);
            events.push(Occurrence { at_ms: midnight + within_day, session: number, name });
        }
    }
}

fn whole(number: f64) -> i64 {
    number as i64
}
