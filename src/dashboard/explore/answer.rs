//! The answer of a question: as chart and table, as a file, and the question for other programs.

use super::super::form::Fields;
use super::super::result::{Place, Rows};
use super::super::visitor::Visitor;
use super::super::{security, show};
use super::analyses::Analysis;
use super::{FILE, UNSAVED, address, document, form, why};
use crate::error::{Failure, Kind};
use crate::saved::SavedQuery;
use crate::tabular::file::Format;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

/// A question as it was asked, and its answer.
pub(super) struct Asked {
    draft: SavedQuery,
    /// What was given, typed.
    pub(super) values: Map<String, Value>,
    data: Value,
    /// What the question asks for that is not there, where something of the answer is missing.
    why: Option<String>,
}

/// Asks a question with what its form gives.
pub(super) async fn ask(
    visitor: &Visitor,
    analysis: &Analysis,
    given: &[(String, String)],
) -> Result<Asked, Failure> {
    let draft = visitor.app.draft_query(&document::document(analysis, UNSAVED, "", &Map::new())).await?;
    let (values, data) = visitor.run_query(&draft, given).await?;
    let has_a_gap = draft.layout.as_ref().is_ok_and(|layout| Rows::of(layout, &data).have_a_gap());
    let why = if has_a_gap { why::ask(visitor, analysis, &values).await } else { None };
    Ok(Asked { draft, values, data, why })
}

/// The answer as a file.
pub(super) async fn file(
    visitor: &Visitor,
    analysis: &Analysis,
    fields: &Fields,
    extension: &str,
) -> Result<Response, Failure> {
    let format = Format::ALL.into_iter().find(|format| format.extension() == extension);
    let format = format.ok_or_else(|| Failure::new(Kind::NotFound, "there is no such format"))?;
    let given = form::given(analysis, fields, visitor.now().date_naive());
    let Asked { draft, data, .. } = ask(visitor, analysis, &given).await?;
    let bytes = format.write(&draft.layout, &data)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    let disposition = format!("attachment; filename=\"{}.{extension}\"", analysis.slug());
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The chart, the table and the files.
pub(super) fn draw(
    analysis: &Analysis,
    asked: &Asked,
    fields: &Fields,
    given: &[(String, String)],
) -> Markup {
    let tested = || fields.pairs().filter(|(name, _)| form::WHERE.contains(name));
    let pairs = || given.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(tested());
    let address = address(analysis);
    let place = Place { address: &address, kept: pairs().collect() };
    html! {
        section.panel id="answer" {
            header {
                h2 { "Answer" }
                span.links {
                    @for format in Format::ALL {
                        a href=(format!("{}?{}", address, show::query_string(pairs().chain([(FILE, format.extension())])))) download { (format.extension()) }
                    }
                }
            }
            @match &asked.draft.layout {
                Ok(layout) => {
                    @if let Some(why) = &asked.why { p.hint { (show::sentence(why)) } }
                    (Rows::of(layout, &asked.data).draw(&analysis.title, fields, &place))
                }
                Err(invalid) => { p.problem { (show::sentence(&invalid.to_string())) } }
            }
        }
    }
}

/// The question for other programs: as GraphQL, for curl, and as an address.
pub(super) fn copies(analysis: &Analysis, asked: &Asked, headers: &HeaderMap) -> Markup {
    let document = document::document(analysis, UNSAVED, "", &asked.values);
    let server = security::server(headers);
    let body = json!({ "query": document }).to_string().replace('\'', "'\\''");
    let curl = format!(
        "curl -u \"$ID:$SECRET\" {server}/graphql \\\n  -H 'content-type: application/json' \\\n  -d '{body}'"
    );
    let by_address = format!("{server}/graphql?{}", show::query_string([("query", document.as_str())]));
    html! {
        section.panel {
            header { h2 { "Copy" } }
            @for (id, name, text) in [("as-graphql", "GraphQL", &document), ("as-curl", "curl", &curl), ("as-address", "Address", &by_address)] {
                details {
                    summary { (name) }
                    pre id=(id) tabindex="0" data-copy { code { (text) } }
                }
            }
            p.hint { "For programs with a client’s id and secret. A saved question has an address for each format." }
        }
    }
}
