//! Who sent a request, as far as a request tells: client address, server or client, device id, session id.
//!
//! A device id is a one-way hash with a salt that changes daily, so it names a visitor for a day and nobody
//! longer. Everything here is a pure function of what it is given.

use crate::domain::identity::ProjectKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use sha3::Shake256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What stands for the user agent in a device id when none was sent.
const UNKNOWN_USER_AGENT: &str = "unknown/1.0";

/// Length of the buckets that session ids are derived from, in milliseconds.
const SESSION_BUCKET_MS: i64 = 30 * 60 * 1000;

/// How far into a bucket an event still counts to the bucket before, in milliseconds.
const SESSION_GRACE_MS: i64 = 5 * 1000;

/// Request headers that may hold the client's address, the most trusted first.
const ADDRESS_HEADERS: [&str; 13] = [
    "openpanel-client-ip",
    "true-client-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "x-forwarded-for",
    "x-real-ip",
    "fastly-client-ip",
    "x-cluster-client-ip",
    "x-appengine-user-ip",
    "do-connecting-ip",
    "x-nf-client-connection-ip",
    "x-forwarded",
    "forwarded",
];

/// Words of a user agent, in lower case, that show an operating system, a browser or a device.
const CLIENT_WORDS: [&str; 43] = [
    "android",
    "applewebkit",
    "appletv",
    "blackberry",
    "cfnetwork",
    "chrome",
    "chromium",
    "cros",
    "crios",
    "dalvik",
    "edg",
    "edge",
    "edga",
    "edgios",
    "electron",
    "firefox",
    "freebsd",
    "fxios",
    "headlesschrome",
    "ios",
    "ipad",
    "ipados",
    "iphone",
    "ipod",
    "linux",
    "macintosh",
    "macos",
    "msie",
    "nintendo",
    "openbsd",
    "opera",
    "opr",
    "playstation",
    "safari",
    "tizen",
    "trident",
    "tvos",
    "ubuntu",
    "visionos",
    "watchos",
    "webos",
    "windows",
    "xbox",
];

