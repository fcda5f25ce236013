//! Saving a question as a query of the project's own.

use super::super::form::{Fields, Posted, line, needed_line, token};
use super::super::visitor::{Visitor, failed};
use super::analyses::Analysis;
use super::answer::{Asked, ask};
use super::{address, document, find, form, shown};
use crate::error::{Failure, Kind};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

const SAVE: &str = "mutation SaveQuery($document: String!) { saveQuery(input: { document: $document }) { savedQuery { name } } }";

/// The form that saves a question as it was asked.
pub(super) fn draw(
    visitor: &Visitor,
    analysis: &Analysis,
    fields: &Fields,
    given: &[(String, String)],
) -> Markup {
    let of = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    html! {
        section.panel {
            header { h2 { "Save" } }
            form.stack method="post" action=(address(analysis)) {
                (token(&visitor.session))
                @for (name, value) in given { input type="hidden" name=(name) value=(value); }
                (needed_line("save-name", "Name", &of("save-name"), "In PascalCase, such as SignupsByPlan: it becomes its address. One of this name is overwritten."))
                (line("save-description", "What it answers", &of("save-description"), "One sentence for colleagues."))
                p.row { button.strong type="submit" { "Save as a saved query" } }
            }
        }
    }
}

/// Saves the question of the form.
pub(super) async fn save(Path(of): Path<String>, Posted { visitor, fields, headers }: Posted) -> Response {
    let analysis = match find(&visitor, &of) {
        Ok(analysis) => analysis,
        Err(failure) => return failed(&visitor, &failure),
    };
    match saved(&visitor, analysis, &fields).await {
        Ok(name) => Redirect::to(&format!("/dashboard/queries/{name}?said=kept")).into_response(),
        Err(failure) => {
            let status = StatusCode::from_u16(failure.kind.table().0).unwrap_or(StatusCode::BAD_REQUEST);
            (status, shown(&visitor, analysis, &fields, &headers, Some(&failure)).await).into_response()
        }
    }
}

async fn saved(visitor: &Visitor, analysis: &Analysis, fields: &Fields) -> Result<String, Failure> {
    let name = fields.filled("save-name").ok_or_else(|| {
        Failure::new(
            Kind::BadInput,
            "name: is empty; give the query a name in PascalCase such as SignupsByPlan",
        )
    })?;
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_word {
        let message = "name: is no name in PascalCase such as SignupsByPlan; use letters and digits only";
        return Err(Failure::new(Kind::BadInput, message));
    }
    let given = form::given(analysis, fields, visitor.now().date_naive());
    let Asked { values, .. } = ask(visitor, analysis, &given).await?;
    let description = fields.filled("save-description").unwrap_or(&analysis.description);
    let document = document::document(analysis, name, description, &values);
    let answer = visitor.change(SAVE, json!({ "document": document })).await?;
    let saved = answer.pointer("/saveQuery/savedQuery/name").and_then(Value::as_str);
    Ok(saved.unwrap_or(name).to_owned())
}
