//! What a snapshot holds, as relations for a `from` clause. None of them filters by tenant or time; hints only
//! leave out files and tables that cannot hold what is asked for.

use super::cloud::Held;
use super::facts::Table;
use super::snapshot::{Segment, Snapshot};
use crate::domain::identity::ProjectKey;
use std::path::Path;
use std::sync::Arc;

/// Which rows of events are needed, so that segments without any are not opened.
#[derive(Debug, Clone, Copy)]
pub struct Within {
    /// The tenant; none for all.
    pub project: Option<ProjectKey>,
    /// From this instant on, microseconds UTC.
    pub from: i64,
    /// Before this instant, microseconds UTC.
    pub to: i64,
    /// Stored behind the row of this number; 0 for all.
    pub after_seq: u64,
}

/// What is derived from the events of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Derived {
    /// Events placed in groups, by group and time.
    ByGroup,
    /// Events placed in groups, by name, group and user.
    ByName,
    /// What each user did in each group on each UTC day.
    GroupDays,
    /// What each user did on each UTC day.
    UserDays,
    /// What happened in each group on each UTC day.
    GroupTotals,
}

impl Derived {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ByGroup, Self::ByName, Self::GroupDays, Self::UserDays, Self::GroupTotals];

    /// The table's name before the segment's number.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByGroup => "by_group",
            Self::ByName => "by_name",
            Self::GroupDays => "group_days",
            Self::UserDays => "user_days",
            Self::GroupTotals => "group_totals",
        }
    }

    /// The statement that makes its rows from the relation `placed`.
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Self::ByGroup => include_str!("derived/by_group.sql"),
            Self::ByName => include_str!("derived/by_name.sql"),
            Self::GroupDays => include_str!("derived/group_days.sql"),
            Self::UserDays => include_str!("derived/user_days.sql"),
            Self::GroupTotals => include_str!("derived/group_totals.sql"),
        }
    }

    /// Where a segment's rows are.
    #[must_use]
    pub fn table(self, segment: u64) -> String {
        format!("derived.{}_{segment}", self.name())
    }
}

/// Rows of a segment: those in its own file, or those derived from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sealed {
    /// Whole events.
    Events,
    /// What is derived from them.
    Derived(Derived),
}

impl Sealed {
    /// Its name, before a segment's number.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Derived(derived) => derived.name(),
        }
    }
}

impl Table {
    /// What a later row with the same value replaces; none for rows that nothing replaces.
    fn key(self) -> Option<&'static str> {
        match self {
            Self::GroupVersions => Some("change_seq"),
            Self::ProfileVersions => Some("user_key"),
            Self::Memberships => Some("membership_seq"),
            Self::Events | Self::Keys => None,
        }
    }

    /// The columns with keys of those whom a row is about.
    pub(super) fn subjects(self) -> &'static [&'static str] {
        match self {
            Self::GroupVersions => &["group_key"],
            Self::ProfileVersions => &["user_key"],
            Self::Memberships => &["user_key", "group_key"],
            Self::Events | Self::Keys => &[],
        }
    }
}

impl Snapshot {
    /// Whole events. The segments whose files they are read from are added to `files`: whoever reads holds them.
    #[must_use]
    pub fn events(&self, within: Option<Within>, files: &mut Vec<Arc<Segment>>) -> String {
        let mut parts = vec!["select * from main.events".to_owned()];
        parts.extend(self.sealed_events(within, files).map(|rows| format!("select * from {rows}")));
        parts.extend(self.hot_parts(Table::Events.name()));
        union(&parts)
    }

    /// Events placed in groups, sealed ones in the given order ([`Derived::ByGroup`] or [`Derived::ByName`]).
    #[must_use]
    pub fn placed(&self, order: Derived, within: Option<Within>) -> String {
        let mut parts = vec!["select * from main.placed".to_owned()];
        parts.extend(self.derived_parts(order, within));
        parts.extend(self.hot_parts("placed"));
        union(&parts)
    }

    /// Sealed rows of what is derived from events; `None` where there are none.
    #[must_use]
    pub fn derived(&self, derived: Derived, within: Option<Within>) -> Option<String> {
        let parts: Vec<String> = self.derived_parts(derived, within).collect();
        (!parts.is_empty()).then(|| union(&parts))
    }

    /// Whole events that are sealed; `None` where there are none. The segments whose files they are read from are added to
    /// `files`: whoever reads holds them.
    #[must_use]
    pub fn sealed_events(&self, within: Option<Within>, files: &mut Vec<Arc<Segment>>) -> Option<String> {
        let read =
            self.segments.iter().filter(|segment| within.is_none_or(|within| segment.may_hold(within)));
        let read: Vec<Arc<Segment>> = read.map(Arc::clone).collect();
        let names: Vec<String> = read.iter().map(|segment| segment.name_in_sql()).collect();
        files.extend(read);
        (!names.is_empty()).then(|| format!("(select * from read_parquet([{}]))", names.join(", ")))
    }

    /// Whole events in parts, so that not all files need be held at once: those of each segment that may have some, and
    /// those that are not sealed.
    #[must_use]
    pub(super) fn event_parts(&self, within: Within) -> Vec<(Option<Arc<Segment>>, String)> {
        let segments = self.sealed_within(within).into_iter();
        let sealed = segments.map(|segment| {
            let rows = format!("read_parquet([{}])", segment.name_in_sql());
            (Some(segment), rows)
        });
        sealed.chain([(None, self.hot_events())]).collect()
    }

