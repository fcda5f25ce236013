//! `__path` and `__referrer`: which page an event happened on and what led there.
//!
//! `__path` is a URL (`https://shop.example/cart?step=2#pay`), a route (`/cart?step=2`) or the name of a screen
//! (`Cart`, kept as it is). It is replaced by the event's path and the properties `__origin`, `__query` (an
//! object; a repeated key has an array) and `__hash` (with its `#`); what was sent under those names stands. A
//! password in a URL is dropped.
//!
//! `__referrer` stays, unless it is empty or has the same host as the page: then nothing led there. Old SDKs
//! send `path` and `referrer`; these count where the names with underscores are absent or empty. They stay as
//! they are, because a product may mean something of its own by them.

use crate::domain::event::Properties;
use serde_json::Value;
use url::{Url, form_urlencoded};

/// Reads page and referrer out of an event's properties; the answer is the event's path.
///
/// `origin` is the request's `origin` header: where a route, which names no host, is at home.
pub(super) fn settle(properties: &mut Properties, origin: Option<&str>) -> Option<String> {
    let sent = take_text(properties, "__path").or_else(|| text(properties, "path"));
    let page = sent.map(|sent| Page::read(&sent, origin)).unwrap_or_default();
    let host = page.host;

    let referrer = take_text(properties, "__referrer").or_else(|| text(properties, "referrer"));
    let is_own = host.is_some() && referrer.as_deref().and_then(host_of) == host;
    if let Some(referrer) = referrer.filter(|_| !is_own) {
        set_absent(properties, "__referrer", Value::String(referrer));
    }
    for (key, value) in [("__origin", page.origin), ("__query", page.query), ("__hash", page.hash)] {
        if let Some(value) = value {
            set_absent(properties, key, value);
        }
    }
    page.path
}

/// What a `__path` says.
#[derive(Debug, Default, PartialEq)]
struct Page {
    path: Option<String>,
    origin: Option<Value>,
    query: Option<Value>,
    hash: Option<Value>,
    host: Option<String>,
}

impl Page {
    fn read(sent: &str, origin: Option<&str>) -> Self {
        if let Some(url) = url_of(sent) {
            return Self {
                path: filled(url.path()),
                origin: Some(Value::String(origin_of(&url))),
                query: url.query().and_then(query),
                hash: url.fragment().and_then(hash),
                host: url.host_str().map(str::to_owned),
            };
        }
        if !sent.starts_with('/') {
            return Self { path: filled(sent), ..Self::default() };
        }
        let (rest, fragment) = sent.split_once('#').unwrap_or((sent, ""));
        let (path, pairs) = rest.split_once('?').unwrap_or((rest, ""));
        let origin = origin.and_then(url_of).map(|url| Value::String(origin_of(&url)));
        Self { path: filled(path), origin, query: query(pairs), hash: hash(fragment), host: None }
    }
}

/// A URL with a host; `Settings: general` and `mailto:a@b.co` name screens and no places on a network.
fn url_of(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| !url.cannot_be_a_base() && text.contains("://"))
}

fn host_of(text: &str) -> Option<String> {
    url_of(text)?.host_str().map(str::to_owned)
}

/// `scheme://host:port`, also for schemes that browsers give no origin (`myapp://cart`).
fn origin_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

fn query(pairs: &str) -> Option<Value> {
    let mut query = Properties::new();
    for (key, value) in form_urlencoded::parse(pairs.as_bytes()) {
        let value = Value::String(value.into_owned());
        match query.get_mut(key.as_ref()) {
            None => drop(query.insert(key.into_owned(), value)),
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    (!query.is_empty()).then_some(Value::Object(query))
}

fn hash(fragment: &str) -> Option<Value> {
    filled(fragment).map(|fragment| Value::String(format!("#{fragment}")))
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(properties: &Properties, key: &str) -> Option<String> {
    properties.get(key).and_then(Value::as_str).and_then(filled)
}

/// Takes a text out, an empty one and `null` too; a value of another type is no instruction and stays.
fn take_text(properties: &mut Properties, key: &str) -> Option<String> {
    let taken = text(properties, key);
    if matches!(properties.get(key), Some(Value::String(_) | Value::Null)) {
        properties.shift_remove(key);
    }
    taken
}

fn set_absent(properties: &mut Properties, key: &str, value: Value) {
    properties.entry(key).or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The path and the properties left, of an event sent with these.
    fn settled(sent: Value) -> (Option<String>, Value) {
        let Value::Object(mut properties) = sent else { panic!("an object") };
        let path = settle(&mut properties, Some("https://shop.example"));
        (path, Value::Object(properties))
    }

    #[test]
    fn paths_are_taken_apart_and_leave_nothing_out() {
        for (sent, path, left) in [
            (
                json!({"__path": "https://u:pw@shop.example:8443/a%20b?x=1&y=%C3%A9&x=2#top", "k": 1}),
                Some("/a%20b"),
                json!({"k": 1, "__origin": "https://shop.example:8443", "__query": {"x": ["1", "2"], "y": "é"}, "__hash": "#top"}),
            ),
            (json!({"__path": "https://a.example"}), Some("/"), json!({"__origin": "https://a.example"})),
            (
                json!({"__path": "/cart?q=a://b#x"}),
                Some("/cart"),
                json!({"__origin": "https://shop.example", "__query": {"q": "a://b"}, "__hash": "#x"}),
            ),
            (json!({"__path": "myapp://cart/2"}), Some("/2"), json!({"__origin": "myapp://cart"})),
            (json!({"__path": "Settings: what's new?"}), Some("Settings: what's new?"), json!({})),
            (json!({"__path": "mailto:a@b.co"}), Some("mailto:a@b.co"), json!({})),
            (json!({"__path": ""}), None, json!({})),
            (json!({"__path": null}), None, json!({})),
            (json!({"__path": 5}), None, json!({"__path": 5})),
            (json!({"__path": "Home", "path": "/mine"}), Some("Home"), json!({"path": "/mine"})),
            (
                json!({"path": "https://a.example/x"}),
                Some("/x"),
                json!({"path": "https://a.example/x", "__origin": "https://a.example"}),
            ),
            (json!({"path": {"from": 1}}), None, json!({"path": {"from": 1}})),
            (
                json!({"__path": "https://a.example/x", "__origin": {"mine": true}}),
                Some("/x"),
                json!({"__origin": {"mine": true}}),
            ),
        ] {
            assert_eq!(settled(sent.clone()), (path.map(str::to_owned), left), "{sent}");
        }
    }

    #[test]
    fn a_referrer_on_the_same_host_is_none() {
        for (referrer, key, is_kept) in [
            ("https://other.example/", "__referrer", true),
            ("android-app://com.google", "__referrer", true),
            ("no url", "__referrer", true),
            ("http://shop.example:81/x", "__referrer", false),
            ("", "__referrer", false),
            ("https://other.example/", "referrer", true),
            ("https://shop.example/x", "referrer", false),
        ] {
            let (_, left) = settled(json!({"__path": "https://shop.example/a", key: referrer}));
            let kept = left.get("__referrer").and_then(Value::as_str);
            assert_eq!(kept, is_kept.then_some(referrer), "{key}: {referrer}");
            assert_eq!(left.get("referrer").is_some(), key == "referrer");
        }
        assert_eq!(
            settled(json!({"__referrer": "no url", "__path": "Home"})).1,
            json!({"__referrer": "no url"})
        );
    }
}
