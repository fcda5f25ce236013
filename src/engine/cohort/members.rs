//! Who is in a cohort: its rule, question by question.

use super::{Cohort, Deed, During, KeySet, Rule};
use crate::domain::time::Range;
use crate::engine::filter::Subject;
use crate::engine::scope::{Chosen, Chosen::All, Scope, Split, Unit};
use crate::engine::{Engine, Error, Question, arrow};
use crate::store::KeyKind;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl Engine {
    /// Who is in a cohort, as a question with this scope sees it: at its instant of the store, with its attribution,
    /// users and time of reading properties, before the end of the range it was asked with.
    pub async fn members(&self, asking: &Scope, cohort: &Cohort) -> Result<KeySet, Error> {
        let mut leaves = Vec::new();
        cohort.rule.leaves(&mut leaves);
        let everyone = self.chosen(asking, cohort, All).await?;
        let mut found = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            found.push(match leaf {
                Rule::Property(test) => self.chosen(asking, cohort, Chosen::Passing(test.clone())).await?,
                Rule::Deed(deed) => self.doers(asking, cohort, deed, &everyone).await?,
                Rule::Ids(ids) => self.keys_of(asking, cohort, ids.clone()).await?.and(&everyone),
                Rule::And(_) | Rule::Or(_) | Rule::Not(_) => continue,
            });
        }
        Ok(cohort.rule.join(&mut found.into_iter(), &everyone))
    }

    /// Profiles or groups by what is known of themselves.
    async fn chosen(&self, asking: &Scope, cohort: &Cohort, chosen: Chosen) -> Result<KeySet, Error> {
        let mut scope = asking.afresh(asking.range);
        scope.chosen = Some((cohort.of.clone(), chosen));
        self.keys(&scope, Question::new("cohort.chosen", include_str!("chosen.sql"))).await
    }

    /// Who did something so many times.
    async fn doers(
        &self,
        asking: &Scope,
        cohort: &Cohort,
        deed: &Deed,
        everyone: &KeySet,
    ) -> Result<KeySet, Error> {
        // Who may also never have done it, is who did not do it too often.
        let (least, most) = match (deed.at_least, deed.at_most) {
            (0, None) => return Ok(everyone.clone()),
            (0, Some(most)) => (i64::from(most) + 1, i64::MAX),
            (least, most) => (i64::from(least), most.map_or(i64::MAX, i64::from)),
        };
        let mut scope = asking.afresh(during(deed.during, asking.asked_to));
        if let Subject::Group(group_type) = &cohort.of {
            scope.splits = vec![Split::Type(group_type.clone())];
            scope.unit = Unit::FirstSplit;
        }
        scope.only_marked = !deed.condition.is_any();
        scope.steps = vec![deed.condition.clone()];
        let question = Question::new("cohort.deeds", include_str!("deeds.sql"));
        let found = self.keys(&scope, question.with("at_least", least).with("at_most", most)).await?;
        Ok(if deed.at_least == 0 { everyone.clone().without(&found) } else { found.and(everyone) })
    }

    /// The keys of ids, of those that have one.
    async fn keys_of(&self, asking: &Scope, cohort: &Cohort, ids: Vec<String>) -> Result<KeySet, Error> {
        let kind = if let Subject::Group(_) = cohort.of { KeyKind::Group } else { KeyKind::Profile };
        let (store, project) = (Arc::clone(self.store()), asking.project);
        let found = tokio::task::spawn_blocking(move || {
            let keys: Result<Vec<Option<u32>>, _> =
                ids.iter().map(|id| store.key(project, kind, id)).collect();
            keys.map(|keys| keys.into_iter().flatten().collect::<KeySet>())
        });
        Ok(found.await.map_err(|_| Error::Lost)??)
    }

    async fn keys(&self, scope: &Scope, question: Question) -> Result<KeySet, Error> {
        let mut keys = Vec::new();
        for batch in self.run_up_to(scope, question, usize::MAX).await? {
            keys.extend_from_slice(arrow::masks(&batch, "unit")?.values());
        }
        Ok(keys.into_iter().collect())
    }
}

/// The time in which a deed counts, when the asking question's range ends there.
fn during(during: During, to: DateTime<Utc>) -> Range {
    match during {
        During::Range(range) => range,
        During::Last(length) => Range::last(length, to).unwrap_or_else(|_| Range::until(to)),
        During::Ever => Range::until(to),
    }
}
