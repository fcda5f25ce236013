//! The operator's door: what commands on the machine ask of the data, whoever holds the folder.
//!
//! A command opens the data folder itself; while a server holds it, the command asks the server instead. Both ways
//! end in [`handle`], so they answer alike.
//!
//! ```text
//! command -> Request -> handle(app) -> Response            the folder is free
//! command -> Request -> door (127.0.0.1, token) -> handle  a server holds it
//! ```

pub mod clients;
pub mod door;
#[cfg(test)]
mod tests;
pub mod wire;

use crate::app::App;
use crate::domain::identity::Right;
use crate::error::{Failure, Kind};
use crate::saved::listed::Listed;
use crate::saved::{Broken, data};
use crate::store::backup::BackedUp;
use crate::store::check::Checked;
use crate::store::export::Exported;
use crate::tabular::Layout;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// What the operator may ask.
#[derive(Clone, Serialize, Deserialize)]
pub enum Request {
    /// Make a project.
    CreateProject {
        /// Its name.
        name: String,
    },
    /// List the projects.
    ListProjects,
    /// List, make or change clients.
    Client(clients::Request),
    /// Write to a project, durably.
    Write {
        /// The project's name.
        project: String,
        /// What to write.
        writes: Vec<wire::Write>,
    },
    /// List the saved queries.
    ListQueries {
        /// The project whose own are among them.
        project: String,
    },
    /// Run a saved query.
    RunQuery {
        /// The project's name.
        project: String,
        /// The query's name.
        name: String,
        /// Variables as text.
        variables: Vec<(String, String)>,
    },
    /// Count what is stored, verify every segment and what is derived from it.
    Check,
    /// Write everything of a project to Parquet files in a new folder.
    Export {
        /// The project's name.
        project: String,
        /// The folder, an absolute path.
        out: PathBuf,
    },
    /// Copy everything to a new folder.
    Backup {
        /// The folder, an absolute path.
        out: PathBuf,
    },
}

/// What the operator is told.
#[derive(Clone, Serialize, Deserialize)]
pub enum Response {
    /// The project was made.
    Project {
        /// Its name.
        name: String,
    },
    /// The projects, by name.
    Projects(Vec<String>),
    /// What became of clients.
    Client(clients::Response),
    /// What became of each write.
    Written(Vec<wire::Written>),
    /// The saved queries.
    Queries {
        /// Those that run, by name.
        queries: Vec<Listed>,
        /// Those that cannot be used: which, and why.
        broken: Vec<(String, String)>,
    },
    /// A saved query's answer.
    Answer {
        /// The answer's data.
        data: Value,
        /// How it becomes rows and columns, or why it does not.
        layout: Result<Layout, String>,
    },
    /// What the check found.
    Checked(Checked),
    /// The files of an export.
    Exported(Vec<Exported>),
    /// What the backup holds.
    BackedUp(BackedUp),
    /// It could not be done.
    Failed(wire::Failure),
}

impl std::fmt::Debug for Request {
    /// Names what is asked and leaves out the data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CreateProject { .. } => "CreateProject",
            Self::ListProjects => "ListProjects",
            Self::Client(_) => "Client",
            Self::Write { .. } => "Write",
            Self::ListQueries { .. } => "ListQueries",
            Self::RunQuery { .. } => "RunQuery",
            Self::Check => "Check",
            Self::Export { .. } => "Export",
            Self::Backup { .. } => "Backup",
        })
    }
}

impl std::fmt::Debug for Response {
    /// Names the answer and leaves out data and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Project { .. } => "Project",
            Self::Projects(_) => "Projects",
            Self::Client(_) => "Client",
            Self::Written(_) => "Written",
            Self::Queries { .. } => "Queries",
            Self::Answer { .. } => "Answer",
            Self::Checked(_) => "Checked",
            Self::Exported(_) => "Exported",
            Self::BackedUp(_) => "BackedUp",
            Self::Failed(_) => "Failed",
        })
    }
}

/// Does what the operator asks.
pub async fn handle(app: &Arc<App>, request: Request) -> Response {
    answer(app, request).await.unwrap_or_else(|failure| Response::Failed(failure.into()))
}

async fn answer(app: &Arc<App>, request: Request) -> Result<Response, Failure> {
    match request {
        Request::CreateProject { name } => {
            let project = app.directory().create_project(&name).await?;
            Ok(Response::Project { name: project.name })
        }
        Request::ListProjects => {
            Ok(Response::Projects(app.projects().into_iter().map(|project| project.name).collect()))
        }
        Request::Client(request) => clients::answer(app, request).await.map(Response::Client),
        Request::Write { project, writes } => {
            let caller = app.caller(project_key(app, &project)?, Right::Write);
            let written = caller.write(writes.into_iter().map(Into::into).collect()).await?;
            Ok(Response::Written(written.into_iter().map(Into::into).collect()))
        }
        Request::ListQueries { project } => {
            let saved = app.saved_for(&app.caller(project_key(app, &project)?, Right::Read)).await;
            let broken = saved.broken().iter().cloned().map(|Broken { file, reason, .. }| (file, reason));
            let queries = saved.list().map(Listed::from).collect();
            Ok(Response::Queries { queries, broken: broken.collect() })
        }
        Request::RunQuery { project, name, variables } => {
            let caller = app.caller(project_key(app, &project)?, Right::Read);
            let saved = app.saved_for(&caller).await;
            let query = saved.find(&name)?;
            let request = saved.request(query, &variables)?;
            let data = data(&app.run(request, caller).await)?;
            let layout = query.layout.clone().map_err(|invalid| invalid.to_string());
            Ok(Response::Answer { data, layout })
        }
        Request::Check => {
            let store = Arc::clone(app.engine().store());
            let checked =
                tokio::task::spawn_blocking(move || store.check()).await.map_err(Failure::internal)?;
            checked.map(Response::Checked).map_err(|error| Failure::new(Kind::Internal, error.to_string()))
        }
        Request::Export { project, out } => {
            let (store, key) = (Arc::clone(app.engine().store()), project_key(app, &project)?);
            let made = tokio::task::spawn_blocking(move || store.export(key, &out));
            let made = made.await.map_err(Failure::internal)?;
            made.map(Response::Exported).map_err(|error| Failure::new(Kind::Internal, error.to_string()))
        }
        Request::Backup { out } => {
            let store = Arc::clone(app.engine().store());
            let made =
                tokio::task::spawn_blocking(move || store.backup(&out)).await.map_err(Failure::internal)?;
            made.map(Response::BackedUp).map_err(|error| Failure::new(Kind::Internal, error.to_string()))
        }
    }
}

fn project_key(app: &App, name: &str) -> Result<crate::domain::identity::ProjectKey, Failure> {
    let known = app.project(name);
    known.map(|project| project.key).ok_or_else(|| {
        let names: Vec<String> = app.projects().into_iter().map(|project| project.name).collect();
        let hint = match names.as_slice() {
            [] => "create one with: muster project create NAME".to_owned(),
            names => format!("there are {}", names.join(", ")),
        };
        let message = format!("there is no project \"{name}\"; {hint}");
        Failure { argument: Some("project".to_owned()), ..Failure::new(Kind::NotFound, message) }
    })
}
