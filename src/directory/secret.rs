//! Secrets: how they are made, in which form they are kept, and how one is compared.

use crate::error::Failure;
use crate::store::clients::Client;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// Bytes of randomness in a secret: 160 bits.
const SECRET_BYTES: usize = 20;

/// A new secret: `sec_` and 40 hexadecimal digits from the operating system's randomness.
pub(super) fn new_secret() -> Result<String, Failure> {
    Ok(format!("sec_{}", random_hex::<SECRET_BYTES>()?))
}

/// Random bytes of the operating system, as hexadecimal digits.
pub fn random_hex<const BYTES: usize>() -> Result<String, Failure> {
    let mut bytes = [0_u8; BYTES];
    OsRng.try_fill_bytes(&mut bytes).map_err(Failure::internal)?;
    Ok(hex(&bytes))
}

/// SHA-256 of a secret, hex: the form in which it is stored.
#[must_use]
pub fn sha256_hex(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// A mark of a client's present secret, from which nothing of the secret can be found.
#[must_use]
pub fn mark_of(client: &Client) -> String {
    sha256_hex(&client.secret_sha256).chars().take(16).collect()
}

/// Whether a secret is the client's, in a time that does not depend on where the two differ.
pub(super) fn is_secret_of(client: &Client, secret: &str) -> bool {
    sha256_hex(secret).as_bytes().ct_eq(client.secret_sha256.as_bytes()).into()
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
    use crate::domain::identity::{ProjectKey, Right};
    use chrono::DateTime;

    #[test]
    fn secrets_have_160_random_bits_and_are_compared_by_their_hash() {
        let (one, other) = (new_secret().expect("randomness"), new_secret().expect("randomness"));
        assert_ne!(one, other);
        assert!(one.len() == 44 && one.starts_with("sec_"), "{}", one.len());
        let client = Client {
            id: "id".to_owned(),
            project: ProjectKey(1),
            name: String::new(),
            right: Right::Write,
            secret_sha256: sha256_hex("sec_x"),
            origins: Vec::new(),
            introspection: None,
            created_at: DateTime::default(),
            last_used_at: None,
            revoked_at: None,
        };
        assert!(is_secret_of(&client, "sec_x"));
        assert!(!is_secret_of(&client, "sec_y"));
        assert!(!is_secret_of(&client, ""));
    }
}
