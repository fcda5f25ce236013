//! Loaders: what the nodes of a page ask alike is answered by one statement.
//!
//! A set of loaders belongs to one request: answers are never shared between callers, and nothing is cached,
//! so a field behind a mutation sees what the mutation wrote.
//!
//! A new kind of key needs only `impl Loader<Key> for Batches` in the file that knows how to answer it.

use super::cost::Budget;
use crate::analytics::of_group::OfGroup;
use crate::caller::Caller;
use crate::error::Failure;
use async_graphql::dataloader::{DataLoader, Loader};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tracing::Instrument;

/// What answers batches of keys: the caller's way to the data.
#[derive(Debug)]
pub struct Batches(pub Arc<Caller>);

/// The loaders of one request. Statements that still run when it is dropped are interrupted.
pub struct Loaders {
    batches: DataLoader<Batches>,
    asked: Arc<AtomicU64>,
    budget: Budget,
}

impl std::fmt::Debug for Loaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaders").field("budget", &self.budget).finish_non_exhaustive()
    }
}

impl Loaders {
    /// A fresh set for a request of this caller.
    #[must_use]
    pub fn new(caller: Arc<Caller>) -> Self {
        let tasks = Mutex::new(JoinSet::new());
        let budget = Budget::new(caller.limits().rows);
        let asked = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&asked);
        let batches = DataLoader::new(Batches(caller), move |batch| {
            let counter = Arc::clone(&counter);
            let gathered = async move {
                silence(&counter).await;
                batch.await;
            };
            let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(gathered.in_current_span());
        });
        Self { batches: batches.delay(Duration::ZERO), asked, budget }
    }

    /// The rows that this request may still answer.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The value of a key, together with all keys of its kind that are asked for at the same time.
    pub async fn one<K>(&self, key: K) -> Result<Option<<Batches as Loader<K>>::Value>, Failure>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Batches: Loader<K, Error = Failure>,
    {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.batches.load_one(key).await
    }

    /// A group's answer to a question, together with all groups that are asked the same at the same time.
    pub async fn of_group<Q: OfGroup>(&self, id: &str, question: Q) -> Result<Option<Q::Answer>, Failure> {
        self.one(Asked { id: id.to_owned(), question }).await
    }
}

/// Waits until nothing was asked for a moment. The nodes of a page are not all visited in one go, and a fixed
/// delay would cut a long page, or one on a busy machine, into several batches.
async fn silence(asked: &AtomicU64) {
    let mut before = asked.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let now = asked.load(Ordering::Relaxed);
        if now == before {
            return;
        }
        before = now;
    }
}

/// A question asked of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<Q> {
    id: String,
    question: Q,
}

// Questions compare reliably: they hold no floating-point numbers but those of JSON, which are never NaN.
impl<Q: PartialEq> Eq for Asked<Q> {}

impl<Q> Hash for Asked<Q> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal keys have equal ids; a page asks one group only a few different questions of a kind.
        self.id.hash(state);
    }
}

impl<Q: OfGroup> Loader<Asked<Q>> for Batches {
    type Value = Q::Answer;
    type Error = Failure;

    async fn load(&self, keys: &[Asked<Q>]) -> Result<HashMap<Asked<Q>, Q::Answer>, Failure> {
        let mut kinds: Vec<(&Q, Vec<String>)> = Vec::new();
        for key in keys {
            match kinds.iter_mut().find(|(question, _)| **question == key.question) {
                Some((_, ids)) => ids.push(key.id.clone()),
                None => kinds.push((&key.question, vec![key.id.clone()])),
            }
        }
        let mut answers = HashMap::with_capacity(keys.len());
        for (question, ids) in kinds {
            let found = question.answer(&self.0, &ids).await?;
            answers.extend(
                found.into_iter().map(|(id, answer)| (Asked { id, question: question.clone() }, answer)),
            );
        }
        Ok(answers)
    }
}
