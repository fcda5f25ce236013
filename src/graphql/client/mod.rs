//! The project's clients in the schema: the field that lists them, and the mutations that manage them. All of it is for
//! clients with the right ADMIN.

mod mutation;

pub use mutation::{
    ClientMutation, CreateClientInput, CreateClientPayload, RevokeClientInput, RevokeClientPayload,
    RotateClientSecretInput, RotateClientSecretPayload, SetClientIntrospectionInput,
    SetClientIntrospectionPayload, SetClientOriginsInput, SetClientOriginsPayload,
};

use super::context::ContextExt;
use crate::analytics::scalars::DateTime;
use crate::directory::Client as Known;
use crate::domain::identity::Right;
use crate::error::Failure;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ClientRight {
    /// Send data.
    Write,
    /// Query data.
    Read,
    /// Send, query and manage the project.
    Admin,
}

impl From<ClientRight> for Right {
    fn from(right: ClientRight) -> Self {
        match right {
            ClientRight::Write => Self::Write,
            ClientRight::Read => Self::Read,
            ClientRight::Admin => Self::Admin,
        }
    }
}

impl From<Right> for ClientRight {
    fn from(right: Right) -> Self {
        match right {
            Right::Write => Self::Write,
            Right::Read => Self::Read,
            Right::Admin => Self::Admin,
        }
    }
}

/// A client: credentials of this project. Its secret is told only when it is made.
#[derive(Debug, Clone, SimpleObject)]
pub struct Client {
    /// Its public id.
    pub id: ID,
    /// Its display name; empty where nobody gave it one.
    pub name: String,
    /// What it may do.
    pub right: ClientRight,
    /// Web origins from which a browser may send for it without the secret. Where there are any, pages of other origins
    /// may not read what it is answered.
    pub origins: Vec<String>,
    /// Whether it may read the schema, and is told in errors what may be meant. Null: as its right has it, which is yes
    /// for READ and ADMIN and no for WRITE, and no for READ where the server hides the schema.
    pub introspection: Option<bool>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last used, to the minute; null when it never was.
    pub last_used_at: Option<DateTime>,
    /// When it was revoked: it is refused since. Null while it is good.
    pub revoked_at: Option<DateTime>,
}

impl From<Known> for Client {
    fn from(client: Known) -> Self {
        Self {
            id: ID(client.id),
            name: client.name,
            right: client.right.into(),
            origins: client.origins,
            introspection: client.introspection,
            created_at: DateTime(client.created_at),
            last_used_at: client.last_used_at.map(DateTime),
            revoked_at: client.revoked_at.map(DateTime),
        }
    }
}

/// The field that lists clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientQuery;

#[Object]
impl ClientQuery {
    /// This project's clients, the oldest first, with the last hundred that were revoked. Needs a client with the right
    /// ADMIN.
    #[expect(clippy::unused_async, reason = "every field is asynchronous to the schema")]
    async fn clients(&self, ctx: &Context<'_>) -> Result<Vec<Client>, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        Ok(ctx.directory()?.clients(caller.project()).into_iter().map(Client::from).collect())
    }
}
