//! Another engine, of many machines, that computes what is large: reached over Arrow Flight SQL.
//!
//! ```text
//! question -> scope: far reads (scope/far) -> route: here or there -> tables known (registered) -> asked (flight)
//!          -> rows as temporary tables (landed) -> the same statement as ever, in DuckDB, with what is not sealed
//! ```
//!
//! It reads the segments and the lake (`store/lake.rs`) where its machines see the data folder, the files of exactly the
//! instant that is asked about. It is never the only one who could answer: nothing is stored there.
//!
//! A question goes there when it reads more bytes of files than a limit, or its project is pinned there. It is tried
//! again once when it could not be reached or has forgotten its tables. Where it then gives no answer, the question is
//! answered here, if it reads no more than another limit, and else fails with [`Error::Elsewhere`]; one that could not be
//! reached is not asked again for some seconds.

mod flight;
mod health;
mod landed;
mod registered;
mod settings;

pub use health::State;
pub use settings::Settings;

use super::dialect::Place;
use super::scope::{By, Far, Rendered, Scope};
use super::{Error, Question};
use crate::domain::identity::ProjectKey;
use crate::store::{self, Held, Sealed, Segment, Store};
use flight::{Fault, Flight};
use futures_util::future::try_join_all;
use health::Health;
use landed::Landed;
use registered::{Registered, Table};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Another engine.
#[derive(Debug)]
pub struct Remote {
    settings: Settings,
    flight: Flight,
    registered: Registered,
    health: Health,
    /// Which projects are pinned, as far as they were asked about.
    pinned: Mutex<HashMap<ProjectKey, bool>>,
}

/// What the other engine computed for a question.
#[derive(Debug)]
pub(super) struct Computed {
    /// The statement that reads it.
    pub(super) rendered: Rendered,
    /// The rows, for each of the temporary tables that it reads.
    pub(super) landed: Vec<Landed>,
    /// How many rows there are.
    pub(super) rows: u64,
    /// How many bytes they have here.
    pub(super) bytes: u64,
    /// How long it took, the making of files and tables included.
    pub(super) took: Duration,
}

/// A far read with the tables that it reads.
type Work = (Far, Vec<Table>);

/// What there is to compute.
struct Planned {
    rendered: Rendered,
    /// Bytes of files that it reads, about.
    bytes: u64,
    /// `None` where the engine cannot read all of it yet.
    work: Option<Vec<Work>>,
    /// The files, which stay as long as they are held.
    held: Held,
}

impl Remote {
    /// An engine that is reached when it is first needed; fails when its address or the certificates are none.
    pub fn new(settings: Settings) -> Result<Self, tonic::transport::Error> {
        Ok(Self {
            flight: Flight::new(&settings)?,
            registered: Registered::new(settings.dialect, &settings.set),
            health: Health::default(),
            pinned: Mutex::default(),
            settings,
        })
    }

    /// How it fares.
    #[must_use]
    pub fn state(&self) -> State {
        self.health.state()
    }

    /// Has the sealed rows of a question computed; `None` where it is to be answered here.
    pub(super) async fn compute(
        self: &Arc<Self>,
        store: &Arc<Store>,
        scope: &Scope,
        question: &Question,
    ) -> Result<Option<Computed>, Error> {
        let began = Instant::now();
        // Most questions are small, and are not looked at twice.
        let all: u64 = scope.snapshot.segments.iter().map(|segment| segment.bytes).sum();
        if all <= self.settings.above_bytes && self.settings.projects.is_empty() {
            return Ok(None);
        }
        let Some(planned) = self.plan(store, scope, question).await? else { return Ok(None) };
        let Planned { rendered, bytes, work, held } = planned;
        let answered = match (self.health.rests(), work) {
            (Some(why), _) => Err(why),
            (None, None) => Err("the newest files are not in object storage yet".to_owned()),
            (None, Some(work)) => self.answered(work).await?,
        };
        drop(held);
        match answered {
            Ok(landed) => {
                let sizes = landed.iter().map(Landed::size);
                let (rows, bytes) = sizes.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
                tracing::debug!(rows, bytes, "computed by the distributed engine");
                Ok(Some(Computed { rendered, landed, rows, bytes, took: began.elapsed() }))
            }
            Err(_) if bytes <= self.settings.local_up_to_bytes => {
                self.health.replaced();
                Ok(None)
            }
            Err(why) => Err(Error::Elsewhere { bytes, limit: self.settings.local_up_to_bytes, why }),
        }
    }

