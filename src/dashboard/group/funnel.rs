//! How far a group is on its way: the funnel of its users through chosen steps, and the group's own journey.

use super::super::chart::float::float;
use super::super::form::Fields;
use super::super::moment::Instant;
use super::super::panel::Answer;
use super::super::range::Span;
use super::super::show;
use super::super::visitor::Visitor;
use super::head::Head;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Funnel {
    steps: Vec<FunnelStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunnelStep {
    event: Option<String>,
    units: i64,
    rate_from_start: Option<f64>,
    median_seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Journey {
    steps: Vec<JourneyStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JourneyStep {
    step: i64,
    event: String,
    is_done: bool,
    first_at: Option<Instant>,
    profile_id: Option<String>,
    events: i64,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// The answers, and the steps that were chosen.
pub(super) struct Steps {
    chosen: Vec<String>,
    names: Vec<String>,
    funnel: Option<Answer>,
    journey: Option<Answer>,
}

/// Asks for the steps in the field `steps`, with commas between them; without it, for the form alone.
pub(super) async fn ask(visitor: &Visitor, head: &Head, fields: &Fields, span: &Span) -> Steps {
    let typed = fields.get("steps").unwrap_or_default();
    let chosen: Vec<String> =
        typed.split(',').map(str::trim).filter(|step| !step.is_empty()).map(str::to_owned).collect();
    let steps = json!(chosen.iter().map(|event| json!({ "event": event })).collect::<Vec<_>>()).to_string();
    let range = || ("range", Some(span.variable()));
    let funnel = async {
        let of = head.r#type.as_deref().filter(|_| chosen.len() >= 2)?;
        let filter = json!({ "group": { "type": of, "field": "ID", "eq": head.id } }).to_string();
        let given = [("steps", Some(steps.clone())), ("filter", Some(filter)), range()];
        Some(visitor.ask("dashboard/GroupFunnel", &given).await)
    };
    let journey = async {
        if chosen.len() < 2 {
            return None;
        }
        let given = [("id", Some(head.id.clone())), ("steps", Some(steps.clone())), range()];
        Some(visitor.ask("dashboard/GroupJourney", &given).await)
    };
    let (names, funnel, journey) = tokio::join!(visitor.ask("dashboard/EventNames", &[]), funnel, journey);
    let names = names.read::<Vec<Name>>().unwrap_or_default();
    Steps { names: names.into_iter().map(|name| name.name).collect(), funnel, journey, chosen }
}

impl Steps {
    pub(super) fn draw(&self, visitor: &Visitor, head: &Head, fields: &Fields, span: &Span) -> Markup {
        html! {
            section.panel {
                header { h2 { "Funnel and journey" } }
                form.row method="get" action="/dashboard/group" {
                    input type="hidden" name="id" value=(head.id);
                    @for (name, value) in span.pairs() { input type="hidden" name=(name) value=(value); }
                    label.field.grow {
                        span { "Steps" }
                        input type="text" name="steps" value=(fields.get("steps").unwrap_or_default()) list="event-names" autocomplete="off" spellcheck="false" data-list;
                        small { "Names of events with commas between them, such as " (self.example()) "." }
                    }
                    datalist id="event-names" { @for name in &self.names { option value=(name) {} } }
                    button type="submit" { "Show" }
                }
                @if self.chosen.len() == 1 { p.problem role="alert" { "Give two steps or more." } }
            }
            div.columns {
                @if let Some(funnel) = &self.funnel { (funnel.panel("Funnel of its users", |read: Funnel| draw_funnel(&read))) }
                @if let Some(journey) = &self.journey { (journey.panel("Journey of the group", |read: Journey| draw_journey(&read, visitor.now()))) }
            }
        }
    }

    fn example(&self) -> String {
        let few = self.names.iter().take(3).map(String::as_str).collect::<Vec<_>>();
        if few.len() < 2 { "signup,invite_sent".to_owned() } else { few.join(",") }
    }
}

fn draw_funnel(funnel: &Funnel) -> Markup {
    let most = funnel.steps.first().map_or(0, |step| step.units).max(1);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Steps of the funnel" {
            table.ranked {
                thead { tr { th scope="col" { "Step" } th.number scope="col" { "Users" } th.number scope="col" { "Of the first" } th.number scope="col" { "Median time" } } }
                tbody {
                    @for step in &funnel.steps {
                        tr {
                            th scope="row" {
                                span.name { (step.event.as_deref().unwrap_or("any")) }
                                svg.bar viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                                    rect width=(format!("{:.1}", float(step.units) / float(most) * 100.0)) height="4" {}
                                }
                            }
                            td.number { (show::number(step.units)) }
                            td.number { (step.rate_from_start.map_or_else(|| "–".to_owned(), show::share)) }
                            td.number { (step.median_seconds.map_or_else(|| "–".to_owned(), show::duration)) }
                        }
                    }
                }
            }
        }
    }
}

fn draw_journey(journey: &Journey, now: DateTime<Utc>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Steps of the journey" {
            table {
                thead { tr { th scope="col" { "Step" } th scope="col" { "First done" } th scope="col" { "By" } th.number scope="col" { "Times" } } }
                tbody {
                    @for step in &journey.steps {
                        tr {
                            th scope="row" { (step.step) ". " (step.event) }
                            td { @if step.is_done { (show::ago(step.first_at, now)) } @else { span.none { "not yet" } } }
                            td { bdi { (step.profile_id.as_deref().unwrap_or("–")) } }
                            td.number { (show::number(step.events)) }
                        }
                    }
                }
            }
        }
    }
}
