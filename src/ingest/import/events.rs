//! Rows as events: what the mapping makes of one row, checked against the limits.

use super::fingerprint::{Fingerprint, Repeats};
use super::mapping::{EventMapping, Typings};
use super::observations::{Kind, Observations};
use super::rows::Row;
use super::{times, values};
use crate::domain::Invalid;
use crate::domain::event::{Event, NewEvent, Properties, SessionRule};
use crate::domain::limits::Limits;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::HashSet;

/// Turns rows into events and remembers what they tell about groups.
#[derive(Debug)]
pub(super) struct EventReader<'a> {
    mapping: &'a EventMapping,
    limits: &'a Limits,
    now: DateTime<Utc>,
    /// Columns that are no event property.
    taken: HashSet<&'a str>,
    typings: Typings,
    groups: Vec<GroupSource<'a>>,
    observations: Observations,
    repeats: Repeats,
}

/// A column of group names, and the columns of these groups' properties.
#[derive(Debug)]
struct GroupSource<'a> {
    group_type: &'a str,
    column: &'a str,
    properties: Vec<(&'a str, &'a str)>,
}

impl<'a> EventReader<'a> {
    /// A reader at the beginning of a file, for a mapping whose flags agree with each other.
    pub(super) fn new(
        mapping: &'a EventMapping,
        is_untyped: bool,
        now: DateTime<Utc>,
        limits: &'a Limits,
    ) -> Self {
        let groups: Vec<GroupSource<'_>> = mapping
            .group
            .iter()
            .map(|group| {
                let its =
                    mapping.group_property.iter().filter(|property| property.group_type == group.group_type);
                let properties =
                    its.map(|property| (property.key.as_str(), property.column.as_str())).collect();
                GroupSource { group_type: &group.group_type, column: &group.column, properties }
            })
            .collect();
        let kinds = groups.iter().map(|group| Kind {
            group_type: group.group_type.to_owned(),
            keys: group.properties.iter().map(|(key, _)| (*key).to_owned()).collect(),
        });
        Self {
            mapping,
            limits,
            now,
            taken: mapping.taken(),
            typings: Typings::new(&mapping.number, &mapping.text, is_untyped),
            observations: Observations::new(kinds.collect()),
            groups,
            repeats: Repeats::default(),
        }
    }

    /// The row's event. A bad row leaves no trace.
    pub(super) fn read(&mut self, row: Row) -> Result<NewEvent, Invalid> {
        let (mapping, limits) = (self.mapping, self.limits);
        let fingerprint = if mapping.id.is_none() { Some(Fingerprint::of(&row.cells)) } else { None };
        let cells = &row.cells;
        let name = required(cells, &mapping.name)?;
        limits.check_event_name(&mapping.name, &name)?;
        let time = cells.get(&mapping.time).ok_or_else(|| empty(&mapping.time))?;
        let occurred_at = times::instant(&mapping.time, time, self.now)?;
        let given_id = mapping.id.as_ref().map(|column| required(cells, column)).transpose()?;
        if let (Some(column), Some(id)) = (&mapping.id, &given_id) {
            limits.check_id(column, id)?;
        }
        let revenue = cell(cells, mapping.revenue.as_deref());
        let revenue = revenue.map(|(column, value)| values::revenue(column, value)).transpose()?;
        let profile_id = self.id_in(cells, mapping.profile.as_deref())?;
        let device_id = self.id_in(cells, mapping.device.as_deref())?;
        let session_id = self.id_in(cells, mapping.session.as_deref())?;
        let path = text_in(cells, mapping.path.as_deref(), limits)?;
        let seen = self.groups_in(cells)?;
        let mut groups: Vec<String> = seen.iter().map(|(_, id, _)| id.clone()).collect();
        if let Some((column, value)) = cell(cells, mapping.groups.as_deref()) {
            groups.extend(values::ids(column, value)?);
        }
        let groups = limits.check_groups(mapping.groups.as_deref().unwrap_or("--group"), groups)?;
        let properties = self.properties(row.cells)?;

        let at = occurred_at.timestamp_micros();
        for (kind, id, properties) in seen {
            self.observations.see(kind, id, at, properties);
        }
        let id = match (given_id, fingerprint) {
            (Some(id), _) => id,
            (None, Some(row)) => self.repeats.next_id(row),
            (None, None) => return Err(Invalid::new("id", "is missing")),
        };
        let event = Event {
            id,
            name,
            profile_id,
            device_id,
            session_id,
            groups,
            path,
            properties,
            revenue,
            occurred_at,
            received_at: self.now,
        };
        Ok(NewEvent { event, attach_memberships: false, session: SessionRule::AsGiven })
    }