    /// What there is to compute, if it is to be computed there, with the files it reads, which stay as long as they are held.
    async fn plan(
        self: &Arc<Self>,
        store: &Arc<Store>,
        scope: &Scope,
        question: &Question,
    ) -> Result<Option<Planned>, Error> {
        let (remote, store, scope) = (Arc::clone(self), Arc::clone(store), scope.clone());
        let (sql, reads, until) = (question.sql, question.reads, Instant::now() + self.settings.deadline);
        let planned = tokio::task::spawn_blocking(move || {
            let mut rendered = scope.render(sql, reads, &store, By::Another)?;
            let bytes: u64 = rendered.far.iter().map(Far::bytes).sum();
            let is_there = bytes > remote.settings.above_bytes || remote.is_pinned(&store, scope.project)?;
            if rendered.far.is_empty() || !is_there {
                return Ok(None);
            }
            let far = std::mem::take(&mut rendered.far);
            let held = if remote.settings.reads_objects {
                Held::default()
            } else {
                let read = far.iter().filter(|far| far.sealed == Sealed::Events);
                let files: Vec<Arc<Segment>> =
                    read.flat_map(|far| far.segments.iter().map(Arc::clone)).collect();
                store.hold_until(&files, until)?
            };
            let mut work = Some(Vec::with_capacity(far.len()));
            for far in far {
                let tables = remote.tables(&store, &far)?;
                work = work.zip(tables).map(|(mut work, tables)| {
                    work.push((far, tables));
                    work
                });
            }
            Ok(Some(Planned { rendered, bytes, work, held }))
        });
        planned.await.map_err(|_| Error::Lost)?
    }

    /// The files that a far read reads, which are made where they are not there. `None` where it is to read objects and not
    /// all of them are there yet.
    fn tables(&self, store: &Store, far: &Far) -> Result<Option<Vec<Table>>, store::Error> {
        let objects = self.settings.reads_objects;
        let lake = if objects { store.shared_lake_id()? } else { Some(store.lake_id()?) };
        let Some(lake) = lake else { return Ok(None) };
        let mut tables = Vec::with_capacity(far.segments.len());
        for segment in &far.segments {
            let place = if objects {
                store.published_at(segment, far.sealed).map(Place::Object)
            } else {
                let path = store.lake_file(segment, far.sealed)?;
                Some(Place::File(self.seen(store.folder(), &path)))
            };
            let Some(place) = place else { return Ok(None) };
            let name =
                format!("muster_{lake}_{}_{}_{:08x}", far.sealed.name(), segment.number, segment.crc32);
            tables.push(Table { name, segment: Arc::downgrade(segment), place });
        }
        Ok(Some(tables))
    }

    /// Where the engine's machines see a file of the data folder.
    fn seen(&self, folder: &Path, file: &Path) -> PathBuf {
        match (&self.settings.data_dir, file.strip_prefix(folder)) {
            (Some(there), Ok(below)) => there.join(below),
            _ => std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf()),
        }
    }

    fn is_pinned(&self, store: &Store, project: ProjectKey) -> Result<bool, store::Error> {
        if self.settings.projects.is_empty() {
            return Ok(false);
        }
        if let Some(known) = self.pinned.lock().unwrap_or_else(PoisonError::into_inner).get(&project) {
            return Ok(*known);
        }
        let projects = store.projects()?;
        let name = projects.into_iter().find(|known| known.key == project).map(|known| known.name);
        let is_pinned = name.is_some_and(|name| self.settings.projects.contains(&name));
        self.pinned.lock().unwrap_or_else(PoisonError::into_inner).insert(project, is_pinned);
        Ok(is_pinned)
    }

    /// The rows of far reads, or why there are none. Tried again once where that may help.
    async fn answered(&self, work: Vec<Work>) -> Result<Result<Vec<Landed>, String>, Error> {
        let tried = async {
            match self.try_once(&work).await {
                Err(Fault::Unreachable(_) | Fault::Forgotten(_)) => {
                    self.registered.forget();
                    self.try_once(&work).await
                }
                tried => tried,
            }
        };
        // Both tries have one deadline.
        let deadline = self.settings.deadline;
        let tried = tokio::time::timeout(deadline, tried).await.unwrap_or(Err(Fault::Late(deadline)));
        match tried {
            Ok(landed) => {
                self.health.answered();
                Ok(Ok(landed))
            }
            Err(Fault::TooLarge(limit)) => Err(Error::FetchedTooMuch { limit }),
            Err(fault) => {
                let is_gone = matches!(fault, Fault::Unreachable(_) | Fault::Late(_));
                if is_gone {
                    self.registered.forget();
                }
                let why = fault.to_string();
                self.health.failed(&why, is_gone);
                Ok(Err(why))
            }
        }
    }

    async fn try_once(&self, work: &[Work]) -> Result<Vec<Landed>, Fault> {
        let tables: Vec<Table> = work.iter().flat_map(|(_, tables)| tables).cloned().collect();
        self.registered.ready(&self.flight, &tables).await?;
        let statement = |(far, tables): &Work| {
            let Settings { dialect, reading, .. } = &self.settings;
            let table = |table: &Table| dialect.table(&table.name, &table.place, reading.as_deref());
            let tables: Vec<String> = tables.iter().map(table).collect();
            far.statement(*dialect, &tables)
        };
        let statements: Vec<String> = work.iter().map(statement).collect();
        let answers =
            try_join_all(statements.into_iter().map(|statement| self.flight.ask(statement))).await?;
        let landed = work.iter().zip(answers).map(|((far, _), batches)| Landed::new(far.clone(), &batches));
        landed.collect::<Result<_, _>>().map_err(|error| Fault::Failed(error.to_string()))
    }
}
