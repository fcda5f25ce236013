//! Groups: the companies, workspaces or teams that users belong to, and everything that can be asked of one.
//!
//! A node holds its id and, where it is at hand, its entity. Everything else is asked through the loaders, so a
//! page of groups costs one statement for each kind of question.

use super::context::ContextExt;
use super::known_group::{KnownGroup, KnownGroups};
use super::page::connection;
use crate::analytics::scalars::{DateTime, Json};
use crate::error::Failure;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

/// A node of the API: a group, whether it was ever upserted or only seen on events and in memberships.
#[derive(Debug, Clone)]
pub struct Group {
    /// The caller's id.
    pub id: String,
    entity: Entity,
}

/// What is at hand of a group's entity.
#[derive(Debug, Clone)]
enum Entity {
    /// It was read; `None`: there is none.
    Known(Option<Arc<KnownGroup>>),
    /// It is read when a field asks for it.
    Later,
}

impl Group {
    /// A group whose entity was read; `None` when it has none.
    #[must_use]
    pub fn known(id: String, known: Option<KnownGroup>) -> Self {
        Self { id, entity: Entity::Known(known.map(Arc::new)) }
    }

    /// A group whose entity is read when a field asks for it, for many groups at once.
    #[must_use]
    pub fn later(id: String) -> Self {
        Self { id, entity: Entity::Later }
    }

    async fn entity(&self, ctx: &Context<'_>) -> Result<Option<Arc<KnownGroup>>, Failure> {
        match &self.entity {
            Entity::Known(known) => Ok(known.clone()),
            Entity::Later => Ok(ctx.loaders()?.of_group(&self.id, KnownGroups).await?.map(Arc::new)),
        }
    }
}

/// A group of users: a company, a workspace, a team, or whatever else you track.
#[Object]
impl Group {
    /// The id your system gave the group.
    async fn id(&self) -> ID {
        ID(self.id.clone())
    }

    /// What kind of group it is, such as company or workspace. Null while it was never upserted, and once deleted.
    async fn r#type(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| known.group_type.clone()))
    }

    /// Its display name. Null while it was never upserted, and once deleted.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| known.name.clone()))
    }

    /// Its properties as they are now, types kept. An empty object when it has none.
    async fn properties(&self, ctx: &Context<'_>) -> Result<Json, Failure> {
        let known = self.entity(ctx).await?;
        Ok(Json(known.map_or_else(|| serde_json::json!({}), |known| known.properties.clone())))
    }

    /// When this life of the group began. Null while it was never upserted, and once deleted.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| DateTime(known.created_at)))
    }

    /// When its type, name or properties last changed. An upsert that changes nothing does not count.
    async fn updated_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, Failure> {
        Ok(self.entity(ctx).await?.map(|known| DateTime(known.updated_at)))
    }
}

connection!(GroupConnection, GroupEdge, Group, "groups");
