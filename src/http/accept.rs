//! Which media type a GraphQL answer has: what `Accept` likes best of the two there are.
//!
//! `application/graphql-response+json` is for whoever asks for it by name. Everybody else, `*/*` and no `Accept` at
//! all, gets `application/json`.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `application/graphql-response+json`: the status tells what became of the operation.
    GraphqlResponse,
    /// `application/json`: 200 for every operation that was understood, whatever is wrong with it.
    Json,
}

/// A media range of `Accept`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// Thousandths.
    weight: u16,
}

impl Form {
    /// The one that is liked best; `None`: neither is acceptable.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let listed: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        if listed.iter().all(|range| range.is_empty()) {
            return Some(Self::Json);
        }
        let ranges: Vec<Range<'_>> = listed.into_iter().filter_map(Range::parse).collect();
        let liked = [Self::Json, Self::GraphqlResponse].into_iter().filter_map(|form| {
            let (precision, weight) = ranges.iter().filter_map(|range| range.covers(form)).max()?;
            // Named alike, the one that says more; under a wildcard, the one that everybody can read.
            let is_first = (form == Self::GraphqlResponse) == (precision == 2);
            (weight > 0).then_some(((weight, precision, is_first), form))
        });
        liked.max_by_key(|(liking, _)| *liking).map(|(_, form)| form)
    }

    fn essence(self) -> (&'static str, &'static str) {
        match self {
            Self::GraphqlResponse => ("application", "graphql-response+json"),
            Self::Json => ("application", "json"),
        }
    }

    /// The status of an operation that was understood and left no data.
    pub(super) fn status(self, status: u16) -> StatusCode {
        // Readers of application/json take another status for one of a proxy's. Who may not ask, and who shall come
        // again, are told so whatever they read.
        let status = match (self, status) {
            (Self::Json, 400 | 404..=428 | 430..=499) => 200,
            (_, status) => status,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// An answer of this media type.
    pub(super) fn answer(self, status: StatusCode, body: &impl Serialize) -> Response {
        let mut response = (status, axum::Json(body)).into_response();
        let media_type = match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl<'a> Range<'a> {
    /// `None` for what is no media range, and for one of another charset than UTF-8.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut weight = 1000;
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("q") {
                let parsed = value.parse::<f32>().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
                let thousandths = (parsed * 1000.0).round() as u16;
                weight = thousandths;
            } else if name.trim().eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8") {
                return None;
            }
        }
        Some(Self { kind, subtype, weight })
    }

    /// How precisely the range names a media type, and how much it is liked.
    fn covers(&self, form: Form) -> Option<(u8, u16)> {
        let (kind, subtype) = form.essence();
        let is_kind = self.kind.eq_ignore_ascii_case(kind);
        let precision = match (self.kind, self.subtype) {
            ("*", "*") => 0,
            (_, "*") if is_kind => 1,
            (_, named) if is_kind && named.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        Some((precision, self.weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        Form::accepted(&headers)
    }

    #[test]
    fn the_form_that_is_liked_best_is_chosen() {
        assert_eq!(Form::accepted(&HeaderMap::new()), Some(Form::Json));
        for (accept, form) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("application/*", Form::Json),
            ("application/json", Form::Json),
            ("application/graphql-response+json", Form::GraphqlResponse),
            ("Application/GraphQL-Response+JSON; charset=UTF-8", Form::GraphqlResponse),
            ("application/graphql-response+json, application/json", Form::GraphqlResponse),
            ("application/json, application/graphql-response+json", Form::GraphqlResponse),
            ("application/graphql-response+json, application/json;q=0.9", Form::GraphqlResponse),
            ("application/graphql-response+json;q=0.5, application/json", Form::Json),
            ("application/json, text/plain, */*", Form::Json),
            ("application/graphql-response+json;q=0, */*", Form::Json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Json),
            (
                "application/json;charset=latin1, application/graphql-response+json;q=0.1",
                Form::GraphqlResponse,
            ),
        ] {
            assert_eq!(accepted(accept), Some(form), "{accept}");
        }
        for accept in
            ["text/html", "application/json;q=0", "application/json; charset=utf-16", "nonsense", "*/*;q=0"]
        {
            assert_eq!(accepted(accept), None, "{accept}");
        }
    }
}