/// The device's id: 32 hexadecimal digits, the first 16 bytes of SHAKE-256 of `agent:address:project:salt`.
///
/// Without a user agent `unknown/1.0` stands in, without an address nothing does: visitors that share a user
/// agent are then one device.
#[must_use]
pub fn device_id(user_agent: Option<&str>, ip: Option<&str>, project: ProjectKey, salt: &str) -> String {
    let agent = user_agent.unwrap_or(UNKNOWN_USER_AGENT);
    let mut hasher = Shake256::default();
    hasher.update(format!("{agent}:{}:{}:{salt}", ip.unwrap_or_default(), project.0).as_bytes());
    let mut digest = [0_u8; 16];
    hasher.finalize_xof().read(&mut digest);
    digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The id of a session that the device opens at an instant: 22 characters of base64url.
///
/// It is derived from the half hour the instant lies in, so requests that race to open a session agree on its
/// id. The first five seconds of a half hour count to the one before.
#[must_use]
pub fn session_id(project: ProjectKey, device: &str, at: DateTime<Utc>) -> String {
    let at_ms = at.timestamp_millis();
    let into_ms = at_ms.rem_euclid(SESSION_BUCKET_MS);
    let bucket = at_ms.div_euclid(SESSION_BUCKET_MS) - i64::from(into_ms < SESSION_GRACE_MS);
    let digest = Sha256::digest(format!("sess:v1:{}:{device}:{bucket}", project.0));
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

/// The client's address: the first valid public one in the headers that proxies and SDKs set.
///
/// `get` looks a header up by its lower-case name. Of `x-forwarded-for` the first entry counts, of `forwarded`
/// the first `for=`. A private or malformed address is passed over for the next header. The socket's address is
/// nobody's business here: behind a proxy it is the proxy's.
pub fn client_ip<'h>(get: impl Fn(&str) -> Option<&'h str>) -> Option<String> {
    ADDRESS_HEADERS.into_iter().find_map(|header| {
        let value = get(header)?;
        let entry = match header {
            "x-forwarded-for" => value.split(',').next()?,
            "forwarded" => first_for(value)?,
            _ => value,
        };
        let address = parse_address(entry)?;
        is_public(address).then(|| address.to_string())
    })
}

/// Whether a request comes from a server rather than from a person's device.
///
/// True without a user agent, for exactly one `name/version` (`node-fetch/1.0`, `Go Http Client/1.1`), and for
/// one in which no word names an operating system, a browser or a device.
#[must_use]
pub fn is_server_user_agent(user_agent: Option<&str>) -> bool {
    let Some(agent) = user_agent.filter(|agent| !agent.is_empty()) else { return true };
    if is_one_name_and_version(agent) {
        return true;
    }
    let agent = agent.to_ascii_lowercase();
    let mut words = agent.split(|c: char| !c.is_ascii_alphabetic());
    !words.any(|word| CLIENT_WORDS.contains(&word))
}

fn is_one_name_and_version(agent: &str) -> bool {
    agent.split_once('/').is_some_and(|(name, version)| {
        !name.is_empty() && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

/// The node of the first `for=` of a `Forwarded` header (RFC 7239).
fn first_for(value: &str) -> Option<&str> {
    value.split([',', ';']).find_map(|pair| {
        let (name, node) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(node)
    })
}

/// Reads an address as headers write it: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `"[2001:db8::1]:80"`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']')?.0.parse::<Ipv6Addr>().ok().map(plain);
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(v6) => plain(v6),
        });
    }
    let (host, port) = text.split_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is an IPv4 address.
fn plain(address: Ipv6Addr) -> IpAddr {
    address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
}

/// Whether an address may belong to somebody on the internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            let is_reserved = a == 0 || a >= 224;
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared || is_reserved)
        }
        IpAddr::V6(v6) => {
            let is_local = v6.is_unique_local() || v6.is_unicast_link_local();
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || is_local)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: ProjectKey = ProjectKey(7);

    fn ip(headers: &[(&str, &'static str)]) -> Option<String> {
        client_ip(|name| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| *value))
    }

    #[test]
    fn a_device_id_is_shake_256_of_agent_address_project_and_salt() {
        // Expected values: Python's hashlib.shake_256(b"…").hexdigest(16).
        let known = device_id(Some("Mozilla/5.0"), Some("203.0.113.9"), PROJECT, "salt");
        assert_eq!(known, "89244ee21f36b788de7cd9ab503271ce");
        assert_eq!(device_id(None, None, PROJECT, "salt"), "2e46a60502d2f8f35ba9522e068948d4");
    }

    #[test]
    fn each_part_of_a_device_id_changes_it() {
        let ids = [
            device_id(Some("a"), Some("1.1.1.1"), PROJECT, "s"),
            device_id(Some("b"), Some("1.1.1.1"), PROJECT, "s"),
            device_id(Some("a"), Some("1.1.1.2"), PROJECT, "s"),
            device_id(Some("a"), Some("1.1.1.1"), ProjectKey(8), "s"),
            device_id(Some("a"), Some("1.1.1.1"), PROJECT, "t"),
        ];
        let distinct: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn a_session_id_is_the_half_hours_and_its_first_five_seconds_count_to_the_one_before() {
        let at = |text: &str| session_id(PROJECT, "device", text.parse().expect("an instant"));
        let ten = at("2026-11-24T10:07:00Z");
        assert_eq!(ten, "QBDzZB8to881FQsZJb22vw");
        assert_eq!(at("2026-11-24T10:00:05Z"), ten);
        assert_eq!(at("2026-11-24T10:30:04.999Z"), ten);
        assert_ne!(at("2026-11-24T10:30:05Z"), ten);
        assert_ne!(at("2026-11-24T10:00:04.999Z"), ten);
        assert_eq!(at("1969-12-31T23:59:59Z").len(), 22);
    }

    #[test]
    fn the_first_public_address_in_header_order_is_the_clients() {
        let x = ("x-real-ip", "203.0.113.1");
        assert_eq!(ip(&[x, ("openpanel-client-ip", "203.0.113.2")]).as_deref(), Some("203.0.113.2"));
        assert_eq!(ip(&[x, ("cf-connecting-ip", "10.0.0.1")]).as_deref(), Some("203.0.113.1"));
        assert_eq!(ip(&[x, ("true-client-ip", "not an address")]).as_deref(), Some("203.0.113.1"));
        assert_eq!(ip(&[("x-forwarded-for", "203.0.113.5, 10.1.1.1")]).as_deref(), Some("203.0.113.5"));
        assert_eq!(ip(&[("x-forwarded-for", "10.1.1.1, 203.0.113.5")]), None);
        assert_eq!(ip(&[]), None);
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (header, value, expected) in [
            ("forwarded", "for=203.0.113.7;proto=https, for=10.0.0.1", "203.0.113.7"),
            ("forwarded", "proto=https; For=\"[2001:db8::17]:4711\"", "2001:db8::17"),
            ("x-real-ip", " 203.0.113.7:8080 ", "203.0.113.7"),
            ("x-real-ip", "::ffff:203.0.113.7", "203.0.113.7"),
            ("x-real-ip", "2001:0DB8:0:0::1", "2001:db8::1"),
        ] {
            assert_eq!(ip(&[(header, value)]).as_deref(), Some(expected), "{header}: {value}");
        }
    }

    #[test]
    fn private_local_and_malformed_addresses_are_nobodys() {
        for value in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "999.1.1.1",
            "",
            "unknown",
            "203.0.113.7:http",
            "[2001:db8::1",
            "fe80::1%eth0",
        ] {
            assert_eq!(ip(&[("x-real-ip", value)]), None, "{value}");
        }
        assert_eq!(ip(&[("forwarded", "for=_hidden;by=203.0.113.1")]), None);
    }

    #[test]
    fn programs_are_servers_and_browsers_and_apps_are_not() {
        for server in [
            "Go-http-client/1.0",
            "Go Http Client/1.0",
            "node-fetch/1.0",
            "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
            "node",
            "undici",
            "okhttp/4.9.2",
            "axios (bundled)",
            "Mozilla/5.0",
            "Apache-HttpClient/4.5.13 (Java/17.0.2)",
            "",
        ] {
            assert!(is_server_user_agent(Some(server)), "{server}");
        }
        assert!(is_server_user_agent(None));
        for client in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/91.0.4472.124 Safari/537.36",
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Dalvik/2.1.0 (Linux; U; Android 12; Pixel 6)",
            "MyApp/12 CFNetwork/1410.0.3 Darwin/22.6.0",
            "OpenPanel/1.0 (iOS 17.2; iPhone15,2)",
        ] {
            assert!(!is_server_user_agent(Some(client)), "{client}");
        }
    }
}
