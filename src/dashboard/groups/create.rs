//! Creating a group.

use super::super::form::{Fields, Posted, needed_line, token};
use super::super::visitor::Visitor;
use super::super::{layout, panel, show};
use super::list::GroupType;
use crate::error::{Failure, Kind};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde_json::{Value, json};

const CREATE: &str =
    "mutation CreateGroup($input: UpsertGroupInput!) { upsertGroup(input: $input) { group { id } } }";

const FIND: &str = "query FindGroup($id: ID!) { group(id: $id) { type } }";

/// The form.
pub(super) async fn page(visitor: Visitor, RawQuery(asked): RawQuery) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    form_page(&visitor, &fields, None).await
}

async fn form_page(visitor: &Visitor, fields: &Fields, failure: Option<&Failure>) -> Response {
    let types: Vec<GroupType> = visitor.ask("dashboard/GroupTypes", &[]).await.read().unwrap_or_default();
    let given = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let body = html! {
        h1 { "Create a group" }
        @if let Some(failure) = failure { (panel::problem(failure)) }
        @if visitor.may_edit() {
            form.stack method="post" action="/dashboard/groups/new" {
                (token(&visitor.session))
                (needed_line("id", "Id", &given("id"), "As your own system calls it. It cannot be changed."))
                (needed_line("name", "Name", &given("name"), "What people call it."))
                label.field {
                    span { "Type " abbr title="needed" { "*" } }
                    input type="text" name="type" value=(given("type")) required list="types" autocomplete="off";
                    small { "Such as company, workspace or team." }
                }
                datalist id="types" { @for one in &types { option value=(one.r#type) {} } }
                p.row { button.strong type="submit" { "Create" } a.button href=(super::super::HOME) { "Cancel" } }
            }
        } @else {
            p.problem { "Your client may look and not change. Sign in with one that has the right ADMIN." }
        }
    };
    layout::page(visitor, "Groups: create", &body)
}

/// Creates the group of the form.
pub(super) async fn create(Posted { visitor, fields, .. }: Posted) -> Response {
    match created(&visitor, &fields).await {
        Ok(id) => {
            let to = format!(
                "/dashboard/group?{}",
                show::query_string([("id", id.as_str()), ("said", "created")])
            );
            Redirect::to(&to).into_response()
        }
        Err(failure) => {
            let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::BAD_REQUEST);
            (status, form_page(&visitor, &fields, Some(&failure)).await).into_response()
        }
    }
}

async fn created(visitor: &Visitor, fields: &Fields) -> Result<String, Failure> {
    let (id, name, of) = (fields.needed("id")?, fields.needed("name")?, fields.needed("type")?);
    let found = visitor.run_document(FIND, json!({ "id": id })).await?;
    if found["group"]["type"] != Value::Null {
        let message =
            format!("id: there is a group \"{id}\" already; choose another id, or change that group");
        return Err(Failure::new(Kind::Conflict, message));
    }
    let input = json!({ "id": id, "name": name, "type": of, "properties": {} });
    visitor.change(CREATE, json!({ "input": input })).await?;
    Ok(id.to_owned())
}
