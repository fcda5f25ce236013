//! The days played out: visits, first steps, invoices, server calls and passers-by become events.

use super::actions::{action, details, is_within_reach, marketing_page, properties, screen};
use super::companies::Company;
use super::deeds::{Deed, Planned};
use super::dice::Dice;
use super::people::Person;
use super::places::{Span, is_weekend};
use crate::domain::event::{Event, Properties};
use chrono::{DateTime, Duration, Utc};

/// Days after signing up during which only the planned steps of the activation funnel are taken.
const FIRST_WEEKS: Duration = Duration::days(30);

/// Groups that events name and nobody ever upserts: a workspace and a company.
pub(super) const NEVER_UPSERTED: [&str; 2] = ["acme-robotics/archive", "northwind-pilot"];

/// Who acts, from where, and on whose behalf: what the events of one session share.
#[derive(Debug, Clone, Default)]
struct Actor {
    profile: Option<String>,
    device: Option<String>,
    session: Option<String>,
    groups: Vec<String>,
}

/// Plays days and collects their events, not yet in order of time and without ids.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) companies: &'a [Company],
    pub(super) people: &'a [Person],
    pub(super) span: Span,
    /// What session ids begin with.
    pub(super) prefix: &'a str,
    pub(super) dice: Dice,
    pub(super) sessions: u64,
    pub(super) events: Vec<Event>,
}

