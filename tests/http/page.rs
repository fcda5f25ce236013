//! The `GraphiQL` page: it is all there, and needs no other host.

use crate::support::app::TestApp;
use std::collections::BTreeSet;
use std::io::Read;

/// Hosts that texts within `GraphiQL` name: namespaces, and links to documentation. None of them is loaded; the page's
/// policy would not let it.
const NAMED: [&str; 7] = [
    "codemirror.net",
    "commonmark.org",
    "en.wikipedia.org",
    "github.com",
    "reactjs.org",
    "www.w3.org",
    "yarnpkg.com",
];

/// The values of an attribute.
fn values<'t>(text: &'t str, attribute: &str) -> Vec<&'t str> {
    let parts = text.split(&format!("{attribute}=\"")).skip(1).collect::<Vec<_>>();
    parts.into_iter().filter_map(|part| part.split('"').next()).collect()
}

fn hosts(text: &str) -> BTreeSet<String> {
    let parts = text.split("http://").flat_map(|part| part.split("https://")).skip(1);
    let host =
        |part: &str| part.chars().take_while(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    parts.map(host).filter(|host: &String| host.contains('.')).collect()
}

#[tokio::test]
async fn the_page_loads_everything_from_its_own_server() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    for page in ["graphql", "graphiql", "api/graphql", "api/graphiql"] {
        let address = reqwest::Url::parse(&format!("{}/{page}", served.url)).expect("a URL");
        let asked = reqwest::Client::new().get(address.clone()).header("accept", "text/html");
        let answer = asked.send().await.expect("an answer");
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let text = answer.text().await.expect("a page");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
        assert_eq!(hosts(&text), BTreeSet::new());
        let loaded: Vec<&str> = [values(&text, "src"), values(&text, "href")].concat();
        assert!(loaded.len() >= 3 && text.contains("<title>Muster GraphiQL"), "{text}");
        for file in loaded.into_iter().filter(|file| *file != "data:,") {
            let file = address.join(file).expect("an address");
            assert_eq!(file.host(), address.host());
            let answer = reqwest::get(file.clone()).await.expect("an answer");
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["content-encoding"]),
                (200, &"gzip".parse().expect("text"))
            );
            let tag = answer.headers()["etag"].clone();
            let again = reqwest::Client::new().get(file.clone()).header("if-none-match", tag);
            assert_eq!(again.send().await.expect("an answer").status(), 304);
            let (mut text, bytes) = (String::new(), answer.bytes().await.expect("a file"));
            assert!(bytes.len() < 1 << 20, "{file} is large");
            flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("a text");
            if file.path().rsplit('.').next() == Some("css") {
                let urls = text.split("url(").skip(1);
                assert!(urls.clone().all(|url| url.starts_with("data:")) && !text.contains("@import"));
                assert_eq!(hosts(&text), BTreeSet::new());
            } else {
                assert_eq!(hosts(&text), NAMED.iter().map(|host| (*host).to_owned()).collect());
            }
        }
    }
    let answer = reqwest::get(format!("{}/graphiql/licences.txt", served.url)).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(
        reqwest::get(format!("{}/graphiql/other.js", served.url)).await.expect("an answer").status(),
        404
    );
}
