//! What a group does: cards, active users over time, the calendar, members, top events and pages, funnel and journey.

use super::super::chart::bars::{Row, ranked};
use super::super::chart::float::float;
use super::super::chart::{Chart, Kind, Room, Series, calendar};
use super::super::form::Fields;
use super::super::moment::{Day, Instant};
use super::super::panel::Answer;
use super::super::range::Span;
use super::super::show;
use super::super::visitor::Visitor;
use super::address;
use super::funnel;
use super::head::Head;
use crate::error::Failure;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;

/// Days of the calendar: half a year.
const CALENDAR_DAYS: i64 = 182;

#[derive(Deserialize)]
struct Of<T> {
    #[serde(
        alias = "metrics",
        alias = "activity",
        alias = "memberGrowth",
        alias = "topEvents",
        alias = "topPaths"
    )]
    part: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    events: i64,
    active_users: i64,
    members: i64,
    first_seen_at: Option<Instant>,
    last_seen_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bucket {
    local_date: Day,
    active_users: i64,
    events: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Growth {
    local_date: Day,
    joined: i64,
    left: i64,
    members: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TopEvent {
    name: String,
    events: i64,
    active_users: i64,
}

#[derive(Deserialize)]
struct TopPage {
    path: String,
    events: i64,
}

/// Asks about one group.
struct Asking<'a> {
    visitor: &'a Visitor,
    id: &'a str,
}

impl Asking<'_> {
    async fn one(&self, name: &'static str, span: &Span, interval: Option<&str>) -> Answer {
        let given = [
            ("id", Some(self.id.to_owned())),
            ("range", Some(span.variable())),
            ("interval", interval.map(str::to_owned)),
        ];
        self.visitor.ask(name, &given).await
    }

    async fn maybe(&self, name: &'static str, span: Option<&Span>, interval: Option<&str>) -> Option<Answer> {
        match span {
            Some(span) => Some(self.one(name, span, interval).await),
            None => None,
        }
    }
}

/// The tab.
pub(super) async fn tab(visitor: &Visitor, head: &Head, fields: &Fields) -> Result<Markup, Failure> {
    let span = Span::read(fields, visitor.now())?;
    let before = span.is_compared.then(|| span.previous());
    let asking = Asking { visitor, id: &head.id };
    let half_year = Span::last_days(CALENDAR_DAYS, visitor.now());
    let cut = Some(span.interval());
    let (figures, figures_before, activity, activity_before, days, growth, events, pages, steps) = tokio::join!(
        asking.one("dashboard/GroupFigures", &span, None),
        asking.maybe("dashboard/GroupFigures", before.as_ref(), None),
        asking.one("dashboard/GroupActivity", &span, cut),
        asking.maybe("dashboard/GroupActivity", before.as_ref(), cut),
        asking.one("dashboard/GroupActivity", &half_year, Some("DAY")),
        asking.one("dashboard/GroupMemberGrowth", &span, cut),
        asking.one("dashboard/GroupTopEvents", &span, None),
        asking.one("dashboard/GroupTopPages", &span, None),
        funnel::ask(visitor, head, fields, &span),
    );
    Ok(html! {
        (span.form("/dashboard/group", &[("id", &head.id)]))
        (figures.panel(&format!("In {}", span.words()), |read: Of<Figures>| cards(&read.part, figures_before.as_ref(), visitor.now())))
        (activity.panel("Active users", |read: Of<Vec<Bucket>>| users(&read.part, activity_before.as_ref(), span.interval())))
        div.columns {
            (days.panel("Activity, half a year", |read: Of<Vec<Bucket>>| {
                let days: Vec<_> = read.part.iter().map(|day| (day.local_date.0, day.events)).collect();
                calendar::draw(&days, "event")
            }))
            (growth.panel("Members who joined and left", |read: Of<Vec<Growth>>| members(&read.part, span.interval())))
            (events.panel("Top events", |read: Of<Vec<TopEvent>>| top_events(&read.part, head)))
            (pages.panel("Top pages", |read: Of<Vec<TopPage>>| top_pages(&read.part)))
        }
        (steps.draw(visitor, head, fields, &span))
    })
}

fn cards(now: &Figures, before: Option<&Answer>, instant: DateTime<Utc>) -> Markup {
    let before = before.and_then(|answer| answer.read::<Of<Figures>>().ok()).map(|of| of.part);
    let card = |title: &str, of: fn(&Figures) -> i64| {
        html! {
            div {
                dt { (title) }
                dd.big { (show::number(of(now))) }
                @if let Some(before) = &before {
                    dd { (show::change(show::growth(of(now), of(before)))) " " small { "against the period before" } }
                }
            }
        }
    };
    html! {
        dl.cards {
            (card("Events", |figures| figures.events))
            (card("Active users", |figures| figures.active_users))
            (card("Members at the end", |figures| figures.members))
            div { dt { "First event in the range" } dd { (show::ago(now.first_seen_at, instant)) } }
            div { dt { "Last event in the range" } dd { (show::ago(now.last_seen_at, instant)) } }
        }
    }
}

fn users(buckets: &[Bucket], before: Option<&Answer>, interval: &str) -> Markup {
    let values =
        |buckets: &[Bucket]| buckets.iter().map(|bucket| float(bucket.active_users)).collect::<Vec<_>>();
    let mut series = vec![Series::new("Active users", values(buckets))];
    if let Some(Ok(before)) = before.map(Answer::read::<Of<Vec<Bucket>>>) {
        let mut before = values(&before.part);
        before.truncate(buckets.len());
        series.push(Series { is_dashed: true, ..Series::new("Period before", before) });
    }
    Chart {
        label: "Active users over time".to_owned(),
        axis: show::unit_of(interval).to_owned(),
        points: buckets.iter().map(|bucket| bucket.local_date.0.to_string()).collect(),
        series,
        kind: Kind::Lines,
        room: Room::Page,
    }
    .draw()
}

fn members(buckets: &[Growth], interval: &str) -> Markup {
    let joined: i64 = buckets.iter().map(|bucket| bucket.joined).sum();
    let left: i64 = buckets.iter().map(|bucket| bucket.left).sum();
    let chart = Chart {
        label: "Members who joined and left over time".to_owned(),
        axis: show::unit_of(interval).to_owned(),
        points: buckets.iter().map(|bucket| bucket.local_date.0.to_string()).collect(),
        series: vec![
            Series::new("Joined", buckets.iter().map(|bucket| float(bucket.joined))),
            Series::new("Left", buckets.iter().map(|bucket| float(bucket.left))),
        ],
        kind: Kind::Stacked,
        room: Room::Column,
    };
    html! {
        (chart.draw())
        p.hint {
            (show::number(joined)) " joined and " (show::number(left)) " left"
            @if let Some(members) = buckets.iter().rev().find_map(|bucket| bucket.members) { "; " (show::count(members, "member")) " at the end" }
            "."
        }
    }
}

fn top_events(events: &[TopEvent], head: &Head) -> Markup {
    let row = |event: &TopEvent| Row {
        name: event.name.clone(),
        link: Some(address(&head.id, "events", &[("name", &event.name)])),
        numbers: vec![event.events, event.active_users],
    };
    ranked(&["Event", "Events", "Users"], &events.iter().map(row).collect::<Vec<_>>())
}

fn top_pages(pages: &[TopPage]) -> Markup {
    let row = |page: &TopPage| Row { name: page.path.clone(), link: None, numbers: vec![page.events] };
    ranked(&["Page", "Views"], &pages.iter().map(row).collect::<Vec<_>>())
}
