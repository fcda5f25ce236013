//! Saved queries in the schema: the fields that list them, and the mutations by which a project keeps its own.
//! What they are, is told in [`crate::saved`].

use super::context::ContextExt;
use crate::analytics::scalars::{DateTime, Json};
use crate::error::Failure;
use crate::saved::SavedQuery as Known;
use crate::saved::listed::{Listed, ListedColumn, ListedVariable};
use async_graphql::{Context, InputObject, Object, SimpleObject};

/// A query that runs by its name: at `/queries/NAME.csv` and the other formats, as `documentId`, and on the command
/// line.
#[derive(Debug, Clone, SimpleObject)]
pub struct SavedQuery {
    /// Its name: its operation's.
    pub name: String,
    /// What it answers: the comment with which its document begins.
    pub description: String,
    /// Whether it is this project's own. The others come with the server.
    pub is_own: bool,
    /// Its GraphQL document.
    pub document: String,
    /// The document's SHA-256 in hexadecimal digits: `documentId` takes it as `sha256:…`.
    pub sha256: String,
    /// Its variables, in the order of the operation.
    pub variables: Vec<SavedQueryVariable>,
    /// The columns of its table. None where the answer is no table.
    pub columns: Vec<SavedQueryColumn>,
    /// The endings under which it has an address: json, and where its answer is a table ndjson, csv, arrow and parquet.
    pub formats: Vec<String>,
    /// When the project first saved it; null for one that comes with the server.
    pub created_at: Option<DateTime>,
    /// When the project last changed it; null for one that comes with the server.
    pub updated_at: Option<DateTime>,
}

/// A variable of a saved query.
#[derive(Debug, Clone, SimpleObject)]
pub struct SavedQueryVariable {
    /// Its name, without `$`.
    pub name: String,
    /// Its type as GraphQL writes it: `Int`, `[String!]!`, …
    #[graphql(name = "type")]
    pub type_name: String,
    /// What holds when it is not given; null when nothing does.
    pub default: Option<Json>,
    /// Whether it must be given.
    pub is_required: bool,
}

/// A column of a saved query's table.
#[derive(Debug, Clone, SimpleObject)]
pub struct SavedQueryColumn {
    /// Its heading.
    pub name: String,
    /// Its type as GraphQL names it: `Int`, `DateTime`, …
    #[graphql(name = "type")]
    pub type_name: String,
    /// Its type in Arrow and Parquet files.
    pub arrow_type: String,
}

impl From<&Known> for SavedQuery {
    fn from(query: &Known) -> Self {
        let Listed { name, description, is_own, variables, columns, formats, sha256 } = query.into();
        let variables =
            variables.into_iter().map(|ListedVariable { name, type_name, default, is_required }| {
                SavedQueryVariable { name, type_name, default: default.map(Json), is_required }
            });
        let columns = columns.into_iter().map(|ListedColumn { name, type_name, arrow_type }| {
            SavedQueryColumn { name, type_name, arrow_type }
        });
        Self {
            name,
            description,
            is_own,
            document: query.text.clone(),
            sha256,
            variables: variables.collect(),
            columns: columns.collect(),
            formats,
            created_at: query.own.as_ref().map(|own| DateTime(own.created_at)),
            updated_at: query.own.as_ref().map(|own| DateTime(own.updated_at)),
        }
    }
}

/// The fields that find saved queries.
#[derive(Debug, Clone, Copy, Default)]
pub struct SavedQueryQuery;

#[Object]
impl SavedQueryQuery {
    /// The saved queries by name: those that come with the server, and this project's own.
    async fn saved_queries(&self, ctx: &Context<'_>) -> Result<Vec<SavedQuery>, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let saved = ctx.library()?.of(caller).await;
        Ok(saved.list().map(SavedQuery::from).collect())
    }

    /// The saved query of a name, or null when there is none.
    async fn saved_query(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name, such as ActiveCompanies.")] name: String,
    ) -> Result<Option<SavedQuery>, Failure> {
        let caller = ctx.caller()?;
        caller.may_read()?;
        let saved = ctx.library()?.of(caller).await;
        Ok(saved.get(&name).map(SavedQuery::from))
    }
}

/// A query to save.
#[derive(Debug, InputObject)]
pub struct SaveQueryInput {
    /// A GraphQL document with one query. Its operation's name, in `PascalCase`, becomes the saved query's: one of this
    /// project that has it is overwritten, and it may not be that of one that comes with the server. A comment with
    /// which the document begins is the description; variables with defaults need not be given.
    pub document: String,
}

/// What became of a query.
#[derive(Debug, SimpleObject)]
pub struct SaveQueryPayload {
    /// The saved query as it is now.
    pub saved_query: SavedQuery,
}

/// Which saved query to delete.
#[derive(Debug, InputObject)]
pub struct DeleteSavedQueryInput {
    /// Its name.
    pub name: String,
}

/// What became of a deletion.
#[derive(Debug, SimpleObject)]
pub struct DeleteSavedQueryPayload {
    /// The name of the saved query that is gone. Null when this project had none of this name.
    pub deleted_name: Option<String>,
}

/// The mutations of saved queries.
#[derive(Debug, Clone, Copy, Default)]
pub struct SavedQueryMutation;

#[Object]
impl SavedQueryMutation {
    /// Saves a query of this project's own, or changes it. Needs a client with the right ADMIN. No other project sees it.
    async fn save_query(
        &self,
        ctx: &Context<'_>,
        input: SaveQueryInput,
    ) -> Result<SaveQueryPayload, Failure> {
        let saved = ctx.library()?.save(ctx.caller()?, &input.document).await?;
        Ok(SaveQueryPayload { saved_query: SavedQuery::from(&*saved) })
    }

    /// Deletes a query of this project's own. Needs a client with the right ADMIN.
    async fn delete_saved_query(
        &self,
        ctx: &Context<'_>,
        input: DeleteSavedQueryInput,
    ) -> Result<DeleteSavedQueryPayload, Failure> {
        let was_there = ctx.library()?.delete(ctx.caller()?, &input.name).await?;
        Ok(DeleteSavedQueryPayload { deleted_name: was_there.then_some(input.name) })
    }
}
