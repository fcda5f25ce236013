//! What the operator asks about clients, and is told.

use crate::app::App;
use crate::directory::NewClient;
use crate::domain::identity::Right;
use crate::error::{Failure, Kind};
use crate::store::clients::Client;
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the operator may ask.
#[derive(Clone, Serialize, Deserialize)]
pub enum Request {
    /// List the clients of a project.
    List {
        /// The project's name.
        project: String,
    },
    /// Make a client.
    Create {
        /// The project's name.
        project: String,
        /// WRITE, READ or ADMIN.
        right: String,
        /// Its display name.
        name: String,
        /// Web origins that may send without the secret.
        origins: Vec<String>,
        /// Whether it may read the schema; none: as its right has it.
        introspection: Option<bool>,
    },
    /// Give a client another secret.
    Rotate {
        /// Its id.
        id: String,
    },
    /// Revoke a client.
    Revoke {
        /// Its id.
        id: String,
    },
    /// Set the web origins of a client.
    SetOrigins {
        /// Its id.
        id: String,
        /// All of them.
        origins: Vec<String>,
    },
    /// Set whether a client may read the schema.
    SetIntrospection {
        /// Its id.
        id: String,
        /// Whether it may; none: as its right has it.
        introspection: Option<bool>,
    },
}

/// What the operator is told.
#[derive(Clone, Serialize, Deserialize)]
pub enum Response {
    /// The clients of a project.
    Listed(Vec<Listed>),
    /// The client that was changed.
    One(Listed),
    /// The client that has a new secret. It is not shown again.
    Secret {
        /// The project's name.
        project: String,
        /// The client.
        client: Listed,
        /// The secret.
        secret: String,
    },
}

impl std::fmt::Debug for Request {
    /// Names what is asked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::List { .. } => "List",
            Self::Create { .. } => "Create",
            Self::Rotate { .. } => "Rotate",
            Self::Revoke { .. } => "Revoke",
            Self::SetOrigins { .. } => "SetOrigins",
            Self::SetIntrospection { .. } => "SetIntrospection",
        })
    }
}

impl std::fmt::Debug for Response {
    /// Names the answer and leaves out secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Listed(_) => "Listed",
            Self::One(_) => "One",
            Self::Secret { .. } => "Secret",
        })
    }
}

/// A client as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Its public id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// WRITE, READ or ADMIN.
    pub right: String,
    /// Web origins that may send without the secret.
    pub origins: Vec<String>,
    /// Whether it may read the schema; none: as its right has it.
    pub introspection: Option<bool>,
    /// When it was made.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<String>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<String>,
}

impl From<Client> for Listed {
    fn from(client: Client) -> Self {
        let instant = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            id: client.id,
            name: client.name,
            right: client.right.as_str().to_owned(),
            origins: client.origins,
            introspection: client.introspection,
            created_at: instant(client.created_at),
            last_used_at: client.last_used_at.map(instant),
            revoked_at: client.revoked_at.map(instant),
        }
    }
}

/// Does what the operator asks.
pub(super) async fn answer(app: &Arc<App>, request: Request) -> Result<Response, Failure> {
    let directory = app.directory();
    match request {
        Request::List { project } => {
            let clients = directory.clients(super::project_key(app, &project)?);
            Ok(Response::Listed(clients.into_iter().map(Listed::from).collect()))
        }
        Request::Create { project, right, name, origins, introspection } => {
            let right = Right::parse(&right).ok_or_else(|| {
                Failure::new(Kind::BadInput, format!("right: is \"{right}\"; give WRITE, READ or ADMIN"))
            })?;
            let key = super::project_key(app, &project)?;
            let NewClient { client, secret } =
                directory.create_client_with(key, &name, right, &origins, introspection).await?;
            Ok(Response::Secret { project, client: client.into(), secret })
        }
        Request::Rotate { id } => {
            let client = known(app, &id)?;
            let NewClient { client, secret } = directory.rotate_secret(client.project, &id).await?;
            let projects = directory.projects().into_iter();
            let project =
                projects.filter(|project| project.key == client.project).map(|project| project.name);
            Ok(Response::Secret { project: project.collect(), client: client.into(), secret })
        }
        Request::Revoke { id } => {
            let revoked = directory.revoke_client(known(app, &id)?.project, &id).await?;
            Ok(Response::One(revoked.into()))
        }
        Request::SetOrigins { id, origins } => {
            let changed = directory.set_origins(known(app, &id)?.project, &id, &origins).await?;
            Ok(Response::One(changed.into()))
        }
        Request::SetIntrospection { id, introspection } => {
            let changed = directory.set_introspection(known(app, &id)?.project, &id, introspection).await?;
            Ok(Response::One(changed.into()))
        }
    }
}

/// The client of an id, whatever its project, revoked or not.
fn known(app: &App, id: &str) -> Result<Client, Failure> {
    let all = app.directory().projects().into_iter().flat_map(|project| app.directory().clients(project.key));
    all.into_iter().find(|client| client.id == id).ok_or_else(|| {
        let message =
            format!("there is no client {id}; muster client list --project NAME tells which there are");
        Failure { argument: Some("id".to_owned()), ..Failure::new(Kind::NotFound, message) }
    })
}
