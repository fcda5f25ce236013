//! `chosen_units`: profiles or groups by what is known of themselves, without their events.
//!
//! Profiles are all that are known: identified, ever in a group, or with an event. They are read as they are now.
//! Groups are those of a type that are not deleted, read as they were just before the end of the range that was asked
//! about (before their first version, as that has them), or now.

use super::render::Parts;
use super::{AsOf, Chosen};
use crate::engine::filter::{Field, Key, Place, Subject, Test};

impl Parts<'_> {
    /// Adds the relation, if the question chooses any.
    pub(super) fn chosen(&mut self) {
        let scope = self.scope;
        let Some((of, chosen)) = &scope.chosen else { return };
        let relation = if let Subject::Group(group_type) = of {
            let group_type = self.binder.text(group_type);
            let holds = self.is_chosen(chosen, "g.group_key", "g", "g.group_id");
            let (groups, then) = match (scope.as_of, chosen) {
                (AsOf::Event, Chosen::Passing(_)) => {
                    let to = scope.asked_to.timestamp_micros();
                    let then = format!(
                        " and g.valid_from < make_timestamp({to}) and g.valid_to >= make_timestamp({to})"
                    );
                    ("group_spans", then)
                }
                _ => ("known_groups", String::new()),
            };
            format!(
                "select g.group_key as unit from {groups} as g where g.group_type = {group_type}{then} and {holds}"
            )
        } else {
            let holds = self.is_chosen(chosen, "u.user_key", "p", "u.user_id");
            format!(
                "select u.user_key as unit from user_ids as u left join known_profiles as p on p.user_key = u.user_key
                 where u.is_profile and {holds}"
            )
        };
        self.relations.push(format!("chosen_units as ({relation})"));
    }

    /// The condition, where `row` has what is known of the unit.
    fn is_chosen(&mut self, chosen: &Chosen, key: &str, row: &str, id: &str) -> String {
        match chosen {
            Chosen::All => "true".to_owned(),
            Chosen::These(keys) => keys.holds(key, &mut self.binder),
            Chosen::Passing(Test { key, operator, .. }) => {
                let place = match key {
                    Key::Path(path) => Place::property(&format!("{row}.properties"), path, &mut self.binder),
                    Key::Field(Field::Email) => Place::column(&format!("{row}.email")),
                    Key::Field(Field::FirstName) => Place::column(&format!("{row}.first_name")),
                    Key::Field(Field::LastName) => Place::column(&format!("{row}.last_name")),
                    Key::Field(Field::Avatar) => Place::column(&format!("{row}.avatar")),
                    Key::Field(Field::Name) => Place::column(&format!("{row}.name")),
                    Key::Field(_) => Place::column(id),
                };
                place.holds(operator, &mut self.binder)
            }
        }
    }
}
