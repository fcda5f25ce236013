//! The mutations of clients: make one, give it another secret, revoke it, set its origins and whether it sees the schema.

use super::{Client, ClientRight};
use crate::directory::NewClient;
use crate::error::Failure;
use crate::graphql::context::ContextExt;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// A client to make.
#[derive(Debug, InputObject)]
pub struct CreateClientInput {
    /// Its display name, such as what it is used for.
    pub name: String,
    /// What it may do.
    pub right: ClientRight,
    /// Web origins from which a browser may send for it without the secret, such as `https://app.example.com` or
    /// `https://*.example.com`. Where there are any, pages of other origins may not read what it is answered.
    pub origins: Option<Vec<String>>,
    /// Whether it may read the schema, and is told in errors what may be meant. Null: as its right has it, which is yes
    /// for READ and ADMIN and no for WRITE, and no for READ where the server hides the schema.
    pub introspection: Option<bool>,
}

/// A client that was made.
#[derive(Debug, SimpleObject)]
pub struct CreateClientPayload {
    /// The client.
    pub client: Client,
    /// Its secret. It is not shown again.
    pub secret: String,
}

/// Which client gets another secret.
#[derive(Debug, InputObject)]
pub struct RotateClientSecretInput {
    /// Its id.
    pub id: ID,
}

/// A client with another secret.
#[derive(Debug, SimpleObject)]
pub struct RotateClientSecretPayload {
    /// The client.
    pub client: Client,
    /// The secret from now on. It is not shown again, and the one before is refused already.
    pub secret: String,
}

/// Which client to revoke.
#[derive(Debug, InputObject)]
pub struct RevokeClientInput {
    /// Its id.
    pub id: ID,
}

/// A client that was revoked.
#[derive(Debug, SimpleObject)]
pub struct RevokeClientPayload {
    /// The client. It is refused already.
    pub client: Client,
}

/// The origins of a client.
#[derive(Debug, InputObject)]
pub struct SetClientOriginsInput {
    /// The client's id.
    pub id: ID,
    /// All its web origins; an empty list takes them away.
    pub origins: Vec<String>,
}

/// A client with other origins.
#[derive(Debug, SimpleObject)]
pub struct SetClientOriginsPayload {
    /// The client.
    pub client: Client,
}

/// Whether a client sees the schema.
#[derive(Debug, InputObject)]
pub struct SetClientIntrospectionInput {
    /// The client's id.
    pub id: ID,
    /// Whether it may read the schema, and is told in errors what may be meant. Null: as its right has it.
    pub introspection: Option<bool>,
}

/// A client that sees the schema, or sees it no longer.
#[derive(Debug, SimpleObject)]
pub struct SetClientIntrospectionPayload {
    /// The client.
    pub client: Client,
}

/// The mutations of clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientMutation;

#[Object]
impl ClientMutation {
    /// Makes a client of this project. Needs a client with the right ADMIN.
    async fn create_client(
        &self,
        ctx: &Context<'_>,
        input: CreateClientInput,
    ) -> Result<CreateClientPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        let CreateClientInput { name, right, origins, introspection } = input;
        let (directory, origins) = (ctx.directory()?, origins.unwrap_or_default());
        let project = caller.project();
        let made = directory.create_client_with(project, &name, right.into(), &origins, introspection).await;
        let NewClient { client, secret } = made.map_err(in_input)?;
        Ok(CreateClientPayload { client: client.into(), secret })
    }

    /// Gives a client another secret; the old one is refused from now on. Needs a client with the right ADMIN.
    async fn rotate_client_secret(
        &self,
        ctx: &Context<'_>,
        input: RotateClientSecretInput,
    ) -> Result<RotateClientSecretPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        let rotated = ctx.directory()?.rotate_secret(caller.project(), &input.id).await;
        let NewClient { client, secret } = rotated.map_err(in_input)?;
        Ok(RotateClientSecretPayload { client: client.into(), secret })
    }

    /// Revokes a client: it is refused from now on. The project's last ADMIN client cannot be revoked. Needs a client
    /// with the right ADMIN.
    async fn revoke_client(
        &self,
        ctx: &Context<'_>,
        input: RevokeClientInput,
    ) -> Result<RevokeClientPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        let revoked = ctx.directory()?.revoke_client(caller.project(), &input.id).await;
        Ok(RevokeClientPayload { client: revoked.map_err(in_input)?.into() })
    }

    /// Sets the web origins from which a browser may send for a client without its secret. Where there are any, pages of
    /// other origins may not read what it is answered. Needs a client with the right ADMIN.
    async fn set_client_origins(
        &self,
        ctx: &Context<'_>,
        input: SetClientOriginsInput,
    ) -> Result<SetClientOriginsPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        let changed = ctx.directory()?.set_origins(caller.project(), &input.id, &input.origins).await;
        Ok(SetClientOriginsPayload { client: changed.map_err(in_input)?.into() })
    }

    /// Sets whether a client may read the schema, and is told in errors what may be meant. Needs a client with the right
    /// ADMIN.
    async fn set_client_introspection(
        &self,
        ctx: &Context<'_>,
        input: SetClientIntrospectionInput,
    ) -> Result<SetClientIntrospectionPayload, Failure> {
        let caller = ctx.caller()?;
        caller.may_manage()?;
        let SetClientIntrospectionInput { id, introspection } = input;
        let changed = ctx.directory()?.set_introspection(caller.project(), &id, introspection).await;
        Ok(SetClientIntrospectionPayload { client: changed.map_err(in_input)?.into() })
    }
}

/// The same failure about a field of the mutation's input.
fn in_input(failure: Failure) -> Failure {
    let Some(argument) = &failure.argument else { return failure };
    let (argument, message) = (format!("input.{argument}"), format!("input.{}", failure.message));
    Failure { argument: Some(argument), message, ..failure }
}
