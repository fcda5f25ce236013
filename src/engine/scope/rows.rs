//! The rows a question looks at, from the source that answers it: read, attributed, split by groups. Sums are in `sums.rs`.
//!
//! ```text
//! events:  read_events -> attributed_events -> split_1, split_2 …
//! placed:  read_events -> split_1                                   (a row is one event in one group already)
//! ```
//!
//! Where another engine computes the sealed rows, they are read from temporary tables of the same columns (`far/`).

use super::render::Parts;
use super::source::Source;
use super::{Attribution, Numbered, Split};
use crate::store::{Derived, Error, KeyKind, Sealed, Within};

impl Parts<'_> {
    /// Adds the rows; gives the name of the relation that is left when all splits are made.
    pub(super) fn rows(&mut self) -> Result<String, Error> {
        match self.source {
            Source::Events => self.whole_events(),
            Source::ByName => self.placed_events(Derived::ByName),
            Source::ByGroup => self.placed_events(Derived::ByGroup),
            Source::Days => self.read_days(),
        }
    }

    /// Which segments may have what is asked for.
    pub(super) fn within(&self, (from, to): (i64, i64)) -> Within {
        let project = Some(self.scope.project);
        Within { project, from, to, after_seq: self.scope.stored_after }
    }

    /// The tenant, the time and the order of arrival that a question asks for.
    pub(super) fn own(&self, (from, to): (i64, i64)) -> String {
        let lower = if from <= i64::MIN / 2 {
            String::new()
        } else {
            format!(" and occurred_at >= make_timestamp({from})")
        };
        let later = match self.scope.stored_after {
            0 => String::new(),
            after => format!(" and seq > {after}"),
        };
        format!("project = {}{lower} and occurred_at < make_timestamp({to}){later}", self.scope.project.0)
    }

    fn whole_events(&mut self) -> Result<String, Error> {
        let range = self.scope.read_range();
        let (within, own, names) = (self.within(range), self.own(range), self.names()?);
        let read = |rows: &str| {
            format!("select *, profile_id is not null as is_identified from {rows} where {own}{names}")
        };
        let hot = format!("({})", read(&self.scope.snapshot.hot_events()));
        let relation = if let Some(relation) = self.far_events(Sealed::Events, within, &hot)? {
            relation
        } else {
            let events = self.scope.snapshot.events(Some(within), &mut self.files);
            format!("read_events as ({})", read(&events))
        };
        self.relations.push(relation);
        // What has no number is left out before anything else is asked of it.
        let numbered = if self.scope.numbered == Numbered::Only {
            format!(" where {} is not null", self.number())
        } else {
            String::new()
        };
        self.relations
            .push(format!("attributed_events as ({}{numbered})", attributed(self.scope.attribution)));
        let mut source = "attributed_events".to_owned();
        for index in 1..=self.scope.splits.len() {
            let exploded = format!("select e.*, unnest(e.group_keys) as group_{index} from {source} as e");
            let rest = format!("select * from {source}");
            source = self.split(index, &exploded, &rest)?;
        }
        Ok(source)
    }

    fn placed_events(&mut self, order: Derived) -> Result<String, Error> {
        let range = self.scope.read_range();
        let (within, own, names) = (self.within(range), self.own(range), self.names()?);
        let hot = format!("(select * from {} where {own}{names})", self.scope.snapshot.hot_placed());
        let relation = if let Some(relation) = self.far_events(Sealed::Derived(order), within, &hot)? {
            relation
        } else {
            let rows = self.scope.snapshot.placed(order, Some(within));
            format!("read_events as (select * from {rows} where {own}{names})")
        };
        self.relations.push(relation);
        let unsplit = "select * from read_events where place = 0";
        if self.scope.splits.is_empty() {
            self.relations.push(format!("unsplit_events as ({unsplit})"));
            return Ok("unsplit_events".to_owned());
        }
        let placed = "select *, group_key as group_1 from read_events where group_key is not null";
        self.split(1, placed, unsplit)
    }

    /// When only marked events are wanted, the names they can have: lets whole row groups be passed over.
    pub(super) fn names(&self) -> Result<String, Error> {
        let names = self.name_keys()?;
        Ok(names.map_or(String::new(), |names| format!(" and name_key in ({})", list(&names))))
    }

    /// Their keys.
    pub(super) fn name_keys(&self) -> Result<Option<Vec<u32>>, Error> {
        if !self.scope.only_names() {
            return Ok(None);
        }
        let conditions = self.scope.steps.iter().chain(&self.scope.exclusions);
        let mut names = Vec::new();
        for event in conditions.filter_map(|condition| condition.event.as_ref()) {
            names.push(self.key(KeyKind::Name, event)?);
        }
        names.sort_unstable();
        names.dedup();
        Ok(Some(names))
    }

    /// The keys of groups.
    pub(super) fn group_keys(&self, ids: &[String]) -> Result<Vec<u32>, Error> {
        ids.iter().map(|id| self.key(KeyKind::Group, id)).collect()
    }

    /// One more multiplication by groups; gives the relation's name. `exploded` has the group in `group_N`; `rest`
    /// has each event once, without it.
    pub(super) fn split(&mut self, index: usize, exploded: &str, rest: &str) -> Result<String, Error> {
        let relation = match &self.scope.splits[index - 1] {
            Split::Any => exploded.to_owned(),
            Split::Ids(ids) => self.split_by_ids(index, exploded, ids)?,
            Split::One { group_type, id } => {
                let exploded = self.split_by_ids(index, exploded, std::slice::from_ref(id))?;
                self.split_by_type(index, &exploded, group_type)
            }
            Split::Type(group_type) => self.split_by_type(index, exploded, group_type),
            Split::TypeOrNone(group_type) => {
                let typed = self.split_by_type(index, exploded, group_type);
                self.relations.push(format!("typed_{index} as ({typed})"));
                let (rest, typed) = self.without(index, rest, group_type);
                let properties = if self.scope.reads_group(group_type) {
                    format!(
                        ", null::varchar as group_{index}_properties, null::varchar as group_{index}_name,
                         null::varchar as group_{index}_id"
                    )
                } else {
                    String::new()
                };
                format!(
                    "select * from typed_{index} union all
                     select e.*, null::uinteger as group_{index}{properties} from ({rest}) as e
                     where e.seq not in (select seq from typed_{index}{typed})"
                )
            }
        };
        self.relations.push(format!("split_{index} as ({relation})"));
        Ok(format!("split_{index}"))
    }

    /// The events of `rest` that may have no group of a type, and which rows that have one they must still be told from.
    fn without(&mut self, index: usize, rest: &str, group_type: &str) -> (String, &'static str) {
        // Events of certain names are few: to look at their first groups takes longer than to compare them all.
        if index > 1 || self.source != Source::ByGroup || self.scope.reads_group(group_type) {
            return (rest.to_owned(), "");
        }
        // A row has the first of its event's groups at hand: mostly that settles it, and few are compared.
        let bound = self.binder.text(group_type);
        let first = format!(
            "{rest} and (group_key is null
                 or group_key not in (select group_key from known_groups where group_type = {bound}))"
        );
        (first, " where place > 0")
    }

    /// The exploded events whose group is listed.
    fn split_by_ids(&self, index: usize, exploded: &str, ids: &[String]) -> Result<String, Error> {
        let all = self.group_keys(ids)?;
        let keys = list(&all);
        let listed = match self.source {
            Source::Events => format!(" where list_has_any(e.group_keys, [{keys}]::uinteger[])"),
            _ => String::new(),
        };
        // One is compared while the statement is planned; many would be compared again for every segment there, which
        // takes longer than to read them.
        let among = match all.as_slice() {
            [] | [_] => format!("= {keys}"),
            _ => format!("in (select unnest('[{keys}]'::uinteger[]))"),
        };
        Ok(format!("select * from ({exploded}{listed}) where group_{index} {among}"))
    }

    /// The exploded events whose group is of a type, with what is read of the group.
    fn split_by_type(&mut self, index: usize, exploded: &str, group_type: &str) -> String {
        let bound = self.binder.text(group_type);
        if self.scope.reads_group(group_type) {
            let join = self.group_join(&format!("x.group_{index}"), &bound);
            return format!(
                "select x.*, g.properties as group_{index}_properties, g.name as group_{index}_name,
                     g.group_id as group_{index}_id
                 from ({exploded}) as x {join}"
            );
        }
        format!(
            "select x.* from ({exploded}) as x
             where x.group_{index} in (select group_key from known_groups where group_type = {bound})"
        )
    }
}

/// Keys as a list in SQL. No key is 0: it stands for what nobody has.
pub(super) fn list(keys: &[u32]) -> String {
    if keys.is_empty() {
        return "0".to_owned();
    }
    let keys: Vec<String> = keys.iter().map(u32::to_string).collect();
    keys.join(", ")
}

/// The events with the groups that the attribution gives them.
fn attributed(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Event => "select * from read_events as e",
        Attribution::MembershipNow => {
            "select e.* replace (coalesce(m.group_keys, []) as group_keys) from read_events as e
             left join members_now as m on m.user_key = e.user_key"
        }
        Attribution::MembershipAtEvent => {
            "select e.* replace (coalesce(m.group_keys, []) as group_keys) from read_events as e
             left join member_spans as m on m.user_key = e.user_key
             and e.occurred_at >= m.valid_from and e.occurred_at < m.valid_to"
        }
    }
}
