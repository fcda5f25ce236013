//! What a client has already is not sent again, and a part is sent where only a part is asked for.
//!
//! An answer's `ETag` is a hash of its body: `If-None-Match` with it is answered 304. Readers of Parquet ask for the
//! end of a file first: `Range` is answered 206 while `If-Range` (or no such header) says that it is the same body.
//! Where an answer is compressed, its tag says how: `"…-gzip"`.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The body with its tag, or the part of it that is asked for, or 304 without it.
pub(super) fn answer(asked: &HeaderMap, mut headers: HeaderMap, body: Bytes) -> Response {
    let hash = hash(&body);
    let tag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    headers.insert(header::ETAG, tag.clone());
    if let Some(known) = known(asked, &hash) {
        if let Ok(known) = HeaderValue::from_str(known) {
            headers.insert(header::ETAG, known);
        }
        headers.remove(header::CONTENT_TYPE);
        headers.remove(header::CONTENT_ENCODING);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return (headers, body).into_response();
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let is_same = asked.get(header::IF_RANGE).is_none_or(|given| given == tag);
    let range = asked.get(header::RANGE).filter(|_| is_same).and_then(|range| range.to_str().ok());
    let length = body.len();
    match range.and_then(|range| part(range, length)) {
        None => (headers, body).into_response(),
        Some(Part::Bytes(first, last)) => {
            content_range(&mut headers, &format!("bytes {first}-{last}/{length}"));
            (StatusCode::PARTIAL_CONTENT, headers, body.slice(first..=last)).into_response()
        }
        Some(Part::Behind) => {
            content_range(&mut headers, &format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, headers, Body::empty()).into_response()
        }
    }
}

/// Has a strong tag say how the answer is compressed, since the bytes are others then.
pub(super) async fn name_coding(mut response: Response) -> Response {
    let headers = response.headers();
    let (Some(tag), Some(coding)) = (headers.get(header::ETAG), headers.get(header::CONTENT_ENCODING)) else {
        return response;
    };
    let (Ok(tag), Ok(coding)) = (tag.to_str(), coding.to_str()) else { return response };
    let named = format!("{}-{coding}\"", tag.trim_end_matches('"'));
    if let Ok(named) = HeaderValue::from_str(&named) {
        response.headers_mut().insert(header::ETAG, named);
    }
    response
}

fn content_range(headers: &mut HeaderMap, range: &str) {
    if let Ok(range) = HeaderValue::from_str(range) {
        headers.insert(header::CONTENT_RANGE, range);
    }
}

fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(16).fold(String::new(), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The tag in `If-None-Match` that is this body's, however it was compressed.
fn known<'a>(asked: &'a HeaderMap, hash: &str) -> Option<&'a str> {
    let values = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    tags.find(|tag| {
        let opaque = tag.trim_matches('"');
        opaque.split_once('-').map_or(opaque, |(hash, _)| hash) == hash
    })
}

/// What a range asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// From the first to the last of these bytes.
    Bytes(usize, usize),
    /// Bytes behind the end.
    Behind,
}

/// The bytes of a range; `None` when it is not one range of bytes, so that all is sent.
fn part(range: &str, length: usize) -> Option<Part> {
    let within =
        |part: Option<(usize, usize)>| part.map_or(Part::Behind, |(first, last)| Part::Bytes(first, last));
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1);
    if first.is_empty() {
        let count: usize = last.parse().ok()?;
        return Some(within(end.filter(|_| count > 0).map(|end| (length.saturating_sub(count), end))));
    }
    let first: usize = first.parse().ok()?;
    let last = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    if last < first {
        return None;
    }
    Some(within(end.filter(|end| first <= *end).map(|end| (first, last.min(end)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_body() {
        for (range, found) in [
            ("bytes=0-3", Some(Part::Bytes(0, 3))),
            ("bytes=4-", Some(Part::Bytes(4, 9))),
            ("bytes=8-100", Some(Part::Bytes(8, 9))),
            ("bytes=-3", Some(Part::Bytes(7, 9))),
            ("bytes=-100", Some(Part::Bytes(0, 9))),
            ("bytes=10-", Some(Part::Behind)),
            ("bytes=-0", Some(Part::Behind)),
            ("bytes=3-1", None),
            ("bytes=0-1,4-5", None),
            ("rows=0-1", None),
        ] {
            assert_eq!(part(range, 10), found, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Some(Part::Behind));
    }

    #[test]
    fn a_tag_is_known_in_a_list_weak_or_compressed() {
        let asked = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
            headers
        };
        for (tags, found) in [
            ("\"abc\"", Some("\"abc\"")),
            ("W/\"abc\"", Some("\"abc\"")),
            ("\"x\", \"abc-gzip\"", Some("\"abc-gzip\"")),
            ("\"abcd\"", None),
            ("\"x-abc\"", None),
            ("", None),
        ] {
            assert_eq!(known(&asked(tags), "abc"), found, "{tags}");
        }
    }
}
