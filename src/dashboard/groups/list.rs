//! The list of groups: types as tabs, search, an order by every column, page by page.

use super::super::chart::spark;
use super::super::form::{Fields, token};
use super::super::moment::Instant;
use super::super::pages::{AFTER, PageInfo, Words};
use super::super::panel::{Answer, problem};
use super::super::visitor::Visitor;
use super::super::{layout, show};
use super::{address_of, called, start};
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

/// Rows of a page.
const ROWS: &str = "50";

/// A column by which the list is ordered.
struct Column {
    /// What the API calls it.
    field: &'static str,
    title: &'static str,
    is_most_first: bool,
    /// How it looks: `number`, and `extra` where a narrow page goes without it.
    class: Option<&'static str>,
}

impl Column {
    const fn new(
        field: &'static str,
        title: &'static str,
        is_most_first: bool,
        class: Option<&'static str>,
    ) -> Self {
        Self { field, title, is_most_first, class }
    }
}

const COLUMNS: [Column; 7] = [
    Column::new("NAME", "Name", false, None),
    Column::new("ID", "Id", false, Some("extra")),
    Column::new("TYPE", "Type", false, Some("extra")),
    Column::new("MEMBER_COUNT", "Members", true, Some("number")),
    Column::new("LAST_ACTIVE_AT", "Last active", true, None),
    Column::new("EVENTS", "Events, 30 days", true, Some("number")),
    Column::new("CREATED_AT", "Created", true, Some("extra")),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    total_count: i64,
    page_info: PageInfo,
    nodes: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: Option<String>,
    r#type: Option<String>,
    member_count: i64,
    last_active_at: Option<Instant>,
    created_at: Option<Instant>,
    activity: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    events: i64,
}

#[derive(Deserialize)]
pub(super) struct GroupType {
    pub(super) r#type: String,
    pub(super) groups: i64,
}

/// The page.
pub(super) async fn page(visitor: Visitor, headers: HeaderMap, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    let text = |name: &str| fields.filled(name).map(str::to_owned);
    let given = [
        ("type", text("type")),
        ("search", text("search")),
        ("orderBy", text("orderBy")),
        ("direction", text("direction")),
        (AFTER, text(AFTER)),
        ("first", Some(ROWS.to_owned())),
        // The sum of the days is the total.
        ("totals", Some("false".to_owned())),
    ];
    let (types, list) =
        tokio::join!(visitor.ask("dashboard/GroupTypes", &[]), visitor.ask("dashboard/Groups", &given));
    let read = list.read::<Listing>();
    let is_asked = fields.filled("type").is_some() || fields.filled("search").is_some();
    let body = html! {
        div.title {
            h1 { "Groups" }
            @if visitor.may_edit() { a.button.strong href="/dashboard/groups/new" { "Create a group" } }
        }
        (layout::said(&fields))
        @match types.read::<Vec<GroupType>>() {
            Ok(types) => { (tabs(&types, &list, &fields)) }
            Err(failure) => { (problem(&failure)) }
        }
        (search(&fields))
        @match read {
            Err(failure) => { (problem(&failure)) }
            Ok(page) if page.nodes.is_empty() && !is_asked => { (start::empty(&visitor, &headers)) }
            Ok(page) if page.nodes.is_empty() => { p.empty { "No group fits. " a href="/dashboard/groups" { "Show all groups" } } }
            Ok(page) => { (table(&visitor, &list, &page, &fields)) }
        }
    };
    layout::page(&visitor, "Groups", &body)
}

/// Where the list is that an answer's question shows, from its first page on or behind what `place` says.
fn address(answer: &Answer, place: &[(&str, &str)]) -> String {
    let kept = answer.given.iter().filter(|(name, _)| !["first", "totals", AFTER].contains(&name.as_str()));
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    format!("/dashboard/groups?{}", show::query_string(kept.chain(place.iter().copied())))
}

