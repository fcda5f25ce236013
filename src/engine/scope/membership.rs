//! Whether the profile of an event, or a group on it, is in a cohort.

use super::render::Parts;
use crate::engine::cohort::Cohort;
use crate::engine::filter::Subject;

impl Parts<'_> {
    /// The condition that the profile, or some group of the type, is in a cohort. Where the question is split by the
    /// type, that group alone is looked at.
    pub(super) fn in_cohort(&mut self, cohort: &Cohort) -> String {
        let Subject::Group(group_type) = &cohort.of else { return self.is_member(cohort, "e.user_key") };
        if let Some(split) = self.scope.split_of(group_type) {
            return self.is_member(cohort, &format!("e.group_{split}"));
        }
        let holds = self.is_member(cohort, "x.group_key");
        let name = format!("matched_{}", self.relations.len());
        self.relations.push(format!(
            "{name} as (select x.seq from (select seq, unnest(group_keys) as group_key from attributed_events) as x
             where {holds})"
        ));
        format!("(e.seq in (select seq from {name}))")
    }

    /// Membership that is read along, as text: its expression, and a join where it needs one.
    pub(super) fn membership(&mut self, index: usize, cohort: &Cohort) -> (String, String) {
        let Subject::Group(group_type) = &cohort.of else {
            let holds = self.is_member(cohort, "e.user_key");
            return (format!("case when e.is_identified then {holds}::varchar end"), String::new());
        };
        if let Some(split) = self.scope.split_of(group_type) {
            let holds = self.is_member(cohort, &format!("e.group_{split}"));
            return (
                format!("case when e.group_{split} is not null then {holds}::varchar end"),
                String::new(),
            );
        }
        let (bound, holds) = (self.binder.text(group_type), self.is_member(cohort, "x.group_key"));
        self.relations.push(format!(
            "readings_{index} as (
             select seq, arg_min({holds}, position)::varchar as value from (
                 select seq, unnest(group_keys) as group_key, generate_subscripts(group_keys, 1) as position
                 from attributed_events) as x
             where x.group_key in (select group_key from known_groups where group_type = {bound}) group by seq)"
        ));
        (
            format!("r{index}.value"),
            format!("\nleft join readings_{index} as r{index} on r{index}.seq = e.seq"),
        )
    }

    fn is_member(&mut self, cohort: &Cohort, column: &str) -> String {
        let scope = self.scope;
        scope.cohorts.get(&cohort.id).map_or("false".to_owned(), |keys| keys.holds(column, &mut self.binder))
    }
}
