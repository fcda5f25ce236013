//! How a command reaches the data: it opens the folder, or asks the server that holds it.

use super::told;
use crate::app::{App, Error as AppError};
use crate::config::Config;
use crate::domain::time::SystemClock;
use crate::operator::door::Visitor;
use crate::operator::{Request, Response, handle};
use crate::store;
use anyhow::{Result, anyhow};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// A way to the data.
pub(super) enum Reach {
    /// The folder, opened by this process.
    Folder(Arc<App>),
    /// The server that holds the folder.
    Server(Visitor),
}

impl Reach {
    /// Opens the folder, or finds the door of the server that holds it.
    pub(super) async fn find(config: Config) -> Result<Self> {
        let data_dir = config.data_dir.clone();
        match App::open(config, Arc::new(SystemClock)).await {
            Ok(app) => Ok(Self::Folder(app)),
            Err(AppError::Store(store::Error::Held(_))) => Ok(Self::Server(Visitor::find(&data_dir)?)),
            Err(error) => Err(explained(error, &data_dir)),
        }
    }

    /// Asks, and gives the answer unless it is a failure.
    pub(super) async fn ask(&self, request: Request) -> Result<Response> {
        let response = match self {
            Self::Folder(app) => handle(app, request).await,
            Self::Server(visitor) => visitor.ask(&request).await?,
        };
        match response {
            Response::Failed(failure) => Err(told(failure.into())),
            response => Ok(response),
        }
    }

    /// Lets go of the folder, once everything is written.
    pub(super) async fn leave(self) -> Result<()> {
        match self {
            Self::Folder(app) => Ok(app.stop().await?),
            Self::Server(_) => Ok(()),
        }
    }
}

/// The configuration, unless its folder does not exist: only `serve`, `demo` and `project create` make one.
pub(super) fn existing(config: Config) -> Result<Config> {
    if config.data_dir.exists() {
        return Ok(config);
    }
    Err(anyhow!(
        "there is no data folder {}; name one with --data-dir, or make one with muster project create",
        config.data_dir.display()
    ))
}

/// Asks one thing and leaves.
pub(super) async fn ask_once(config: Config, request: Request) -> Result<Response> {
    let reach = Reach::find(config).await?;
    let response = reach.ask(request).await;
    reach.leave().await?;
    response
}

/// An answer that does not belong to the request.
pub(super) fn unexpected(response: &Response) -> anyhow::Error {
    anyhow!("the server answered with {response:?}; use the same release of muster for both")
}

/// What to change when a data folder cannot be opened.
pub(super) fn explained(error: AppError, data_dir: &Path) -> anyhow::Error {
    let folder = data_dir.display();
    match error {
        AppError::Store(store::Error::Held(_)) => {
            anyhow!("{folder} is held by another process; stop it, or choose another folder with --data-dir")
        }
        AppError::Store(store::Error::Io { path, source }) if is_refusal(&source) => {
            let path = path.display();
            anyhow!(
                "{path} cannot be written ({source}); change its rights, or choose another folder with --data-dir"
            )
        }
        AppError::Store(store::Error::Io { path, source }) => {
            anyhow!("{}: {source}; choose another folder with --data-dir", path.display())
        }
        AppError::Store(store::Error::Db(source)) => anyhow!(
            "the catalog in {folder} cannot be opened ({source}); if the folder is one of muster's, see to its rights, otherwise choose another with --data-dir"
        ),
        other => anyhow::Error::new(other),
    }
}

fn is_refusal(error: &std::io::Error) -> bool {
    let kinds = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem, ErrorKind::NotADirectory];
    kinds.contains(&error.kind()) || error.kind() == ErrorKind::AlreadyExists
}
