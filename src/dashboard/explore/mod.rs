//! Explore: pick a question, fill in its form, see the answer, copy or save it.
//!
//! | part | file |
//! |---|---|
//! | what may be asked, from the schema | `analyses.rs` |
//! | the form, with completion | `form.rs` |
//! | the question as a document | `document.rs` |
//! | the answer: chart, table, files, copies | `answer.rs` |
//! | why something of it is empty | `why.rs` |
//! | saving the question | `save.rs` |

mod analyses;
mod answer;
mod document;
mod form;
mod save;
mod why;

use super::form::Fields;
use super::visitor::{Visitor, failed};
use super::{docs, layout, panel, show};
use crate::analytics::pages::Page;
use crate::app::App;
use crate::error::{Failure, Kind};
use analyses::Analysis;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use form::Suggestions;
use maud::html;
use std::sync::Arc;

/// The field that asks for a file instead of the page.
const FILE: &str = "as";

/// The name under which a question runs that nobody has saved.
const UNSAVED: &str = "Explore";

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/explore", get(index))
        .route("/dashboard/explore/{of}", get(page).post(save::save))
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
        Some(extension) => match answer::file(&visitor, analysis, &fields, extension).await {
            Ok(response) => response,
            Err(failure) => failed(&visitor, &failure),
        },
        None => shown(&visitor, analysis, &fields, &headers, None).await,
    }
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
        if form::is_complete(analysis, &given) {
            Some(answer::ask(visitor, analysis, &given).await)
        } else {
            None
        }
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
                (answer::draw(analysis, &asked, fields, &given))
                (answer::copies(analysis, &asked, headers))
                @if visitor.may_edit() { (save::draw(visitor, analysis, fields, &given)) }
            }
        }
    };
    layout::page(visitor, &format!("Explore: {}", analysis.title), &body)
}
