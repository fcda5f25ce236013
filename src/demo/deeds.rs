//! What is bound to happen at a known instant: sign-ups and first steps, changes of plan, invoices.

use super::companies::Company;
use super::dice::Dice;
use super::people::Person;
use super::places::{DAYS, Span};
use super::stories::Subscription;
use chrono::{DateTime, Datelike, Duration, Utc};

/// The steps of the activation funnel, in order.
pub(super) const FUNNEL: [&str; 4] = ["signup", "project_created", "invite_sent", "report_exported"];

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// The person signs up.
    SignUp,
    /// The person takes a later step of the activation funnel for the first time.
    FirstStep(&'static str),
    /// The person changes the company's plan.
    PlanChange {
        /// What it was.
        from: Subscription,
        /// What it becomes.
        to: Subscription,
    },
    /// The company pays for a month.
    Invoice(Subscription),
}

/// A deed with its time and the person who does it, or who answers for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// Place of the person in the list of everybody.
    pub(super) person: usize,
    /// What.
    pub(super) deed: Deed,
}

/// Every deed within the data, in order of time.
pub(super) fn plan_all(
    companies: &[Company],
    people: &[Person],
    span: &Span,
    dice: &mut Dice,
) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (place, person) in people.iter().enumerate() {
        if person.signs_up {
            first_steps(place, person, &companies[person.company], span, dice, &mut planned);
        }
        if person.role == "owner" {
            let company = &companies[person.company];
            for pair in company.subscriptions.windows(2) {
                if pair[0].plan != pair[1].plan {
                    let deed = Deed::PlanChange { from: pair[0], to: pair[1] };
                    planned.push(Planned { at: pair[1].from, person: place, deed });
                }
            }
            invoices(place, company, span, dice, &mut planned);
        }
    }
    planned.retain(|one| span.holds(one.at));
    planned.sort_by_key(|one| one.at);
    planned
}

fn first_steps(
    place: usize,
    person: &Person,
    company: &Company,
    span: &Span,
    dice: &mut Dice,
    planned: &mut Vec<Planned>,
) {
    let mut at = person.joined_at;
    planned.push(Planned { at, person: place, deed: Deed::SignUp });
    // Minutes until the next step: often at once, sometimes days; one in twenty takes much longer.
    let slow = if dice.chance(50) { 6 } else { 1 };
    for (step, longest) in FUNNEL.into_iter().zip([0, 1_500, 2_600, 3_000]).take(person.steps).skip(1) {
        let wait = if dice.chance(350) { dice.between(4, 40) } else { dice.mostly_small(longest) + 20 };
        at = company.country.next_at_work(at + Duration::minutes(wait * slow), dice);
        let is_used = company.story.pace(span.day_of(at), company.turning_day) > 0;
        if is_used && person.is_member_at(at) {
            planned.push(Planned { at, person: place, deed: Deed::FirstStep(step) });
        }
    }
}

/// One invoice a month, on the company's own day of the month, from a month after the founding on.
fn invoices(place: usize, company: &Company, span: &Span, dice: &mut Dice, planned: &mut Vec<Planned>) {
    let day_of_month = u32::try_from(dice.between(1, 28)).unwrap_or(1);
    for day in 0..DAYS {
        let at = span.midnight(day) + Duration::seconds(dice.between(3 * 3_600, 4 * 3_600));
        let due = span.date(day).day() == day_of_month && at > company.created_at + Duration::days(27);
        if let Some(subscription) = company.subscription_at(at).filter(|one| due && one.mrr() > 0) {
            planned.push(Planned { at, person: place, deed: Deed::Invoice(*subscription) });
        }
    }
}
