//! The rows a question looks at, from the source that answers it: read, attributed, split by groups.
//!
//! ```text
//! events:  read_events -> attributed_events -> split_1, split_2 …
//! placed:  read_events -> split_1                                   (a row is one event in one group already)
//! days:    whole_days + single_events -> read_days -> split_1
//! ```

use super::render::Parts;
use super::source::{Source, instants_of};
use super::{Attribution, Lookback, Split};
use crate::store::{Derived, Error, KeyKind, Within, placed};
use chrono::DateTime;
use std::fmt::Write as _;

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

    fn within(&self, (from, to): (i64, i64)) -> Within {
        let project = Some(self.scope.project);
        Within { project, from, to, after_seq: self.scope.stored_after }
    }

    /// The tenant, the time and the order of arrival that a question asks for.
    fn own(&self, (from, to): (i64, i64)) -> String {
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
        let rows = self.scope.snapshot.events(Some(self.within(range)));
        let (own, names) = (self.own(range), self.names()?);
        self.relations.push(format!(
            "read_events as (select *, profile_id is not null as is_identified from {rows} where {own}{names})"
        ));
        self.relations.push(format!("attributed_events as ({})", attributed(self.scope.attribution)));
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
        let rows = self.scope.snapshot.placed(order, Some(self.within(range)));
        let (own, names) = (self.own(range), self.names()?);
        self.relations.push(format!("read_events as (select * from {rows} where {own}{names})"));
        let unsplit = "select * from read_events where place = 0";
        if self.scope.splits.is_empty() {
            self.relations.push(format!("unsplit_events as ({unsplit})"));
            return Ok("unsplit_events".to_owned());
        }
        let placed = "select *, group_key as group_1 from read_events where group_key is not null";
        self.split(1, placed, unsplit)
    }

    /// Daily sums of whole days, and single events of days that have an edge of time inside them.
    fn read_days(&mut self) -> Result<String, Error> {
        let range = self.scope.read_range();
        let is_split = !self.scope.splits.is_empty();
        let who = if is_split && !self.by_user {
            "null::uinteger as user_key, false as is_identified"
        } else {
            "user_key, is_identified"
        };
        let columns = format!("{who}, events, first_at, last_at");
        let (days, columns, kept) = match (is_split, self.by_user) {
            (true, true) => (Derived::GroupDays, format!("group_key, {columns}"), "group_key is not null"),
            (true, false) => (Derived::GroupTotals, format!("group_key, {columns}"), "group_key is not null"),
            (false, _) => (Derived::UserDays, columns, "place = 0"),
        };
        let mut parts = Vec::new();
        if let Some(rows) = self.scope.snapshot.derived(days, Some(self.within(range))) {
            let whole = self.whole_days(range);
            parts.push(format!("select {columns} from {rows} where {whole}"));
        }
        let group = if is_split { "group_key, " } else { "" };
        for rows in self.single_events(range) {
            parts.push(format!(
                "select {group}user_key, is_identified, 1::uinteger as events, occurred_at as first_at, occurred_at as last_at
                 from {rows} where {kept}"
            ));
        }
        self.relations.push(format!("read_days as ({})", parts.join("\nunion all ")));
        if !is_split {
            return Ok("read_days".to_owned());
        }
        self.split(1, "select *, group_key as group_1 from read_days", "select * from read_days where false")
    }

    /// The condition for days without an edge of time inside them.
    fn whole_days(&self, (from, to): (i64, i64)) -> String {
        let date = |micros| DateTime::from_timestamp_micros(micros).map(|instant| instant.date_naive());
        let mut whole = format!("project = {}", self.scope.project.0);
        if let Some(first) = date(from).filter(|_| self.scope.lookback != Lookback::Ever) {
            let _ = write!(whole, " and day >= date '{first}'");
        }
        if let Some(last) = date(to - 1) {
            let _ = write!(whole, " and day <= date '{last}'");
        }
        for day in self.scope.cut_days() {
            let _ = write!(whole, " and day <> date '{day}'");
        }
        whole
    }

    /// Events placed in groups that no daily sum covers: those of cut days, and those that are not sealed.
    fn single_events(&self, range: (i64, i64)) -> Vec<String> {
        let snapshot = &self.scope.snapshot;
        let of_few = matches!(self.scope.splits.first(), Some(Split::Ids(_) | Split::One { .. }));
        let mut parts = vec![format!("(select * from {} where {})", snapshot.hot_placed(), self.own(range))];
        for day in self.scope.cut_days() {
            let (start, end) = instants_of(day);
            let day = (start.max(range.0), end.min(range.1));
            let (own, within) = (self.own(day), Some(self.within(day)));
            // Few groups stand together among placed events, one day stands together among whole events.
            let rows = if of_few {
                snapshot
                    .derived(Derived::ByGroup, within)
                    .map(|rows| format!("(select * from {rows} where {own})"))
            } else {
                let rows = snapshot.sealed_events(within);
                rows.map(|rows| placed(&format!("(select * from {rows} where {own})")))
            };
            parts.extend(rows);
        }
        parts
    }

    /// When only marked events are wanted, the names they can have: lets whole row groups be passed over.
    fn names(&self) -> Result<String, Error> {
        if !self.scope.only_names() {
            return Ok(String::new());
        }
        let conditions = self.scope.steps.iter().chain(&self.scope.exclusions);
        let mut names = Vec::new();
        for event in conditions.filter_map(|condition| condition.event.as_ref()) {
            names.push(self.key(KeyKind::Name, event)?.to_string());
        }
        names.sort_unstable();
        names.dedup();
        Ok(format!(" and name_key in ({})", names.join(", ")))
    }

    /// One more multiplication by groups; gives the relation's name. `exploded` has the group in `group_N`; `rest`
    /// has each event once, without it.
    fn split(&mut self, index: usize, exploded: &str, rest: &str) -> Result<String, Error> {
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
                     where e.seq not in (select seq from typed_{index})"
                )
            }
        };
        self.relations.push(format!("split_{index} as ({relation})"));
        Ok(format!("split_{index}"))
    }

    /// The exploded events whose group is listed.
    fn split_by_ids(&self, index: usize, exploded: &str, ids: &[String]) -> Result<String, Error> {
        let mut keys = Vec::with_capacity(ids.len());
        for id in ids {
            keys.push(self.key(KeyKind::Group, id)?.to_string());
        }
        // No key is 0: it stands for ids that nobody has.
        let keys = if keys.is_empty() { "0".to_owned() } else { keys.join(", ") };
        let listed = match self.source {
            Source::Events => format!(" where list_has_any(e.group_keys, [{keys}]::uinteger[])"),
            _ => String::new(),
        };
        Ok(format!("select * from ({exploded}{listed}) where group_{index} in ({keys})"))
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

/// The events with the groups that the attribution gives them.
fn attributed(attribution: Attribution) -> &'static str {
    match attribution {
        Attribution::Event => "select * from read_events",
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
