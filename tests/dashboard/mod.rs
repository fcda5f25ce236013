//! The dashboard over real HTTP, as a browser without scripts asks it.

mod chromium;
mod docs;
mod explore;
mod group;
mod groups;
mod settings;
mod sign_in;

use crate::support::app::{Credentials, Served, TestApp};
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;

/// A browser without scripts: it keeps one cookie, and follows where it is sent.
pub(crate) struct Browser {
    http: reqwest::Client,
    url: String,
    cookie: Option<String>,
}

/// What a browser shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The address without the server.
    pub(crate) address: String,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(served: &Served) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { http, url: served.url.clone(), cookie: None }
    }

    /// A browser that is signed in.
    pub(crate) async fn signed_in(served: &Served, client: &Credentials) -> Self {
        let mut browser = Self::new(served);
        let shown = browser.sign_in(client).await;
        assert_eq!((shown.status, shown.address.as_str()), (200, "/dashboard/groups"), "{}", shown.text);
        browser
    }

    pub(crate) async fn sign_in(&mut self, client: &Credentials) -> Shown {
        let form = self.get("/dashboard/sign-in").await;
        let fields = [("client-id", client.id.as_str()), ("client-secret", client.secret.as_str())];
        self.send(&form, "/dashboard/sign-in", &fields).await
    }

    pub(crate) async fn get(&mut self, address: &str) -> Shown {
        self.go(address, None, &[]).await
    }

    /// Sends a form with the token of the page that it is on.
    pub(crate) async fn send(&mut self, page: &Shown, address: &str, fields: &[(&str, &str)]) -> Shown {
        let token = page.token();
        let all: Vec<(&str, &str)> = [("form-token", token.as_str())].iter().chain(fields).copied().collect();
        self.post(address, &all, &[]).await
    }

    /// The cookie that it keeps, as it sends it.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("it keeps one")
    }

    pub(crate) async fn post(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Shown {
        self.go(address, Some(fields), headers).await
    }

    async fn go(
        &mut self,
        address: &str,
        fields: Option<&[(&str, &str)]>,
        headers: &[(&str, &str)],
    ) -> Shown {
        let (mut address, mut fields) = (address.to_owned(), fields);
        for _ in 0..5 {
            let to = format!("{}{address}", self.url);
            let mut request = match fields.take() {
                Some(fields) => {
                    let body =
                        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                    let kind = "application/x-www-form-urlencoded";
                    self.http.post(to).header("content-type", kind).body(body)
                }
                None => self.http.get(to),
            };
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(cookie) = &self.cookie {
                request = request.header("cookie", cookie);
            }
            let answer = request.send().await.expect("an answer");
            if let Some(set) = answer.headers().get(SET_COOKIE) {
                let pair = set.to_str().expect("text").split(';').next().expect("a pair").to_owned();
                self.cookie = (!pair.ends_with('=')).then_some(pair);
            }
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            match headers.get(LOCATION) {
                Some(location) if answer.status().is_redirection() => {
                    location.to_str().expect("text").clone_into(&mut address);
                }
                _ => return Shown { status, headers, address, text: answer.text().await.expect("a page") },
            }
        }
        panic!("{address} is sent round in circles");
    }
}

impl Shown {
    /// The token of the page's forms.
    pub(crate) fn token(&self) -> String {
        let after = self.text.split("name=\"form-token\" value=\"").nth(1).unwrap_or_default();
        after.split('"').next().unwrap_or_default().to_owned()
    }

    /// The text of the page without its tags, blanks folded.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        for part in self.text.split('<') {
            words.push(' ');
            words.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A server with a group of each kind of name.
pub(crate) async fn start() -> (TestApp, Served) {
    let t = TestApp::start().await;
    let served = t.serve().await;
    (t, served)
}
