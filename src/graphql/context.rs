//! What every resolver finds in its context: the caller and the loaders of this request.

use super::loader::Loaders;
use crate::caller::Caller;
use crate::directory::Directory;
use crate::error::{Failure, Kind};
use crate::saved::library::Library;
use async_graphql::{Context, Request};
use std::sync::Arc;

/// Gives a request its caller and a fresh set of loaders, so that nothing is shared between requests.
#[must_use]
pub fn with_caller(request: Request, caller: Arc<Caller>) -> Request {
    request.data(Loaders::new(Arc::clone(&caller))).data(caller)
}

/// Short ways to the request's own things.
pub trait ContextExt {
    /// Who asks. Fails when the request came without a caller.
    fn caller(&self) -> Result<&Arc<Caller>, Failure>;

    /// The loaders of this request. Fails when the request came without a caller.
    fn loaders(&self) -> Result<&Loaders, Failure>;

    /// The projects and their clients. Fails where there are none.
    fn directory(&self) -> Result<&Arc<Directory>, Failure>;

    /// The saved queries. Fails where there are none.
    fn library(&self) -> Result<&Arc<Library>, Failure>;
}

impl ContextExt for Context<'_> {
    fn caller(&self) -> Result<&Arc<Caller>, Failure> {
        self.data_opt::<Arc<Caller>>().ok_or_else(nobody)
    }

    fn loaders(&self) -> Result<&Loaders, Failure> {
        self.data_opt::<Loaders>().ok_or_else(nobody)
    }

    fn directory(&self) -> Result<&Arc<Directory>, Failure> {
        // Uses of clients are told, and those are nothing that is stored of the project.
        self.caller()?.hold_for_nobody();
        let message = "clients are not to be had here; ask a server";
        self.data_opt::<Arc<Directory>>().ok_or_else(|| Failure::new(Kind::Unavailable, message))
    }

    fn library(&self) -> Result<&Arc<Library>, Failure> {
        // Files of queries change as they like.
        self.caller()?.hold_for_nobody();
        let message = "saved queries are not to be had here; ask a server";
        self.data_opt::<Arc<Library>>().ok_or_else(|| Failure::new(Kind::Unavailable, message))
    }
}

fn nobody() -> Failure {
    Failure::new(Kind::Unauthorized, "credentials are missing; send a client's id and secret")
}
