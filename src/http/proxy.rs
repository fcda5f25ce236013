//! Where a request comes from, where proxies stand before the server.
//!
//! Of `X-Forwarded-For` the last address that is no trusted proxy's counts: what stands before it, anybody may have
//! written. `X-Forwarded-Proto` tells whether the browser's connection is encrypted. Both are believed of connections
//! from trusted networks alone ([`crate::config::Config::trust_proxy`]); then the request goes on as if it had come
//! without proxies.

use crate::app::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Settles where a request comes from, to which host it was sent, and whether it came encrypted.
pub(super) async fn settle(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let config = app.config();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let is_trusted = peer.is_some_and(|peer| trusts(&config.trust_proxy, peer.ip()));
    if let Some(peer) = peer.filter(|_| is_trusted) {
        let address = sender(&config.trust_proxy, peer.ip(), request.headers());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, peer.port())));
    }
    if config.tls_cert.is_some() {
        request.headers_mut().insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    } else if !is_trusted {
        request.headers_mut().remove(FORWARDED_PROTO);
    }
    name_host(&mut request);
    next.run(request).await
}

/// Names the host in `Host` where a request of HTTP/2 names it as its authority alone.
fn name_host(request: &mut Request) {
    let authority =
        request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(authority) = authority {
        request.headers_mut().entry(header::HOST).or_insert(authority);
    }
}

fn trusts(networks: &[IpNet], address: IpAddr) -> bool {
    // A socket that takes both kinds of addresses shows the old ones in the form of the new.
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// The address before all trusted proxies, as far as they tell.
fn sender(trusted: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut sender = peer;
    for hop in hops.into_iter().rev() {
        let Some(address) = address(hop) else { break };
        sender = address;
        if !trusts(trusted, address) {
            break;
        }
    }
    sender
}

/// An address with a port or without: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let parsed = bare.parse::<IpAddr>().ok();
    parsed
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn a_host_is_known_however_the_request_names_it() {
        for (uri, host, expected) in [
            ("https://muster.example:4000/graphql", None, Some("muster.example:4000")),
            ("/graphql", Some("muster.example"), Some("muster.example")),
            ("https://other.example/", Some("muster.example"), Some("muster.example")),
            ("/graphql", None, None),
        ] {
            let mut builder = Request::builder().uri(uri);
            if let Some(host) = host {
                builder = builder.header(header::HOST, host);
            }
            let mut request = builder.body(Body::empty()).expect("a request");
            name_host(&mut request);
            let named = request.headers().get(header::HOST).map(|host| host.to_str().expect("text"));
            assert_eq!(named, expected, "{uri} {host:?}");
        }
    }

    #[test]
    fn the_last_address_that_is_no_proxys_counts() {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network")).to_vec();
        for (forwarded, expected) in [
            (vec![], "10.0.0.1"),
            (vec!["203.0.113.5"], "203.0.113.5"),
            (vec!["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
            (vec!["198.51.100.1, 203.0.113.5 , 10.2.2.2"], "203.0.113.5"),
            (vec!["198.51.100.1", "203.0.113.5", "10.2.2.2"], "203.0.113.5"),
            (vec!["203.0.113.5:4711"], "203.0.113.5"),
            (vec!["[2001:db8::17]:4711, ::1"], "2001:db8::17"),
            (vec!["::ffff:203.0.113.5"], "203.0.113.5"),
            (vec!["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            (vec!["203.0.113.5, unknown, 10.2.2.2"], "10.2.2.2"),
            (vec!["banana"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for value in &forwarded {
                headers.append(FORWARDED_FOR, value.parse().expect("a header"));
            }
            let found = sender(&trusted, "10.0.0.1".parse().expect("an address"), &headers);
            assert_eq!(found.to_string(), expected, "{forwarded:?}");
        }
    }
}
