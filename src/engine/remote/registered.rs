//! The files that the other engine knows by name.
//!
//! One table is one file of one segment, under a name that tells the lake, the rows and the segment's number. What is in
//! such a file never changes and no name means another file later, so a table is never out of date: no listing of a
//! folder can hide a new file from a question, and none can be counted twice while segments are compacted. A question
//! names the files of its own instant.
//!
//! The engine forgets tables when it is started anew or nobody asked it for long: then everything is told again.

use super::flight::{Fault, Flight};
use crate::engine::dialect::{Dialect, Place};
use crate::store::Segment;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// Tables that are made known at once.
const AT_ONCE: usize = 8;

/// A file and the name it has there.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The name.
    pub(super) name: String,
    /// The segment. When nobody holds it any more, the file goes.
    pub(super) segment: Weak<Segment>,
    /// Where the engine's machines find it.
    pub(super) place: Place,
}

/// What was told since the engine last forgot.
#[derive(Debug, Default)]
struct Told {
    is_prepared: bool,
    /// Names, each with its segment.
    names: HashMap<String, Weak<Segment>>,
}

impl Told {
    /// Those of some tables that are not known, each once; all of them while nothing is prepared.
    fn lacks(&self, tables: &[Table]) -> Vec<Table> {
        let mut lacking: Vec<Table> = Vec::new();
        for table in tables {
            let is_known = self.is_prepared && self.names.contains_key(&table.name);
            if !is_known && lacking.iter().all(|other| other.name != table.name) {
                lacking.push(table.clone());
            }
        }
        lacking
    }
}

/// The files that are known.
#[derive(Debug)]
pub(super) struct Registered {
    dialect: Dialect,
    set: Vec<String>,
    told: Mutex<Told>,
    /// Held while something is told, as an engine may stumble over one table that is made known by two.
    telling: tokio::sync::Mutex<()>,
}

impl Registered {
    /// Nothing told yet.
    pub(super) fn new(dialect: Dialect, set: &[(String, String)]) -> Self {
        let own = dialect.preamble().iter().map(|statement| (*statement).to_owned());
        let set = set.iter().map(|(name, value)| format!("set {name} = {}", dialect.text(value)));
        Self {
            dialect,
            set: own.chain(set).collect(),
            told: Mutex::default(),
            telling: tokio::sync::Mutex::default(),
        }
    }

    /// Makes sure that tables are known. Has those forgotten whose files are gone, as otherwise they would be kept in mind
    /// for ever.
    pub(super) async fn ready(&self, flight: &Flight, tables: &[Table]) -> Result<(), Fault> {
        if self.lock().lacks(tables).is_empty() {
            return Ok(());
        }
        let _alone = self.telling.lock().await;
        if !self.lock().is_prepared {
            for statement in &self.set {
                flight.tell(statement.clone()).await?;
            }
            self.lock().is_prepared = true;
        }
        let new = self.lock().lacks(tables);
        let attach = |table: &Table| self.dialect.attach(&table.name, &table.place);
        let statements: Vec<String> = new.iter().filter_map(attach).collect();
        let attached = statements.into_iter().map(|statement| flight.tell(statement));
        stream::iter(attached).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        let gone: Vec<String> = {
            let mut told = self.lock();
            told.names.extend(new.into_iter().map(|table| (table.name, table.segment)));
            let gone = told.names.extract_if(|_, segment| segment.strong_count() == 0);
            gone.map(|(name, _)| name).collect()
        };
        for name in gone {
            let Some(statement) = self.dialect.detach(&name) else { continue };
            if let Err(error) = flight.tell(statement).await {
                tracing::debug!(%error, "the other engine keeps a table in mind that nobody asks for");
            }
        }
        Ok(())
    }

    /// The engine has forgotten; everything is told again.
    pub(super) fn forget(&self) {
        *self.lock() = Told::default();
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
