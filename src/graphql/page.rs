//! Pages of lists: Relay connections with `nodes` and `totalCount` beside the edges.
//!
//! Connections, edges, nodes and node are nullable because readers of BI tools need that; ours are never null.

use crate::domain::Invalid;
use crate::domain::limits::Limits;
use async_graphql::SimpleObject;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether there are nodes behind this page.
    pub has_next_page: bool,
    /// Whether there are nodes before this page.
    pub has_previous_page: bool,
    /// Cursor of the first node, null on an empty page.
    pub start_cursor: Option<String>,
    /// Cursor of the last node, null on an empty page. Give it as `after` to get the next page.
    pub end_cursor: Option<String>,
}

/// What part of a list is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct PageSpec {
    /// How many nodes, 1 to the limit.
    pub first: usize,
    /// The sort keys of the last node already seen.
    pub after: Option<Vec<serde_json::Value>>,
}

impl PageSpec {
    /// Reads `first` and `after`. A cursor must hold `keys` sort keys.
    pub fn parse(first: i32, after: Option<&str>, keys: usize, limits: &Limits) -> Result<Self, Invalid> {
        let most = limits.page;
        let count = usize::try_from(first).ok().filter(|first| (1..=most).contains(first));
        let count =
            count.ok_or_else(|| Invalid::new("first", format!("is {first}; ask for 1 to {most} nodes")))?;
        let after = after.map(|cursor| decode_cursor(cursor, keys)).transpose()?;
        Ok(Self { first: count, after })
    }
}

/// An opaque cursor that holds a node's sort keys.
#[must_use]
pub fn encode_cursor(keys: &[serde_json::Value]) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::Value::from(keys).to_string())
}

/// The sort keys in a cursor; an error unless there are so many.
pub fn decode_cursor(cursor: &str, keys: usize) -> Result<Vec<serde_json::Value>, Invalid> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let parts: Option<Vec<serde_json::Value>> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    parts.filter(|parts| parts.len() == keys).ok_or_else(|| {
        Invalid::new("after", "is no cursor of this list; give the endCursor of the page before")
    })
}

/// A page's info from its cursors.
#[must_use]
pub fn page_info(cursors: &[String], has_next_page: bool, has_previous_page: bool) -> PageInfo {
    PageInfo {
        has_next_page,
        has_previous_page,
        start_cursor: cursors.first().cloned(),
        end_cursor: cursors.last().cloned(),
    }
}

/// Defines a connection and its edge for a node type.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $what:literal) => {
        #[doc = concat!("A page of ", $what, ".")]
        #[derive(Debug, Clone, async_graphql::SimpleObject)]
        pub struct $connection {
            /// The nodes with their cursors.
            pub edges: Option<Vec<Option<$edge>>>,
            /// The nodes.
            pub nodes: Option<Vec<Option<$node>>>,
            /// Where the page stands.
            pub page_info: $crate::graphql::page::PageInfo,
            #[doc = concat!("How many ", $what, " the whole list has.")]
            pub total_count: i32,
        }

        /// One node of a page and its cursor.
        #[derive(Debug, Clone, async_graphql::SimpleObject)]
        pub struct $edge {
            /// Where the node stands in the list.
            pub cursor: String,
            /// The node.
            pub node: Option<$node>,
        }

        impl $connection {
            /// A page of nodes with their cursors.
            pub fn page(
                nodes: Vec<(String, $node)>,
                has_next_page: bool,
                has_previous_page: bool,
                total_count: i32,
            ) -> Self {
                let cursors: Vec<String> = nodes.iter().map(|(cursor, _)| cursor.clone()).collect();
                let page_info = $crate::graphql::page::page_info(&cursors, has_next_page, has_previous_page);
                let plain = nodes.iter().map(|(_, node)| Some(node.clone())).collect();
                let edges = nodes.into_iter().map(|(cursor, node)| Some($edge { cursor, node: Some(node) }));
                Self { edges: Some(edges.collect()), nodes: Some(plain), page_info, total_count }
            }
        }
    };
}
pub(crate) use connection;
