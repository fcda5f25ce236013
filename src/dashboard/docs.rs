//! The documentation of the analyses: the pages of [`crate::analytics::pages`], for everybody, signed in or not.

use super::layout;
use super::visitor::{Visitor, failed};
use crate::analytics::pages::{PAGES, Page};
use crate::app::App;
use crate::error::{Failure, Kind};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Options, Parser};
use std::sync::Arc;

/// Who reads: somebody who is signed in, or else where they would be sent.
type Reader = Result<Visitor, Response>;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/docs", get(index)).route("/docs/{name}", get(page))
}

/// Where a page is.
pub(super) fn address(page: &Page) -> String {
    format!("/docs/{}", page.name)
}

async fn index(reader: Reader) -> Response {
    let list = |pages: &mut dyn Iterator<Item = &'static Page>| {
        html! {
            ul.choices {
                @for page in pages { li { a href=(address(page)) { (page.title()) } (drawn(page.lead())) } }
            }
        }
    };
    let body = html! {
        h1 { "Docs" }
        p { "What each analysis answers and what exactly it counts, with an example small enough to work by hand. Every example is run against every build." }
        h2 { "Analyses" }
        (list(&mut PAGES.iter().filter(|page| !page.fields.is_empty())))
        h2 { "What they share" }
        (list(&mut PAGES.iter().filter(|page| page.fields.is_empty())))
    };
    shown(reader, "Docs", &body)
}

async fn page(reader: Reader, Path(name): Path<String>) -> Response {
    let Some(page) = Page::named(&name) else {
        let failure = Failure::new(Kind::NotFound, "there is no such page; /docs lists them");
        return match reader {
            Ok(visitor) => failed(&visitor, &failure),
            Err(_) => failure.into_response(),
        };
    };
    let body = html! {
        p.crumbs { a href="/docs" { "Docs" } }
        article.docs { (drawn(page.text)) }
        @if let Some(field) = page.fields.first() {
            p { "Ask it: " a href=(format!("/dashboard/explore/{field}")) { "in Explore" } " with a form, or in " a href="/graphiql" { "GraphiQL" } "." }
        }
    };
    shown(reader, &format!("Docs: {}", page.title()), &body)
}

fn shown(reader: Reader, title: &str, body: &Markup) -> Response {
    match reader {
        Ok(visitor) => layout::page(&visitor, title, body),
        Err(_) => layout::bare(title, "", &top(), body),
    }
}

/// What a reader who is not signed in has above the page.
fn top() -> Markup {
    html! {
        header.top {
            a.brand href=(super::HOME) { "Muster" }
            nav aria-label="Sections" {
                a href="/docs" aria-current="page" { "Docs" }
                a href="/graphiql" { "GraphiQL" }
            }
            div.who { a href="/dashboard/sign-in" { "Sign in" } }
        }
    }
}

/// Markdown of ours as HTML. Code is copied, and reached by keyboard where it is wider than the page.
fn drawn(markdown: &str) -> Markup {
    let mut drawn = String::new();
    pulldown_cmark::html::push_html(&mut drawn, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    let drawn = drawn
        .replace("<pre><code", "<pre tabindex=\"0\" data-copy><code")
        .replace("<table>", "<div class=\"scroll\"><table>")
        .replace("</table>", "</table></div>");
    PreEscaped(drawn)
}