    /// Whole events that are not sealed.
    #[must_use]
    pub fn hot_events(&self) -> String {
        let mut parts = vec!["select * from main.events".to_owned()];
        parts.extend(self.hot_parts(Table::Events.name()));
        union(&parts)
    }

    /// Events placed in groups that are not sealed.
    #[must_use]
    pub fn hot_placed(&self) -> String {
        let mut parts = vec!["select * from main.placed".to_owned()];
        parts.extend(self.hot_parts("placed"));
        union(&parts)
    }

    /// The rows of a kind that hold at this instant: those that no later one replaced. Not for events.
    ///
    /// With a tenant, rows of others may be missing.
    #[must_use]
    pub fn latest(&self, table: Table, project: Option<ProjectKey>) -> String {
        self.unerased(self.held(table, project), table.subjects())
    }

    fn held(&self, table: Table, project: Option<ProjectKey>) -> String {
        let (name, sealed) = (table.name(), self.sealed_seq);
        let held = format!(
            "select * exclude (until_seq) from main.{name} where seq <= {sealed} and until_seq > {sealed}"
        );
        if !self.is_touched(table, project) {
            return format!("({held})");
        }
        let hot = union(&self.hot_parts(name).collect::<Vec<_>>());
        match table.key() {
            None => format!("({held} union all select * from {hot})"),
            Some(key) => format!(
                "({held} and {key} not in (select {key} from {hot}) union all
                 select * from {hot} where seq in (select max(seq) from {hot} group by {key}))"
            ),
        }
    }

    /// Groups as they are at this instant, deleted ones too. With a tenant, groups of others may be missing.
    #[must_use]
    pub fn groups(&self, project: Option<ProjectKey>) -> String {
        let sealed = self.sealed_seq;
        let held = format!(
            "select * exclude (seq, until_seq) from main.groups where seq <= {sealed} and until_seq > {sealed}"
        );
        let subjects = Table::GroupVersions.subjects();
        if !self.is_touched(Table::GroupVersions, project) {
            return self.unerased(format!("({held})"), subjects);
        }
        let hot = union(&self.hot_parts(Table::GroupVersions.name()).collect::<Vec<_>>());
        let versions = self.latest(Table::GroupVersions, project);
        let versions = format!("(select * from {versions} where group_key in (select group_key from {hot}))");
        let groups = format!(
            "({held} and group_key not in (select group_key from {hot}) union all {})",
            groups_now(&versions)
        );
        self.unerased(groups, subjects)
    }

    /// Rows without those of what is being erased, which they name in the given columns.
    fn unerased(&self, rows: String, columns: &[&str]) -> String {
        if self.erased.is_empty() || columns.is_empty() {
            return rows;
        }
        let keys: Vec<String> = self.erased.iter().map(u32::to_string).collect();
        let holds: Vec<String> =
            columns.iter().map(|column| format!("{column} not in ({})", keys.join(", "))).collect();
        format!("(select * from {rows} where {})", holds.join(" and "))
    }

    /// The segments that may have what is needed.
    #[must_use]
    pub fn sealed_within(&self, within: Within) -> Vec<Arc<Segment>> {
        let segments = self.segments.iter().filter(|segment| segment.may_hold(within));
        segments.map(Arc::clone).collect()
    }

    /// How many rows the segments hold that may have what is needed.
    #[must_use]
    pub fn count_sealed_events(&self, within: Option<Within>) -> u64 {
        self.segments_within(within).map(|segment| segment.events).sum()
    }

    fn segments_within(&self, within: Option<Within>) -> impl Iterator<Item = &Segment> {
        let segments = self.segments.iter().map(AsRef::as_ref);
        segments.filter(move |segment: &&Segment| within.is_none_or(|within| segment.may_hold(within)))
    }

    fn derived_parts(&self, derived: Derived, within: Option<Within>) -> impl Iterator<Item = String> {
        let table = move |segment: &Segment| format!("select * from {}", derived.table(segment.number));
        self.segments_within(within).map(table)
    }

    fn hot_parts(&self, name: &str) -> impl Iterator<Item = String> {
        let part =
            move |number| format!("select * from hot.{name}_{number} where seq <= {}", self.visible_seq);
        self.generations.iter().map(move |generation| part(generation.number))
    }

    /// Whether unsealed rows of a kind may be there, of a tenant or of any.
    fn is_touched(&self, table: Table, project: Option<ProjectKey>) -> bool {
        self.generations.iter().any(|generation| generation.is_touched(table, project))
    }
}

/// A path as a text in SQL.
pub(super) fn literal(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

impl Segment {
    /// The file as a text in SQL, for whoever holds it.
    pub(super) fn literal(&self, _: &Held) -> String {
        self.name_in_sql()
    }

    fn name_in_sql(&self) -> String {
        literal(&self.path)
    }

    fn may_hold(&self, within: Within) -> bool {
        within.project.is_none_or(|project| (self.projects.0..=self.projects.1).contains(&project.0))
            && self.instants.0 < within.to
            && within.from <= self.instants.1
            && within.after_seq < self.seqs.1
    }
}

/// Groups as their versions, a relation, leave them.
pub(super) fn groups_now(versions: &str) -> String {
    include_str!("groups_now.sql").replace("{versions}", versions)
}

fn union(parts: &[String]) -> String {
    format!("({})", parts.join(" union all "))
}
