//! Which requests are the same: all that an answer depends on, but for what is stored and what the clock shows.

use crate::caller::Caller;
use crate::domain::identity::ProjectKey;
use async_graphql::{IntrospectionMode, Request};
use sha2::{Digest, Sha256};

/// What is asked, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Beside the hash, so that no two projects share a key whatever is hashed.
    project: ProjectKey,
    sha256: [u8; 32],
}

impl Key {
    pub(super) fn of(request: &Request, caller: &Caller) -> Self {
        let may_introspect = request.introspection_mode == IntrospectionMode::Enabled;
        // Variables are in the order of their names, whatever order they were sent in.
        let variables = serde_json::to_vec(&request.variables).unwrap_or_default();
        let name = request.operation_name.as_deref();
        let mut hash = Sha256::new();
        hash.update([u8::from(caller.right().may_read()), u8::from(caller.right().may_write())]);
        hash.update([u8::from(may_introspect), u8::from(name.is_some())]);
        for part in [request.query.as_bytes(), name.unwrap_or_default().as_bytes(), &variables] {
            // With its length before it, no part can be taken for the end of another.
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Self { project: caller.project(), sha256: hash.finalize().into() }
    }
}
