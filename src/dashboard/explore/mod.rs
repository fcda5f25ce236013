//! Explore: pick a question, fill in its form, see the answer, copy or save it.
//!
//! | part | file |
//! |---|---|
//! | what may be asked, from the schema | `analyses.rs` |
//! | the form, with completion | `form.rs` |
//! | the question as a document | `document.rs` |

mod analyses;
mod document;
mod form;

use super::form::{Fields, Posted, line, token};
use super::result::{MEASURE, Rows};
use super::visitor::{Visitor, failed};
use super::{docs, layout, panel, show};
use crate::analytics::pages::Page;
use crate::app::App;
use crate::error::{Failure, Kind};
use crate::saved::SavedQuery;
use crate::tabular::file::Format;
use analyses::Analysis;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use form::Suggestions;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The field that asks for a file instead of the page.
const FILE: &str = "as";

/// The name under which a question runs that nobody has saved.
const UNSAVED: &str = "Explore";

const SAVE: &str = "mutation SaveQuery($document: String!) { saveQuery(input: { document: $document }) { savedQuery { name } } }";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/explore", get(index))
        .route("/dashboard/explore/{of}", get(page).post(save))
}

/// Every question there is.
async fn index(visitor: Visitor) -> Response {
    let body = html! {
        h1 { "Explore" }
        p { "Every question that the schema answers with flat rows. Pick one and fill in its form." }
        ul.choices {
            @for analysis in analyses::all(&visitor.app) {
                li { a href=(address(analysis)) { (analysis.title) } p { (form::marked(&show::sentence(&analysis.description))) } }
            }
        }
    };
    layout::page(&visitor, "Explore", &body)
}

fn address(analysis: &Analysis) -> String {
    format!("/dashboard/explore/{}", analysis.slug())
}

fn find<'a>(visitor: &'a Visitor, of: &str) -> Result<&'a Analysis, Failure> {
    let found = analyses::all(&visitor.app).iter().find(|analysis| analysis.slug() == of);
    found.ok_or_else(|| Failure::new(Kind::NotFound, "there is no such question; Explore lists them"))
}

/// A question as it was asked, and its answer.
struct Asked {
    draft: SavedQuery,
    /// What was given, typed.
    values: Map<String, Value>,
    data: Value,
}

/// Asks a question with what its form gives.
async fn ask(visitor: &Visitor, analysis: &Analysis, given: &[(String, String)]) -> Result<Asked, Failure> {
    let draft = visitor.app.draft_query(&document::document(analysis, UNSAVED, "", &Map::new())).await?;
    let (values, data) = visitor.run_query(&draft, given).await?;
    Ok(Asked { draft, values, data })
}

async fn page(
    visitor: Visitor,
    Path(of): Path<String>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields::parse(asked.unwrap_or_default().as_bytes());
    let analysis = match find(&visitor, &of) {
        Ok(analysis) => analysis,
        Err(failure) => return failed(&visitor, &failure),
    };
    match fields.filled(FILE) {
        Some(extension) => match file(&visitor, analysis, &fields, extension).await {
            Ok(response) => response,
            Err(failure) => failed(&visitor, &failure),
        },
        None => shown(&visitor, analysis, &fields, &headers, None).await,
    }
}

/// The answer as a file.
async fn file(
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

/// The page: the form, and below it the answer once the form is whole.
async fn shown(
    visitor: &Visitor,
    analysis: &Analysis,
    fields: &Fields,
    headers: &HeaderMap,
    failure: Option<&Failure>,
) -> Response {
    let given = form::given(analysis, fields, visitor.now().date_naive());
    let answer = async {
        if form::is_complete(analysis, &given) { Some(ask(visitor, analysis, &given).await) } else { None }
    };
    let (known, answer) = tokio::join!(Suggestions::ask(visitor, fields), answer);
    let body = html! {
        p.crumbs { a href="/dashboard/explore" { "Explore" } }
        h1 { (analysis.title) }
        p {
            (form::marked(&show::sentence(&analysis.description)))
            @if let Some(page) = Page::of_field(analysis.slug()) {
                " " a href=(docs::address(page)) { "What exactly is counted, with an example" } "."
            }
        }
        @if let Some(failure) = failure { (panel::problem(failure)) }
        (form::draw(analysis, fields, &given, &known))
        @match answer {
            None => { p.empty { "Fill in what is needed and the answer is shown here." } }
            Some(Err(failure)) => { (panel::problem(&failure)) }
            Some(Ok(asked)) => {
                (answered(analysis, &asked, fields, &given))
                (copies(analysis, &asked, headers))
                @if visitor.may_edit() { (saving(visitor, analysis, fields, &given)) }
            }
        }
    };
    layout::page(visitor, &format!("Explore: {}", analysis.title), &body)
}

fn answered(analysis: &Analysis, asked: &Asked, fields: &Fields, given: &[(String, String)]) -> Markup {
    let tested = || fields.pairs().filter(|(name, _)| form::WHERE.contains(name));
    let pairs = || given.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(tested());
    let choice = |names: &[&str], present: &str| {
        html! {
            form.row method="get" action=(address(analysis)) {
                @for (name, value) in pairs() { input type="hidden" name=(name) value=(value); }
                label { span { "Chart of " } select name=(MEASURE) { @for name in names { option value=(name) selected[*name == present] { (show::words(name)) } } } }
                button type="submit" { "Draw" }
            }
        }
    };
    html! {
        section.panel id="answer" {
            header {
                h2 { "Answer" }
                span.links {
                    @for format in Format::ALL {
                        a href=(format!("{}?{}", address(analysis), show::query_string(pairs().chain([(FILE, format.extension())])))) download { (format.extension()) }
                    }
                }
            }
            @match &asked.draft.layout {
                Ok(layout) => { (Rows::of(layout, &asked.data).draw(&analysis.title, fields, choice)) }
                Err(invalid) => { p.problem { (show::sentence(&invalid.to_string())) } }
            }
        }
    }
}

/// The question for other programs: as GraphQL, for curl, and as an address.
fn copies(analysis: &Analysis, asked: &Asked, headers: &HeaderMap) -> Markup {
    let document = document::document(analysis, UNSAVED, "", &asked.values);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4000");
    let scheme = if super::security::is_encrypted(headers) { "https" } else { "http" };
    let body = json!({ "query": document }).to_string().replace('\'', "'\\''");
    let curl = format!(
        "curl -u \"$ID:$SECRET\" {scheme}://{host}/graphql \\\n  -H 'content-type: application/json' \\\n  -d '{body}'"
    );
    let by_address =
        format!("{scheme}://{host}/graphql?{}", show::query_string([("query", document.as_str())]));
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

fn saving(visitor: &Visitor, analysis: &Analysis, fields: &Fields, given: &[(String, String)]) -> Markup {
    let of = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    html! {
        section.panel {
            header { h2 { "Save" } }
            form.stack method="post" action=(address(analysis)) {
                (token(&visitor.session))
                @for (name, value) in given { input type="hidden" name=(name) value=(value); }
                (line("save-name", "Name", &of("save-name"), "In PascalCase, such as SignupsByPlan: it becomes its address. One of this name is overwritten."))
                (line("save-description", "What it answers", &of("save-description"), "One sentence for colleagues."))
                p.row { button.strong type="submit" { "Save as a saved query" } }
            }
        }
    }
}

/// Saves the question of the form.
async fn save(Path(of): Path<String>, Posted { visitor, fields, headers }: Posted) -> Response {
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
