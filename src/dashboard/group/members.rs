//! Who belongs to a group: search, adding and removing.

use super::super::form::{Fields, Posted, needed_line, token};
use super::super::moment::Instant;
use super::super::pages::{AFTER, PageInfo, Words};
use super::super::show;
use super::super::visitor::Visitor;
use super::address;
use super::head::Head;
use super::properties::back;
use crate::error::Failure;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

const JOIN: &str = "mutation Join($input: SetGroupInput!) { setGroup(input: $input) { profile { id } } }";

const LEAVE: &str =
    "mutation Leave($input: LeaveGroupsInput!) { leaveGroups(input: $input) { profile { id } } }";

#[derive(Deserialize)]
struct Group {
    members: Listing,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listing {
    total_count: i64,
    page_info: PageInfo,
    nodes: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    first_seen_at: Option<Instant>,
    last_seen_at: Option<Instant>,
}

impl Member {
    fn name(&self) -> String {
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The tab.
pub(super) async fn tab(visitor: &Visitor, head: &Head, fields: &Fields) -> Markup {
    let text = |name: &str| fields.filled(name).map(str::to_owned);
    let given = [("id", Some(head.id.clone())), ("search", text("search")), (AFTER, text(AFTER))];
    let answer = visitor.ask("dashboard/GroupMembers", &given).await;
    html! {
        form.search method="get" action="/dashboard/group" role="search" {
            input type="hidden" name="id" value=(head.id);
            input type="hidden" name="tab" value="members";
            input type="search" name="search" value=(fields.filled("search").unwrap_or_default()) placeholder="Id, name or e-mail address" aria-label="Search members by id, name or e-mail address";
            button type="submit" { "Search" }
        }
        @if visitor.may_edit() {
            form.row.panel method="post" action="/dashboard/group/members" {
                (token(&visitor.session))
                input type="hidden" name="id" value=(head.id);
                (needed_line("profile", "Add a member", "", "The profile’s id."))
                button.strong type="submit" name="do" value="add" { "Add" }
            }
        }
        (answer.panel("Members", |read: Group| list(visitor, head, fields, &read.members)))
    }
}

fn list(visitor: &Visitor, head: &Head, fields: &Fields, page: &Listing) -> Markup {
    let search = fields.filled("search").unwrap_or_default();
    let to = |more: &[(&str, &str)]| {
        let kept = (!search.is_empty()).then_some(("search", search));
        address(&head.id, "members", &kept.iter().chain(more).copied().collect::<Vec<_>>())
    };
    html! {
        p.hint { (show::count(page.total_count, "member")) @if !search.is_empty() { " found" } "." }
        @if page.nodes.is_empty() { p.empty { "Nobody." } } @else {
            div.scroll tabindex="0" role="region" aria-label="List of members" {
                table.list {
                    thead { tr {
                        th scope="col" { "Id" } th scope="col" { "Name" } th scope="col" { "E-mail address" } th scope="col" { "First seen" } th scope="col" { "Last seen" }
                        @if visitor.may_edit() { th scope="col" { span.unseen { "Remove" } } }
                    } }
                    tbody {
                        @for member in &page.nodes {
                            tr {
                                th scope="row" { bdi { (member.id) } }
                                td { bdi { (member.name()) } }
                                td { bdi { (member.email.as_deref().unwrap_or_default()) } }
                                td { (show::ago(member.first_seen_at, visitor.now())) }
                                td { (show::ago(member.last_seen_at, visitor.now())) }
                                @if visitor.may_edit() { td.number { (removal(visitor, head, member)) } }
                            }
                        }
                    }
                }
            }
        }
        (page.page_info.links(Words::PAGES, fields, to))
    }
}

fn removal(visitor: &Visitor, head: &Head, member: &Member) -> Markup {
    html! {
        form method="post" action="/dashboard/group/members" {
            (token(&visitor.session))
            input type="hidden" name="id" value=(head.id);
            input type="hidden" name="profile" value=(member.id);
            button.danger.quiet type="submit" name="do" value="remove" aria-label=(format!("Remove {}", member.id)) { "Remove" }
        }
    }
}

/// Adds a member, or removes one.
pub(super) async fn change(Posted { visitor, fields, .. }: Posted) -> Response {
    let is_removal = fields.get("do") == Some("remove");
    let done = changed(&visitor, &fields, is_removal).await;
    back(&visitor, &fields, "members", if is_removal { "left" } else { "joined" }, done).await
}

async fn changed(visitor: &Visitor, fields: &Fields, is_removal: bool) -> Result<(), Failure> {
    let id = fields.needed("id")?;
    let profile = fields.needed("profile")?;
    let (mutation, input) = if is_removal {
        (LEAVE, json!({ "profileId": profile, "groupIds": [id] }))
    } else {
        (JOIN, json!({ "profileId": profile, "groupId": id }))
    };
    visitor.change(mutation, json!({ "input": input })).await.map(drop)
}
