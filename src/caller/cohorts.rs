//! The cohorts that questions name: each is worked out once for a request, before the questions run.

use super::Caller;
use crate::engine::cohort::{Cohort, KeySet};
use crate::engine::scope::{AsOf, Attribution, Scope, Users};
use crate::error::Failure;
use crate::store::Snapshot;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// The cohorts that were worked out for a request.
#[derive(Debug, Default)]
pub(super) struct Cohorts {
    places: Mutex<Vec<(Asked, Place)>>,
    /// Held while one is worked out: a request that names many does not fill the queue of statements.
    turn: tokio::sync::Mutex<()>,
}

/// Where an answer is, or will be.
type Place = Arc<OnceCell<Arc<KeySet>>>;

/// A cohort and all of a scope that decides who is in it.
#[derive(Debug, Clone)]
struct Asked {
    cohort: Arc<Cohort>,
    snapshot: Arc<Snapshot>,
    to: DateTime<Utc>,
    attribution: Attribution,
    users: Users,
    as_of: AsOf,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        (self.to, self.attribution, self.users, self.as_of)
            == (other.to, other.attribution, other.users, other.as_of)
            && Arc::ptr_eq(&self.snapshot, &other.snapshot)
            && (Arc::ptr_eq(&self.cohort, &other.cohort) || self.cohort == other.cohort)
    }
}

impl Cohorts {
    /// The place of an answer; whoever comes first fills it.
    fn place(&self, asked: Asked) -> Place {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = places.iter().find(|(other, _)| *other == asked) {
            return Arc::clone(place);
        }
        let place = Arc::default();
        places.push((asked, Arc::clone(&place)));
        place
    }
}

impl Caller {
    /// Who is in a cohort, as a question with this scope sees it.
    pub async fn members(&self, scope: &Scope, cohort: &Arc<Cohort>) -> Result<Arc<KeySet>, Failure> {
        self.may_read()?;
        let place = self.cohorts.place(Asked {
            cohort: Arc::clone(cohort),
            snapshot: Arc::clone(&scope.snapshot),
            to: scope.asked_to,
            attribution: scope.attribution,
            users: scope.users,
            as_of: scope.as_of,
        });
        let work_out = async || {
            let _turn = self.cohorts.turn.lock().await;
            let members = self.engine.members(scope, cohort).await?;
            Ok::<_, Failure>(Arc::new(members))
        };
        Ok(Arc::clone(place.get_or_try_init(work_out).await?))
    }

    /// The scope with who is in the cohorts it names.
    pub(super) async fn with_cohorts<'s>(&self, scope: &'s Scope) -> Result<Cow<'s, Scope>, Failure> {
        let named = scope.named_cohorts();
        if named.is_empty() {
            return Ok(Cow::Borrowed(scope));
        }
        let mut resolved = scope.clone();
        for cohort in named {
            resolved.cohorts.insert(cohort.id.clone(), self.members(scope, cohort).await?);
        }
        Ok(Cow::Owned(resolved))
    }
}
