//! A request's body as JSON: within a size and a time, of the right media type.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use std::time::Duration;

/// Seconds a body may take to arrive.
const ARRIVAL_SECONDS: u64 = 30;

/// Why a body was not read: the status that says so, and what to change.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

fn unread(status: StatusCode, message: impl Into<String>) -> Unread {
    Unread { status, message: message.into() }
}

/// The media type of a request, in lower case and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    Some(essence.to_ascii_lowercase())
}

/// The charset that a request names, in lower case.
pub(super) fn charset(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, charset) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"').to_ascii_lowercase())
}

/// Reads a body as JSON.
///
/// Anything but `application/json` is refused: a page on another origin can send it only after asking first.
pub(super) async fn read_json(request: Request, most_bytes: usize) -> Result<Value, Unread> {
    let media_type = media_type(request.headers());
    // Read as it is sent: what is small on the way is small here.
    let coding = request.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(unread(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body is compressed; send it without Content-Encoding",
        ));
    }
    let arrival = Bytes::from_request(request, &());
    let Ok(arrived) = tokio::time::timeout(Duration::from_secs(ARRIVAL_SECONDS), arrival).await else {
        let message = format!("the body did not arrive within {ARRIVAL_SECONDS} s");
        return Err(unread(StatusCode::REQUEST_TIMEOUT, message));
    };
    let bytes = arrived.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body is larger than {most_bytes} bytes; send it in parts");
            unread(StatusCode::PAYLOAD_TOO_LARGE, message)
        }
        _ => unread(StatusCode::BAD_REQUEST, "the body did not arrive whole"),
    })?;
    match media_type.as_deref() {
        Some("application/json") => {}
        Some("text/plain") => {
            let message = "the content type is text/plain; send application/json";
            return Err(unread(StatusCode::BAD_REQUEST, message));
        }
        _ => {
            return Err(unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the content type application/json"));
        }
    }
    parse(&bytes).map_err(|error| {
        // The parser has no kind for it.
        let message = if error.to_string().starts_with("recursion limit") {
            "body nests deeper than 128 levels; send it flatter".to_owned()
        } else {
            format!("body is no JSON: {error}")
        };
        unread(StatusCode::BAD_REQUEST, message)
    })
}

/// Parses JSON. Half a surrogate pair, which JavaScript writes for a text that was cut inside an emoji, is read
/// as U+FFFD.
fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|error| match mend(bytes) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// The text with `\ufffd` in place of every escaped surrogate without its other half. `None` if there is none.
fn mend(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(bytes.len());
    let (mut at, mut is_mended) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            mended.push(byte);
            at += 1;
            continue;
        }
        let length = match (unit_at(bytes, at), unit_at(bytes, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.extend_from_slice(br"\ufffd");
                is_mended = true;
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            // Another escape: the character behind the backslash is no beginning of one.
            (None, _) => 2,
        };
        let end = bytes.len().min(at + length);
        mended.extend_from_slice(&bytes[at..end]);
        at = end;
    }
    is_mended.then_some(mended)
}

/// The UTF-16 unit that is escaped at a place.
fn unit_at(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(br"\u")?;
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (sent, read) in [
            (r#"{"a":"x\ud83d"}"#, json!({"a": "x\u{fffd}"})),
            (r#"{"a":"\ude00x"}"#, json!({"a": "\u{fffd}x"})),
            (r#"["\ud83d\ude00\ud83d"]"#, json!(["😀\u{fffd}"])),
            (r#"["\\ud83d", "\ud83d\n"]"#, json!(["\\ud83d", "\u{fffd}\n"])),
            (r#"["\ud83d\ud83d\ude00"]"#, json!(["\u{fffd}😀"])),
        ] {
            assert_eq!(parse(sent.as_bytes()).expect("readable"), read, "{sent}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for sent in ["", "{", r#"{"a":"\ud83"}"#, r#"["\ud83d"#, r"[\ud83d]", "nul", "[1e999]", "\"\\"] {
            assert!(parse(sent.as_bytes()).is_err(), "{sent}");
        }
        assert!(parse(b"\xff").is_err());
    }
}
