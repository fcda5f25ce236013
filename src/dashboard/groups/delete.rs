//! Deleting groups: first it says which, then it does it.

use super::super::form::{Posted, token};
use super::super::visitor::{Visitor, failed};
use super::super::{HOME, layout, show};
use super::{address_of, called};
use crate::error::Failure;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;
use serde_json::json;

const DELETE: &str = "mutation DeleteGroup($id: ID!) { deleteGroup(input: { id: $id }) { deletedId } }";

const NAME: &str = "query NameGroup($id: ID!) { group(id: $id) { id name memberCount } }";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: String,
    name: Option<String>,
    member_count: i64,
}

/// Asks for confirmation, or deletes what was confirmed.
pub(super) async fn delete(Posted { visitor, fields, .. }: Posted) -> Response {
    let ids: Vec<&str> = fields.all("id").collect();
    if ids.is_empty() {
        return Redirect::to(HOME).into_response();
    }
    if fields.get("confirmed") != Some("yes") {
        return confirmation(&visitor, &ids).await.unwrap_or_else(|failure| failed(&visitor, &failure));
    }
    for id in ids {
        if let Err(failure) = visitor.change(DELETE, json!({ "id": id })).await {
            return failed(&visitor, &failure);
        }
    }
    Redirect::to(&format!("{HOME}?said=deleted")).into_response()
}

async fn confirmation(visitor: &Visitor, ids: &[&str]) -> Result<Response, Failure> {
    if !visitor.may_edit() {
        return Err(visitor.why_not());
    }
    let mut groups: Vec<Named> = Vec::new();
    for id in ids {
        let data = visitor.run_document(NAME, json!({ "id": id })).await?;
        groups.extend(
            serde_json::from_value::<Option<Named>>(data["group"].clone()).map_err(Failure::internal)?,
        );
    }
    let body = html! {
        h1 { "Delete " (show::count(i64::try_from(groups.len()).unwrap_or(i64::MAX), "group")) "?" }
        p { "They leave every list and every analysis by type, and their memberships end. Their events stay." }
        form method="post" action="/dashboard/groups/delete" {
            (token(&visitor.session))
            input type="hidden" name="confirmed" value="yes";
            ul {
                @for group in &groups {
                    li {
                        input type="hidden" name="id" value=(group.id);
                        a href=(address_of(&group.id)) { bdi { (called(group.name.as_deref(), &group.id)) } }
                        " (" (show::count(group.member_count, "member")) ")"
                    }
                }
            }
            p.row { button.danger type="submit" { "Delete" } a.button href=(HOME) { "Cancel" } }
        }
    };
    Ok(layout::page(visitor, "Groups: delete", &body))
}