    /// What all rows told about groups.
    pub(super) fn into_observations(self) -> Observations {
        self.observations
    }

    /// The row's groups: the number of the type, the id, and the values of the type's keys.
    #[expect(clippy::type_complexity, reason = "the three travel from here to the observations only")]
    fn groups_in(&self, cells: &Properties) -> Result<Vec<(usize, String, Vec<Option<Value>>)>, Invalid> {
        let mut seen = Vec::with_capacity(self.groups.len());
        for (kind, group) in self.groups.iter().enumerate() {
            let Some(name) = optional(cells, Some(group.column))? else { continue };
            let id = format!("{}:{name}", group.group_type);
            self.limits.check_id(group.column, &id)?;
            let mut told = Vec::with_capacity(group.properties.len());
            let mut all = Properties::new();
            for (key, column) in &group.properties {
                let value = cells.get(*column).cloned();
                let value = value.map(|value| values::property(column, value, self.typings.of(column)));
                let value = value.transpose()?;
                all.extend(value.clone().map(|value| ((*key).to_owned(), value)));
                told.push(value);
            }
            self.limits.check_properties(&format!("properties of {id}"), &all)?;
            seen.push((kind, id, told));
        }
        Ok(seen)
    }

    /// The cells that no flag names.
    fn properties(&self, cells: Properties) -> Result<Properties, Invalid> {
        let others = cells.into_iter().filter(|(column, _)| !self.taken.contains(column.as_str()));
        let typed = others.map(|(column, value)| {
            let value = values::property(&column, value, self.typings.of(&column))?;
            Ok((column, value))
        });
        let properties = typed.collect::<Result<Properties, Invalid>>()?;
        self.limits.check_properties("properties", &properties)?;
        Ok(properties)
    }

    fn id_in(&self, cells: &Properties, column: Option<&str>) -> Result<Option<String>, Invalid> {
        let id = optional(cells, column)?;
        if let (Some(column), Some(id)) = (column, &id) {
            self.limits.check_id(column, id)?;
        }
        Ok(id)
    }
}

/// The cell of a column, if the column is mapped and the row has a value there. An empty text is none.
fn cell<'a>(cells: &'a Properties, column: Option<&'a str>) -> Option<(&'a str, &'a Value)> {
    let column = column?;
    let value = cells.get(column)?;
    (value.as_str() != Some("")).then_some((column, value))
}

/// The text in a mapped column that may be empty.
pub(super) fn optional(cells: &Properties, column: Option<&str>) -> Result<Option<String>, Invalid> {
    cell(cells, column).map(|(column, value)| values::text(column, value)).transpose()
}

/// The text in a mapped column that may be empty, within the limits of texts.
pub(super) fn text_in(
    cells: &Properties,
    column: Option<&str>,
    limits: &Limits,
) -> Result<Option<String>, Invalid> {
    let text = optional(cells, column)?;
    if let (Some(column), Some(text)) = (column, &text) {
        limits.check_text(column, text)?;
    }
    Ok(text)
}

/// The text in a column that must not be empty.
pub(super) fn required(cells: &Properties, column: &str) -> Result<String, Invalid> {
    optional(cells, Some(column))?.ok_or_else(|| empty(column))
}

fn empty(column: &str) -> Invalid {
    Invalid::new(column, "is empty; every row needs a value here")
}
