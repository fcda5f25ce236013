//! Profiles: identified users.

use super::page::connection;
use async_graphql::SimpleObject;

/// An identified user.
#[derive(Debug, Clone, SimpleObject)]
pub struct Profile {
    /// The id your system gave the user.
    pub id: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, types kept.
    #[graphql(skip)]
    pub properties: serde_json::Value,
}

connection!(ProfileConnection, ProfileEdge, Profile, "profiles");
