//! The project's own rows about groups, profiles, memberships and keys, and what is known from them.

use super::AsOf;
use super::Split;
use super::render::{Parts, strip_header};
use super::rows::list;
use crate::store::Error;
use crate::store::facts::Table;

impl Parts<'_> {
    /// Adds the relations of `known.sql` and those they read.
    pub(super) fn known(&mut self) {
        let (snapshot, project) = (&self.scope.snapshot, self.scope.project);
        let latest = |table| snapshot.latest(table, Some(project));
        for (name, rows) in [
            ("all_groups", snapshot.groups(Some(project))),
            ("all_group_versions", latest(Table::GroupVersions)),
            ("all_profile_versions", latest(Table::ProfileVersions)),
            ("all_memberships", latest(Table::Memberships)),
            ("all_keys", latest(Table::Keys)),
        ] {
            self.relations.push(format!("{name} as (select * from {rows} where project = {})", project.0));
        }
        let known = strip_header(include_str!("known.sql")).split("\n),\n");
        self.relations.extend(known.map(|relation| {
            let relation = strip_header(relation).trim_end();
            if relation.ends_with("\n)") { relation.to_owned() } else { format!("{relation}\n)") }
        }));
        self.at_end();
    }

    /// Adds what is known of groups at the end of the range. What begins or ends exactly there has not done so yet; a
    /// membership that ended as it began never was.
    fn at_end(&mut self) {
        let end = format!("make_timestamp({})", self.scope.range.to().timestamp_micros());
        self.relations.push(format!(
            "members_at_end as (
    select distinct group_key, user_key from known_memberships
    where joined_at < {end} and (left_at is null or (left_at >= {end} and left_at > joined_at)))"
        ));
        let groups = match self.scope.as_of {
            AsOf::Now => "known_groups".to_owned(),
            AsOf::Event => format!("group_spans where valid_from < {end} and valid_to >= {end}"),
        };
        self.relations
            .push(format!("groups_at_end as (select group_key, group_type, properties from {groups})"));
    }

    /// Adds the groups that a split lists and what is known of them. Their keys stand in the statement, so that nobody
    /// looks for them among all, and most of what is stored is passed over.
    pub(super) fn asked(&mut self) -> Result<(), Error> {
        let Some(Split::Ids(ids)) = self.scope.splits.first() else { return Ok(()) };
        let keys = self.group_keys(ids)?;
        let all: Vec<String> = keys.iter().map(u32::to_string).collect();
        let texts = self.binder.texts(ids);
        self.relations.push(format!(
            "asked_groups as (select unnest([{}]::uinteger[]) as group_key, unnest({texts}) as group_id)",
            all.join(", ")
        ));
        let keys = list(&keys);
        for (name, rows) in [
            ("asked_entities", "known_groups"),
            ("asked_changes", "group_changes"),
            ("asked_memberships", "known_memberships"),
            ("asked_members_at_end", "members_at_end"),
        ] {
            self.relations.push(format!("{name} as (select * from {rows} where group_key in ({keys}))"));
        }
        Ok(())
    }
}
