//! The demo's data: half a year of a project-management product sold to companies, made from a seed.
//!
//! For product engineers who try Muster without data of their own, and for benches. The same seed and the
//! same last day make the same writes, byte for byte, on every machine. 72 companies of 2 to 120 people work
//! in about 200 workspaces; some grow, some slip away or fall silent, some are new, one is free of charge and
//! crowded.
//!
//! ```text
//! stories + places -> companies -> people -> deeds (what is bound to happen)
//!                                     \         \
//!                                      stage: day by day -> events -> batches of writes
//! ```

mod actions;
mod companies;
mod deeds;
mod dice;
mod people;
mod places;
mod stage;
mod stories;
#[cfg(test)]
mod tests;

use crate::domain::Invalid;
use crate::domain::event::{NewEvent, Properties, SessionRule};
use crate::domain::identity::GroupPatch;
use crate::domain::write::Write;
use actions::properties;
use chrono::{Duration, NaiveDate};
use companies::{Company, DELETED_WORKSPACE};
use deeds::Planned;
use dice::Dice;
use people::Person;
use places::{DAYS, Span, rhythm};
use stage::Stage;

/// Events that are aimed at; what comes out differs by less than two in a hundred.
const EVENTS: u64 = 330_000;

/// Writes handed over at once, at most.
const BATCH: usize = 5_000;

/// Events of a visit, on average.
const EVENTS_PER_VISIT: u64 = 8;

/// The demo's data, decided but not yet written out.
///
/// ```text
/// let demo = Demo::new(1, until)?;
/// let bar = ProgressBar::new(demo.total_events());
/// demo.write_all(|batch| { bar.inc(batch.len() as u64); writer.write(batch) })?;
/// ```
#[derive(Debug, Clone)]
pub struct Demo {
    span: Span,
    prefix: String,
    companies: Vec<Company>,
    people: Vec<Person>,
    planned: Vec<Planned>,
    dice: Dice,
}

impl Demo {
    /// Decides who there is and what becomes of them, for the 180 days that end with the day before `until`
    /// (UTC). A date outside the years 1980 to 8999 is an error.
    ///
    /// Ids of events and sessions contain seed and date: another seed or date makes other events. Ids of
    /// groups and profiles do not.
    pub fn new(seed: u64, until: NaiveDate) -> Result<Self, Invalid> {
        let span = Span::ending(until)?;
        let mut dice = Dice::new(seed, 1);
        let mut companies = companies::found_all(&span, &mut dice);
        let people = people::hire_all(&companies, &span, &mut dice);
        for (place, company) in companies.iter_mut().enumerate() {
            let members = people.iter().filter(|person| person.company == place);
            let joined: Vec<_> = members.map(|person| person.joined_at).collect();
            company.subscribe(&joined, &span, &mut dice);
        }
        let planned = deeds::plan_all(&companies, &people, &span, &mut dice);
        let prefix = format!("demo-{seed}-{}", span.date(DAYS).format("%Y%m%d"));
        Ok(Self { span, prefix, companies, people, planned, dice: Dice::new(seed, 2) })
    }

    /// About how many events there will be, within two in a hundred: the length of a progress bar.
    #[must_use]
    pub fn total_events(&self) -> u64 {
        EVENTS
    }

    /// Writes everything out: groups with their history, profiles, memberships, then the events in order of
    /// time, then the deletion of one workspace. Each batch holds 1 to 5,000 writes; the first error ends it.
    pub fn write_all<E>(self, send: impl FnMut(Vec<Write>) -> Result<(), E>) -> Result<(), E> {
        let mut batches = Batches { waiting: Vec::new(), send };
        for company in &self.companies {
            company_groups(company)
                .into_iter()
                .try_for_each(|patch| batches.add(Write::UpsertGroup(patch)))?;
        }
        for person in &self.people {
            batches.add(Write::Identify(person.profile()))?;
        }
        for person in &self.people {
            person.memberships(&self.companies).into_iter().try_for_each(|write| batches.add(write))?;
        }
        self.play(&mut batches)?;
        let deleted = self.companies.first().map(|company| format!("{}/{DELETED_WORKSPACE}", company.id));
        deleted.into_iter().try_for_each(|id| batches.add(Write::DeleteGroup { id }))?;
        batches.finish()
    }

