//! What changes projects and clients. Each change is durable, and seen by the next request, when it is answered.

use super::{Directory, about, origin, secret};
use crate::domain::Invalid;
use crate::domain::identity::{ProjectKey, Right};
use crate::domain::time::new_id;
use crate::error::{Failure, Kind};
use crate::store::Store;
use crate::store::catalog::Project;
use crate::store::clients::Client;
use std::sync::{Arc, PoisonError};

/// Characters of the name of a project or a client, at most.
const NAME_CHARS: usize = 100;

/// A client whose secret was just made. Only here is the secret in the open.
#[derive(Clone)]
pub struct NewClient {
    /// The client.
    pub client: Client,
    /// The secret. It is stored as a hash and cannot be shown again.
    pub secret: String,
}

impl std::fmt::Debug for NewClient {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewClient").field("id", &self.client.id).finish_non_exhaustive()
    }
}

impl Directory {
    /// Adds a project. Its name must be new.
    pub async fn create_project(self: &Arc<Self>, name: &str) -> Result<Project, Failure> {
        check_name("a project", name)?;
        let now = self.clock.now();
        let taken = format!("name: a project \"{name}\" exists already; choose another name");
        let name = name.to_owned();
        let project = self.change(move |_, store| Ok(store.add_project(&name, now)?)).await?;
        project.ok_or_else(|| about("name", Kind::Conflict, taken))
    }

    /// Adds a client to a project. `origins` are web origins that may send without the secret.
    pub async fn create_client(
        self: &Arc<Self>,
        project: ProjectKey,
        name: &str,
        right: Right,
        origins: &[String],
    ) -> Result<NewClient, Failure> {
        self.create_client_with(project, name, right, origins, None).await
    }

    /// The same; `introspection` tells whether it may read the schema, `None`: as its right has it.
    pub async fn create_client_with(
        self: &Arc<Self>,
        project: ProjectKey,
        name: &str,
        right: Right,
        origins: &[String],
        introspection: Option<bool>,
    ) -> Result<NewClient, Failure> {
        check_name("a client", name)?;
        origin::check_all(origins)?;
        let secret = secret::new_secret()?;
        let client = Client {
            id: new_id(),
            project,
            name: name.to_owned(),
            right,
            secret_sha256: secret::sha256_hex(&secret),
            origins: origins.to_vec(),
            introspection,
            created_at: self.clock.now(),
            last_used_at: None,
            revoked_at: None,
        };
        let added = self.change(move |directory, store| {
            let most = directory.limits.clients;
            let live = directory.clients(project).iter().filter(|client| client.revoked_at.is_none()).count();
            if live >= most {
                let message =
                    format!("name: the project has {most} clients, as many as are allowed; revoke one first");
                return Err(about("name", Kind::Limited, message));
            }
            store.add_client(&client)?;
            tracing::info!(project.id = project.0, client.id = %client.id, "a client was made");
            Ok(client)
        });
        Ok(NewClient { client: added.await?, secret })
    }

    /// Gives a client of a project another secret. The old one is refused from now on.
    pub async fn rotate_secret(
        self: &Arc<Self>,
        project: ProjectKey,
        id: &str,
    ) -> Result<NewClient, Failure> {
        let secret = secret::new_secret()?;
        let (sha256, id) = (secret::sha256_hex(&secret), id.to_owned());
        let client = self.change(move |directory, store| {
            let client = directory.live_client(project, &id)?;
            store.set_client_secret(&id, &sha256)?;
            tracing::info!(project.id = project.0, client.id = %id, "a client's secret was rotated");
            Ok(Client { secret_sha256: sha256, ..client })
        });
        Ok(NewClient { client: client.await?, secret })
    }

    /// Revokes a client of a project: it is refused from now on. The last one that may manage the project stays.
    pub async fn revoke_client(self: &Arc<Self>, project: ProjectKey, id: &str) -> Result<Client, Failure> {
        let (id, now) = (id.to_owned(), self.clock.now());
        let revoked = self.change(move |directory, store| {
            let client = directory.live_client(project, &id)?;
            let is_other_admin = |other: &Client| {
                other.id != id && other.right == Right::Admin && other.revoked_at.is_none()
            };
            if client.right == Right::Admin && !directory.clients(project).iter().any(is_other_admin) {
                let message = format!(
                    "id: {id} is the project's last client with the right ADMIN; create another ADMIN client first, then revoke this one"
                );
                return Err(about("id", Kind::Conflict, message));
            }
            store.revoke_client(project, &id, now)?;
            tracing::info!(project.id = project.0, client.id = %id, "a client was revoked");
            Ok(Client { revoked_at: Some(now), ..client })
        });
        revoked.await
    }

    /// Sets the web origins that may send for a client of a project without its secret.
    pub async fn set_origins(
        self: &Arc<Self>,
        project: ProjectKey,
        id: &str,
        origins: &[String],
    ) -> Result<Client, Failure> {
        origin::check_all(origins)?;
        let (id, origins) = (id.to_owned(), origins.to_vec());
        let changed = self.change(move |directory, store| {
            let client = directory.live_client(project, &id)?;
            store.set_client_origins(&id, &origins)?;
            Ok(Client { origins, ..client })
        });
        changed.await
    }

    /// Sets whether a client of a project may read the schema; `None`: as its right has it.
    pub async fn set_introspection(
        self: &Arc<Self>,
        project: ProjectKey,
        id: &str,
        introspection: Option<bool>,
    ) -> Result<Client, Failure> {
        let id = id.to_owned();
        let changed = self.change(move |directory, store| {
            let client = directory.live_client(project, &id)?;
            store.set_client_introspection(&id, introspection)?;
            Ok(Client { introspection, ..client })
        });
        changed.await
    }

    /// The client of an id, if it is the project's and was not revoked.
    fn live_client(&self, project: ProjectKey, id: &str) -> Result<Client, Failure> {
        let own = self.member(id).map(|member| member.seen()).filter(|client| client.project == project);
        let Some(client) = own else {
            let shown: String = id.chars().filter(|c| !c.is_control()).take(80).collect();
            let message = format!("id: the project has no client {shown}");
            return Err(about("id", Kind::NotFound, message));
        };
        if client.revoked_at.is_some() {
            let message = format!("id: the client {id} was revoked and stays so; create another");
            return Err(about("id", Kind::Conflict, message));
        }
        Ok(client)
    }

    /// Changes projects or clients, one change after the other, durably, and reads them anew.
    async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&Self, &Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let directory = Arc::clone(self);
        let changed = tokio::task::spawn_blocking(move || {
            let _alone = directory.changing.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = change(&directory, &directory.store)?;
            directory.read_anew()?;
            Ok::<_, Failure>(changed)
        });
        changed.await.map_err(Failure::internal)?
    }
}

/// Checks the name of a new project or client.
fn check_name(whose: &str, name: &str) -> Result<(), Invalid> {
    let chars = name.chars().count();
    let is_well = (1..=NAME_CHARS).contains(&chars) && !name.chars().any(char::is_control);
    if is_well && name.trim() == name {
        return Ok(());
    }
    let reason = format!(
        "is no name; give {whose} 1 to {NAME_CHARS} characters, on one line, without blanks at the ends"
    );
    Err(Invalid::new("name", reason))
}
