//! Projects and their clients: who may come in, and with which secret.
//!
//! All of them are kept in memory and read anew from the catalog after a change, so a request costs no look-up.

use crate::domain::identity::ProjectKey;
use crate::error::{Failure, Kind};
use crate::store::catalog::{Client, Project};
use crate::store::{Error, Store};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// Bytes of randomness in a secret: 160 bits.
const SECRET_BYTES: usize = 20;

/// Characters of a project's name, at most.
const PROJECT_NAME_CHARS: usize = 100;

/// The projects and clients of a store, at one instant.
#[derive(Debug, Default)]
pub(super) struct Directory {
    projects: HashMap<String, Project>,
    clients: HashMap<String, Client>,
}

impl Directory {
    /// Reads them from the catalog. Blocks.
    pub(super) fn load(store: &Store) -> Result<Self, Error> {
        let projects = store.projects()?.into_iter().map(|project| (project.name.clone(), project)).collect();
        let clients = store.clients()?.into_iter().map(|client| (client.id.clone(), client)).collect();
        Ok(Self { projects, clients })
    }

    /// Every project, by name.
    pub(super) fn projects(&self) -> Vec<Project> {
        let mut projects: Vec<Project> = self.projects.values().cloned().collect();
        projects.sort_by(|a, b| a.name.cmp(&b.name));
        projects
    }

    pub(super) fn project(&self, name: &str) -> Option<Project> {
        self.projects.get(name).cloned()
    }

    pub(super) fn client(&self, id: &str) -> Option<Client> {
        self.clients.get(id).cloned()
    }

    /// Every client of a project, by id.
    pub(super) fn clients_of(&self, project: ProjectKey) -> Vec<Client> {
        let mut clients: Vec<Client> =
            self.clients.values().filter(|client| client.project == project).cloned().collect();
        clients.sort_by(|a, b| a.id.cmp(&b.id));
        clients
    }
}

/// Checks the name of a new project.
pub(super) fn check_project_name(name: &str) -> Result<(), Failure> {
    let chars = name.chars().count();
    let is_well = (1..=PROJECT_NAME_CHARS).contains(&chars) && !name.chars().any(char::is_control);
    if is_well && name.trim() == name {
        return Ok(());
    }
    let message = format!(
        "name: give a project 1 to {PROJECT_NAME_CHARS} characters, on one line, without blanks at the ends"
    );
    Err(Failure { argument: Some("name".to_owned()), ..Failure::new(Kind::BadInput, message) })
}

/// Checks that an origin has the form in which browsers send it, or is a pattern of it with `*`.
pub(super) fn check_origin(origin: &str) -> Result<(), Failure> {
    let is_well = !origin.is_empty() && origin.len() <= 512 && origin.chars().all(|c| c.is_ascii_graphic());
    if is_well {
        return Ok(());
    }
    let message = "origins: give origins like https://app.example.com, or with * as in https://*.example.com";
    Err(Failure { argument: Some("origins".to_owned()), ..Failure::new(Kind::BadInput, message) })
}

/// A new secret: `sec_` and 40 hexadecimal digits from the operating system's randomness.
pub(super) fn new_secret() -> Result<String, Failure> {
    Ok(format!("sec_{}", random_hex::<SECRET_BYTES>()?))
}

/// Random bytes of the operating system, as hexadecimal digits.
pub(super) fn random_hex<const BYTES: usize>() -> Result<String, Failure> {
    let mut bytes = [0_u8; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(Failure::internal)?;
    Ok(hex(&bytes))
}

/// SHA-256 of a secret, hex: the form in which it is stored.
pub(super) fn sha256_hex(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Whether a secret is the client's, in a time that does not depend on where the two differ.
pub(super) fn is_secret_of(client: &Client, secret: &str) -> bool {
    sha256_hex(secret).as_bytes().ct_eq(client.secret_sha256.as_bytes()).into()
}

/// Whether a browser on this origin may send for the client without its secret.
///
/// `www.`, the scheme and a slash at the end make no difference. `*` in an allowed origin stands for one or more
/// characters of a host name (dots included); `*` alone allows every origin.
pub(super) fn allows_origin(client: &Client, origin: &str) -> bool {
    // A sandboxed page and a file have the origin `null`: it says nothing about who sends.
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if origin.is_empty() || origin == "null" || !bare(origin).chars().all(is_host) {
        return false;
    }
    client.origins.iter().any(|allowed| allowed == "*" || matches(bare(allowed), bare(origin)))
}

/// An origin without scheme, `www.` and slash at the end.
fn bare(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host).trim_end_matches('/')
}

fn matches(pattern: &str, origin: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = strip_prefix(origin, first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        // A star takes at least one character.
        let mut after = rest.chars();
        if after.next().is_none() {
            return false;
        }
        rest = after.as_str();
        if parts.peek().is_none() {
            return rest.len() >= part.len()
                && rest.is_char_boundary(rest.len() - part.len())
                && rest[rest.len() - part.len()..].eq_ignore_ascii_case(part);
        }
        let Some(at) = rest.to_ascii_lowercase().find(&part.to_ascii_lowercase()) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Right;

    fn client(origins: &[&str]) -> Client {
        Client {
            id: "id".to_owned(),
            project: ProjectKey(1),
            right: Right::Write,
            secret_sha256: sha256_hex("sec_x"),
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        }
    }

    #[test]
    fn secrets_have_160_random_bits_and_are_compared_by_their_hash() {
        let (one, other) = (new_secret().expect("randomness"), new_secret().expect("randomness"));
        assert_ne!(one, other);
        assert!(one.len() == 44 && one.starts_with("sec_"), "{}", one.len());
        assert!(is_secret_of(&client(&[]), "sec_x"));
        assert!(!is_secret_of(&client(&[]), "sec_y"));
        assert!(!is_secret_of(&client(&[]), ""));
    }

    #[test]
    fn origins_are_compared_without_scheme_and_www() {
        for (allowed, origin, is_allowed) in [
            ("https://app.example.com", "https://app.example.com", true),
            ("app.example.com", "https://www.app.example.com", true),
            ("https://www.example.com/", "http://EXAMPLE.com", true),
            ("https://example.com", "https://example.com.evil.net", false),
            ("https://example.com", "https://evil-example.com", false),
            ("http://localhost:3000", "http://localhost:3001", false),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://a.example.com.evil.net", false),
            ("https://*.example.com", "https://evil.net/?.example.com", false),
            ("pr-*-app.example.*", "https://pr-12-app.example.dev", true),
            ("*", "https://anything", true),
            ("*", "null", false),
            ("*", "", false),
        ] {
            assert_eq!(allows_origin(&client(&[allowed]), origin), is_allowed, "{allowed} {origin}");
        }
        assert!(!allows_origin(&client(&[]), "https://app.example.com"));
    }
}