    /// Plays the days one after the other and hands over events as soon as nothing earlier can come.
    fn play<E, S: FnMut(Vec<Write>) -> Result<(), E>>(&self, batches: &mut Batches<S>) -> Result<(), E> {
        let mut stage = Stage {
            companies: &self.companies,
            people: &self.people,
            span: self.span,
            prefix: &self.prefix,
            dice: self.dice.clone(),
            sessions: 0,
            events: Vec::new(),
        };
        let visits = self.visits_per_interest();
        let mut planned = self.planned.iter().peekable();
        let mut number = 0;
        // East of Greenwich a local day begins on the day before in UTC: the day after the last counts too.
        for day in 0..=DAYS {
            while let Some(next) = planned.next_if(|next| next.at < self.span.midnight(day + 1)) {
                stage.perform(next);
            }
            for person in &self.people {
                self.visits(person, day, visits, &mut stage);
            }
            for company in &self.companies {
                let pace = company.story.pace(day, company.turning_day);
                stage.serve_api(company, company.api_calls * pace / 1_000, day);
            }
            stage.serve_stray_calls(day);
            stage.pass_by(day);
            // The next local day begins 11 hours before the UTC day at the earliest, and nobody works before
            // 7; a sign-up's first page views come minutes before it.
            let settled =
                if day == DAYS { self.span.end } else { self.span.midnight(day) + Duration::hours(12) };
            stage.events.sort_by_key(|event| event.occurred_at);
            let count = stage.events.partition_point(|event| event.occurred_at < settled);
            for mut event in stage.events.drain(..count) {
                number += 1;
                event.id = format!("{}-{number:06}", self.prefix);
                let new = NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven };
                batches.add(Write::Track(Box::new(new)))?;
            }
        }
        Ok(())
    }

    /// A person's visits on one local day.
    fn visits(&self, person: &Person, day: i64, visits_per_interest: Share, stage: &mut Stage<'_>) {
        let (whole, rest_ppm) = visits_per_interest.of(self.interest(person, day));
        let more = i64::from(stage.dice.between(0, 999_999) < rest_ppm);
        for _ in 0..whole + more {
            let country = self.companies[person.company].country;
            let at = country.at_work(self.span.date(day), &mut stage.dice);
            // Nobody works before the sign-up is over.
            if at >= person.joined_at + Duration::minutes(5) {
                stage.visit(person, at);
            }
        }
    }

    /// How inclined a person is to use the product on a day; what matters is how days and people compare.
    fn interest(&self, person: &Person, day: i64) -> i64 {
        let company = &self.companies[person.company];
        let is_there = self.span.day_of(person.joined_at) <= day
            && day <= person.last_day
            && person.left_at.is_none_or(|left_at| self.span.midnight(day) < left_at);
        if !is_there {
            return 0;
        }
        let pace = company.story.pace(day, company.turning_day) * person.pace / 1_000;
        pace * company.pace / 1_000 * rhythm(self.span.date(day)) / 1_000
    }

    /// How many visits follow from how much interest, so that as many events come out as are aimed at.
    fn visits_per_interest(&self) -> Share {
        let days = || 0..DAYS;
        let interest =
            self.people.iter().flat_map(|person| days().map(|day| self.interest(person, day))).sum();
        let api: i64 = self
            .companies
            .iter()
            .flat_map(|one| days().map(|day| one.api_calls * one.story.pace(day, one.turning_day) / 1_000))
            .sum();
        // Passers-by, stray calls and about three events for each thing planned.
        let others = DAYS * 37 + i64::try_from(self.planned.len()).unwrap_or(0) * 3;
        let wanted = i64::try_from(EVENTS).unwrap_or(i64::MAX) - api - others;
        Share { visits: wanted / i64::try_from(EVENTS_PER_VISIT).unwrap_or(1), interest }
    }
}

/// So many visits for so much interest.
#[derive(Debug, Clone, Copy)]
struct Share {
    visits: i64,
    interest: i64,
}

impl Share {
    /// Visits for a person's interest on a day: the whole ones, and millionths of one more.
    fn of(self, interest: i64) -> (i64, i64) {
        let ppm = self.visits * interest * 1_000 / self.interest.max(1) * 1_000;
        (ppm / 1_000_000, ppm % 1_000_000)
    }
}

/// Collects writes and hands them over in batches.
#[derive(Debug)]
struct Batches<S> {
    waiting: Vec<Write>,
    send: S,
}

impl<E, S: FnMut(Vec<Write>) -> Result<(), E>> Batches<S> {
    fn add(&mut self, write: Write) -> Result<(), E> {
        self.waiting.push(write);
        if self.waiting.len() == BATCH { (self.send)(std::mem::take(&mut self.waiting)) } else { Ok(()) }
    }

    fn finish(mut self) -> Result<(), E> {
        if self.waiting.is_empty() { Ok(()) } else { (self.send)(self.waiting) }
    }
}

/// A company and its workspaces as they are sent: the first version of each, then the company's changes.
fn company_groups(company: &Company) -> Vec<GroupPatch> {
    let patch = |properties: Properties, effective_at| GroupPatch {
        id: company.id.clone(),
        group_type: "company".to_owned(),
        name: company.name.to_owned(),
        properties,
        effective_at: Some(effective_at),
    };
    let mut patches = Vec::new();
    for subscription in &company.subscriptions {
        let mut said = properties([
            ("plan", subscription.plan.as_str().into()),
            ("seats", subscription.seats.into()),
            ("mrr", subscription.mrr().into()),
        ]);
        if patches.is_empty() {
            said.insert("industry".to_owned(), company.industry.into());
            said.insert("country".to_owned(), company.country.code.into());
        }
        patches.push(patch(said, subscription.from));
    }
    patches.extend(company.workspaces.iter().map(|workspace| GroupPatch {
        id: workspace.id.clone(),
        group_type: "workspace".to_owned(),
        name: format!("{} {}", company.name, workspace.name),
        properties: properties([
            ("company", company.id.as_str().into()),
            ("template", workspace.template.into()),
        ]),
        effective_at: Some(workspace.created_at),
    }));
    patches
}