fn tabs(types: &[GroupType], list: &Answer, fields: &Fields) -> Markup {
    let chosen = fields.filled("type");
    let to = |name: Option<&str>| address(&list.with(&[("type", name)]), &[]);
    html! {
        nav.tabs aria-label="Types of groups" {
            a href=(to(None)) aria-current=[chosen.is_none().then_some("page")] { "All" }
            @for GroupType { r#type, groups } in types {
                a href=(to(Some(r#type.as_str()))) aria-current=[(chosen == Some(r#type.as_str())).then_some("page")] {
                    (r#type) " " span.badge { (show::number(*groups)) }
                }
            }
        }
    }
}

fn search(fields: &Fields) -> Markup {
    html! {
        form.search method="get" action="/dashboard/groups" role="search" {
            @for name in ["type", "orderBy", "direction"] {
                @if let Some(value) = fields.filled(name) { input type="hidden" name=(name) value=(value); }
            }
            input type="search" name="search" value=(fields.filled("search").unwrap_or_default()) placeholder="Name or id" aria-label="Search groups by name or id";
            button type="submit" { "Search" }
        }
    }
}

fn table(visitor: &Visitor, list: &Answer, page: &Listing, fields: &Fields) -> Markup {
    let of = |name: &str| list.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let (order, direction) = (of("orderBy").unwrap_or("LAST_ACTIVE_AT"), of("direction").unwrap_or("DESC"));
    let may_edit = visitor.may_edit();
    let rows = html! {
        div.scroll {
            table.list {
                thead { tr {
                    @if may_edit { th scope="col" { span.unseen { "Choose" } } }
                    @for column in &COLUMNS { (heading(list, column, order, direction)) }
                } }
                tbody { @for row in &page.nodes { (line(visitor, row)) } }
            }
        }
    };
    html! {
        section.panel {
            header { h2 { (show::count(page.total_count, "group")) } (list.with(&[("totals", None)]).links("Groups")) }
            @if may_edit {
                form method="post" action="/dashboard/groups/delete" {
                    (token(&visitor.session))
                    (rows)
                    p.row { button.danger type="submit" { "Delete chosen…" } }
                }
            } @else { (rows) }
            (page.page_info.links(Words::PAGES, fields, |place| address(list, place)))
        }
    }
}

fn heading(list: &Answer, column: &Column, order: &str, direction: &str) -> Markup {
    let is_order = column.field == order;
    let turned = if direction == "ASC" { "DESC" } else { "ASC" };
    let to = if is_order {
        turned
    } else if column.is_most_first {
        "DESC"
    } else {
        "ASC"
    };
    let sort = is_order.then_some(if direction == "ASC" { "ascending" } else { "descending" });
    let link = address(&list.with(&[("orderBy", Some(column.field)), ("direction", Some(to))]), &[]);
    html! {
        th scope="col" class=[column.class] aria-sort=[sort] {
            a href=(link) { (column.title) @if let Some(sort) = sort { span aria-hidden="true" { (if sort == "ascending" { " ▲" } else { " ▼" }) } } }
        }
    }
}

fn line(visitor: &Visitor, row: &Row) -> Markup {
    let name = called(row.name.as_deref(), &row.id);
    let days: Vec<i64> = row.activity.iter().map(|day| day.events).collect();
    html! {
        tr {
            @if visitor.may_edit() {
                td { input type="checkbox" name="id" value=(row.id) aria-label=(format!("Choose {name}")); }
            }
            th scope="row" { a href=(address_of(&row.id)) { bdi { (name) } } }
            td.id.extra { bdi { (row.id) } }
            td.extra { @match &row.r#type { Some(of) => { (of) } None => { span.none { "not upserted" } } } }
            td.number { (show::number(row.member_count)) }
            td { (show::ago(row.last_active_at, visitor.now())) }
            td.number { (show::number(days.iter().sum())) " " (spark::line(&days, "event", "in the last 30 days")) }
            td.extra { @match row.created_at { Some(created) => { (show::ago(Some(created), visitor.now())) } None => { span.none { "–" } } } }
        }
    }
}