impl Stage<'_> {
    /// What was planned for an instant.
    pub(super) fn perform(&mut self, planned: &Planned) {
        let person = &self.people[planned.person];
        let at = planned.at;
        match planned.deed {
            Deed::SignUp => self.sign_up(person, at),
            Deed::FirstStep(name) => {
                let actor = self.member(person, at, false);
                let before = at - Duration::seconds(self.dice.between(20, 90));
                let before = before.max(person.joined_at);
                let path = if name == "report_exported" { "/reports" } else { "/projects" };
                self.view(&actor, path, before);
                self.act(&actor, name, at);
            }
            Deed::PlanChange { from, to } => {
                let mut actor = self.member(person, at, false);
                actor.groups.truncate(1);
                self.act(&actor, "billing_viewed", at - Duration::seconds(40));
                let name = if to.plan > from.plan { "plan_upgraded" } else { "plan_downgraded" };
                let said = properties([
                    ("from", from.plan.as_str().into()),
                    ("to", to.plan.as_str().into()),
                    ("seats", to.seats.into()),
                    ("mrr", to.mrr().into()),
                ]);
                self.record(&actor, name, at, None, said, None);
            }
            Deed::Invoice(paid) => {
                let company = &self.companies[person.company];
                let groups = vec![company.id.clone()];
                let actor = Actor { profile: Some(person.id.clone()), groups, ..Actor::default() };
                let said = properties([
                    ("plan", paid.plan.as_str().into()),
                    ("seats", paid.seats.into()),
                    ("currency", "EUR".into()),
                ]);
                self.record(&actor, "revenue", at, None, said, Some(paid.mrr()));
            }
        }
    }

    /// Two anonymous looks at the public site, the sign-up on the same device, and a first look around.
    fn sign_up(&mut self, person: &Person, at: DateTime<Utc>) {
        let member = self.member(person, at, false);
        let nobody = Actor { profile: None, groups: Vec::new(), ..member.clone() };
        let invited = person.role != "owner" && self.dice.chance(600);
        let [looked, read, arrived] =
            [self.dice.between(100, 400), self.dice.between(20, 90), self.dice.between(4, 30)];
        if !invited {
            self.view(&nobody, "/pricing", at - Duration::seconds(looked));
        }
        self.view(&nobody, "/signup", at - Duration::seconds(read));
        self.act(&member, "signup", at);
        if invited {
            self.act(&member, "invite_accepted", at + Duration::seconds(2));
        }
        self.view(&member, "/welcome", at + Duration::seconds(arrived));
    }

    /// A session of a member in the course of work: 3 to 13 events.
    pub(super) fn visit(&mut self, person: &Person, at: DateTime<Utc>) {
        let actor = self.member(person, at, true);
        let company = &self.companies[person.company];
        let mut now = at;
        for number in 0..self.dice.between(3, 13) {
            if !person.is_member_at(now) {
                return;
            }
            let name = match number {
                0 if self.dice.chance(450) => "login",
                0 => "screen_view",
                _ => action(company.favourite, company.avoided, &mut self.dice),
            };
            let is_new = person.signs_up && now < person.joined_at + FIRST_WEEKS;
            if name == "screen_view" || is_new && !is_within_reach(name, person.steps) {
                let path = screen(&mut self.dice);
                self.view(&actor, path, now);
            } else {
                self.act(&actor, name, now);
            }
            now += Duration::milliseconds(4_000 + self.dice.mostly_small(200_000));
        }
    }

    /// Calls of a company's own servers on a day: events of nobody, at any hour.
    pub(super) fn serve_api(&mut self, company: &Company, calls: i64, day: i64) {
        for _ in 0..calls {
            let at = self.span.midnight(day) + Duration::milliseconds(self.dice.between(0, 86_399_999));
            if at > company.created_at {
                let groups = vec![company.id.clone()];
                self.act(&Actor { groups, ..Actor::default() }, "api_called", at);
            }
        }
    }

    /// A trial that nobody registered as a group: a few calls on every day.
    pub(super) fn serve_stray_calls(&mut self, day: i64) {
        for _ in 0..4 {
            let at = self.span.midnight(day) + Duration::milliseconds(self.dice.between(0, 86_399_999));
            let groups = vec![NEVER_UPSERTED[1].to_owned()];
            self.act(&Actor { groups, ..Actor::default() }, "api_called", at);
        }
    }

    /// Visitors of the public site who stay unknown; fewer at weekends.
    pub(super) fn pass_by(&mut self, day: i64) {
        let date = self.span.date(day);
        for _ in 0..if is_weekend(date) { 7 } else { 16 } {
            let company = self.dice.place(self.companies.len());
            let mut now = self.companies[company].country.at_work(date, &mut self.dice);
            let device = Some(self.dice.device());
            let actor = Actor { device, session: Some(self.next_session()), ..Actor::default() };
            for _ in 0..self.dice.between(1, 4) {
                let path = marketing_page(&mut self.dice);
                self.view(&actor, path, now);
                now += Duration::milliseconds(self.dice.between(5_000, 120_000));
            }
        }
    }

    /// A member in a new session, in the workspace they began in or, if `roaming`, in any of theirs.
    fn member(&mut self, person: &Person, at: DateTime<Utc>, roaming: bool) -> Actor {
        let mut company = &self.companies[person.company];
        let mut place = person.workspaces[0];
        if roaming && self.dice.chance(250) {
            let open = |place: &usize| company.workspaces[*place].created_at <= at;
            let other = self.dice.pick(&person.workspaces);
            place = if open(&other) { other } else { place };
        }
        let hosted = person.guest.as_ref().filter(|guest| roaming && guest.since <= at);
        if let Some(guest) = hosted.filter(|_| self.dice.chance(500)) {
            company = &self.companies[guest.company];
            place = guest.workspace;
        }
        let mut workspace = company.workspaces[place].id.as_str();
        if roaming && NEVER_UPSERTED[0].starts_with(&company.id) && self.dice.chance(20) {
            workspace = NEVER_UPSERTED[0];
        }
        let device = if self.dice.chance(180) { &person.phone } else { &person.computer };
        Actor {
            profile: Some(person.id.clone()),
            device: Some(device.clone()),
            session: Some(self.next_session()),
            groups: vec![company.id.clone(), workspace.to_owned()],
        }
    }

    fn next_session(&mut self) -> String {
        self.sessions += 1;
        format!("{}-s{:05}", self.prefix, self.sessions)
    }

    fn view(&mut self, actor: &Actor, path: &str, at: DateTime<Utc>) {
        let said = details("screen_view", &mut self.dice);
        self.record(actor, "screen_view", at, Some(path.to_owned()), said, None);
    }

    fn act(&mut self, actor: &Actor, name: &str, at: DateTime<Utc>) {
        let said = details(name, &mut self.dice);
        self.record(actor, name, at, None, said, None);
    }

    fn record(
        &mut self,
        actor: &Actor,
        name: &str,
        at: DateTime<Utc>,
        path: Option<String>,
        properties: Properties,
        revenue: Option<i64>,
    ) {
        if self.span.holds(at) {
            self.events.push(Event {
                id: String::new(),
                name: name.to_owned(),
                profile_id: actor.profile.clone(),
                device_id: actor.device.clone(),
                session_id: actor.session.clone(),
                groups: actor.groups.clone(),
                path,
                properties,
                revenue,
                occurred_at: at,
                received_at: at + Duration::milliseconds(20 + self.dice.mostly_small(1_500)),
            });
        }
    }
}
