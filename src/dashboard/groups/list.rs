//! The list of groups: types as tabs, search, an order by every column, page by page.

use super::super::chart::spark;
use super::super::form::{Fields, token};
use super::super::moment::Instant;
use super::super::panel::{Answer, problem};
use super::super::visitor::Visitor;
use super::super::{layout, show};
use super::{address_of, called, start};
use axum::extract::RawQuery;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

/// Rows of a page.
const ROWS: &str = "50";

/// The columns by which the list is ordered: what the API calls them, their heading, whether most comes first, and
/// whether they hold numbers.
const COLUMNS: [(&str, &str, bool, bool); 6] = [
    ("NAME", "Name", false, false),
    ("ID", "Id", false, false),
    ("TYPE", "Type", false, false),
    ("MEMBER_COUNT", "Members", true, true),
    ("LAST_ACTIVE_AT", "Last active", true, false),
    ("EVENTS", "Events, 30 days", true, true),
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
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: Option<String>,
    r#type: Option<String>,
    member_count: i64,
    last_active_at: Option<Instant>,
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
pub(super) async fn page(visitor: Visitor, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    let text = |name: &str| fields.filled(name).map(str::to_owned);
    let given = [
        ("type", text("type")),
        ("search", text("search")),
        ("orderBy", text("orderBy")),
        ("direction", text("direction")),
        ("after", text("after")),
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
            Ok(page) if page.nodes.is_empty() && !is_asked => { (start::empty(&visitor)) }
            Ok(page) if page.nodes.is_empty() => { p.empty { "No group fits. " a href="/dashboard/groups" { "Show all groups" } } }
            Ok(page) => { (table(&visitor, &list, &page)) }
        }
    };
    layout::page(&visitor, "Groups", &body)
}

fn address(answer: &Answer) -> String {
    let kept = answer.given.iter().filter(|(name, _)| !["first", "totals"].contains(&name.as_str()));
    format!(
        "/dashboard/groups?{}",
        show::query_string(kept.map(|(name, value)| (name.as_str(), value.as_str())))
    )
}

fn tabs(types: &[GroupType], list: &Answer, fields: &Fields) -> Markup {
    let chosen = fields.filled("type");
    let to = |name: Option<&str>| address(&list.with(&[("type", name), ("after", None)]));
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

fn table(visitor: &Visitor, list: &Answer, page: &Listing) -> Markup {
    let of = |name: &str| list.given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let (order, direction) = (of("orderBy").unwrap_or("LAST_ACTIVE_AT"), of("direction").unwrap_or("DESC"));
    let may_edit = visitor.may_edit();
    let next = page.page_info.end_cursor.as_deref().filter(|_| page.page_info.has_next_page);
    let rows = html! {
        div.scroll {
            table.list {
                thead { tr {
                    @if may_edit { th scope="col" { span.unseen { "Choose" } } }
                    @for (field, title, most_first, is_number) in COLUMNS {
                        (heading(list, field, title, most_first, is_number, order, direction))
                    }
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
            nav.pages aria-label="Pages" {
                @if of("after").is_some() { a.button href=(address(&list.with(&[("after", None)]))) { "First page" } }
                @if next.is_some() { a.button href=(address(&list.with(&[("after", next)]))) rel="next" { "Next page" } }
            }
        }
    }
}

fn heading(
    list: &Answer,
    field: &str,
    title: &str,
    most_first: bool,
    is_number: bool,
    order: &str,
    direction: &str,
) -> Markup {
    let is_order = field == order;
    let turned = if direction == "ASC" { "DESC" } else { "ASC" };
    let to = if is_order {
        turned
    } else if most_first {
        "DESC"
    } else {
        "ASC"
    };
    let sort = is_order.then_some(if direction == "ASC" { "ascending" } else { "descending" });
    let link = address(&list.with(&[("orderBy", Some(field)), ("direction", Some(to)), ("after", None)]));
    html! {
        th scope="col" class=[is_number.then_some("number")] aria-sort=[sort] {
            a href=(link) { (title) @if let Some(sort) = sort { span aria-hidden="true" { (if sort == "ascending" { " ▲" } else { " ▼" }) } } }
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
            td.id { bdi { (row.id) } }
            td { @match &row.r#type { Some(of) => { (of) } None => { span.none { "not upserted" } } } }
            td.number { (show::number(row.member_count)) }
            td { (show::ago(row.last_active_at, visitor.now())) }
            td.number { (show::number(days.iter().sum())) " " (spark::line(&days, "event", "in the last 30 days")) }
        }
    }
}
