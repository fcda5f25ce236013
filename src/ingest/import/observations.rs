//! What the rows of an event import tell about groups: that they exist, and their properties over time.
//!
//! Rows need not be sorted by time, so what they tell is collected during the pass and becomes upserts at its
//! end: for each group one at its earliest row, with the properties of that row, then one for each later
//! instant at which a property differs from what it was, with the properties that differ, in time order.
//! Of rows at one instant the later one in the file counts. A missing cell changes nothing.
//!
//! Ids, values and combinations of values are kept once; a row costs 16 bytes for each of its groups whose
//! type has properties, and nothing for the others.

use crate::domain::identity::GroupPatch;
use chrono::DateTime;
use serde_json::Value;
use std::collections::HashMap;
use std::hash::Hash;

/// Everything seen of the groups.
#[derive(Debug)]
pub(super) struct Observations {
    kinds: Vec<Kind>,
    ids: Interned<String>,
    /// By the number of the group's id.
    groups: Vec<Seen>,
    values: Interned<Value>,
    /// One number of a value for each key of the type, [`MISSING`] for a missing cell.
    combinations: Interned<Box<[u32]>>,
    rows: Vec<SeenRow>,
}

/// A type of groups and the keys that rows give properties for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// The groups' type.
    pub(super) group_type: String,
    /// The keys of their properties.
    pub(super) keys: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    kind: usize,
    earliest: i64,
}

#[derive(Debug, Clone, Copy)]
struct SeenRow {
    /// Microseconds since 1970.
    at: i64,
    group: u32,
    combination: u32,
}

const MISSING: u32 = u32::MAX;

impl Observations {
    /// Nothing seen yet of groups of these types.
    pub(super) fn new(kinds: Vec<Kind>) -> Self {
        Self {
            kinds,
            ids: Interned::default(),
            groups: Vec::new(),
            values: Interned::default(),
            combinations: Interned::default(),
            rows: Vec::new(),
        }
    }

    /// A row at an instant (microseconds since 1970) has a group of the type with this number, and a value or
    /// nothing for each of the type's keys.
    pub(super) fn see(&mut self, kind: usize, id: String, at: i64, properties: Vec<Option<Value>>) {
        let group = self.ids.number(id);
        match self.groups.get_mut(group as usize) {
            Some(seen) => seen.earliest = seen.earliest.min(at),
            None => self.groups.push(Seen { kind, earliest: at }),
        }
        if properties.iter().any(Option::is_some) {
            let values =
                properties.into_iter().map(|value| value.map_or(MISSING, |value| self.values.number(value)));
            let combination = values.collect();
            let combination = self.combinations.number(combination);
            self.rows.push(SeenRow { at, group, combination });
        }
    }

    /// Gives out the upserts, group by group in order of appearance; their number of groups comes back.
    pub(super) fn upserts<E>(mut self, each: &mut dyn FnMut(GroupPatch) -> Result<(), E>) -> Result<u64, E> {
        // Stable: rows at one instant stay in the file's order.
        self.rows.sort_by_key(|row| (row.group, row.at));
        let (ids, values) = (self.ids.into_list(), self.values.into_list());
        let combinations = self.combinations.into_list();
        let mut rows = self.rows.into_iter().peekable();
        let mut groups = 0;
        for (number, (id, seen)) in (0_u32..).zip(ids.into_iter().zip(self.groups)) {
            let Some(kind) = self.kinds.get(seen.kind) else { continue };
            let name = id.get(kind.group_type.len() + 1..).unwrap_or(&id);
            let mut known = vec![MISSING; kind.keys.len()];
            let mut at = seen.earliest;
            let mut is_first = true;
            loop {
                let mut told = known.clone();
                while let Some(row) = rows.next_if(|row| row.group == number && row.at == at) {
                    let combination = combinations.get(row.combination as usize).into_iter().flatten();
                    told.iter_mut()
                        .zip(combination)
                        .filter(|(_, new)| **new != MISSING)
                        .for_each(|(old, new)| *old = *new);
                }
                if is_first || told != known {
                    let changes =
                        kind.keys.iter().zip(told.iter().zip(&known)).filter(|(_, (new, old))| new != old);
                    let properties = changes.filter_map(|(key, (new, _))| {
                        values.get(*new as usize).map(|value| (key.clone(), value.clone()))
                    });
                    each(GroupPatch {
                        id: id.clone(),
                        group_type: kind.group_type.clone(),
                        name: name.to_owned(),
                        properties: properties.collect(),
                        effective_at: DateTime::from_timestamp_micros(at),
                    })?;
                }
                (known, is_first) = (told, false);
                match rows.peek() {
                    Some(row) if row.group == number => at = row.at,
                    _ => break,
                }
            }
            groups += 1;
        }
        Ok(groups)
    }
}

/// Numbers for values, from 0 in order of appearance.
#[derive(Debug)]
struct Interned<T>(HashMap<T, u32>);

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq> Interned<T> {
    fn number(&mut self, value: T) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(MISSING);
        *self.0.entry(value).or_insert(next)
    }

    /// The values by their numbers.
    fn into_list(self) -> Vec<T> {
        let mut list: Vec<(T, u32)> = self.0.into_iter().collect();
        list.sort_unstable_by_key(|(_, number)| *number);
        list.into_iter().map(|(value, _)| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::convert::Infallible;

    /// Rows as (group, second, plan, seats), upserts as (group, second, properties).
    fn upserts(rows: &[(&str, i64, Option<&str>, Option<i64>)]) -> Vec<(String, i64, Value)> {
        let keys = ["plan", "seats"].map(String::from).to_vec();
        let mut observations = Observations::new(vec![Kind { group_type: "company".to_owned(), keys }]);
        for (group, second, plan, seats) in rows {
            let properties = vec![plan.map(Value::from), seats.map(Value::from)];
            observations.see(0, format!("company:{group}"), second * 1_000_000, properties);
        }
        let mut upserts = Vec::new();
        let groups = observations.upserts::<Infallible>(&mut |patch| {
            assert_eq!((patch.group_type.as_str(), format!("company:{}", patch.name)), ("company", patch.id));
            let second = patch.effective_at.expect("an instant").timestamp();
            upserts.push((patch.name, second, Value::Object(patch.properties)));
            Ok(())
        });
        let names: std::collections::HashSet<_> = rows.iter().map(|(group, ..)| group).collect();
        assert_eq!(groups, Ok(names.len() as u64));
        upserts
    }

    fn expect(upserts: &[(&str, i64, Value)]) -> Vec<(String, i64, Value)> {
        upserts.iter().map(|(name, second, value)| ((*name).to_owned(), *second, value.clone())).collect()
    }

    #[test]
    fn rows_in_any_order_make_the_same_history() {
        let history = expect(&[
            ("a", 1, json!({"plan": "free", "seats": 1})),
            ("a", 3, json!({"plan": "pro"})),
            ("a", 5, json!({"plan": "free"})),
        ]);
        let mut rows = vec![
            ("a", 1, Some("free"), Some(1)),
            ("a", 2, Some("free"), Some(1)),
            ("a", 3, Some("pro"), None),
            ("a", 4, Some("pro"), Some(1)),
            ("a", 5, Some("free"), Some(1)),
            ("a", 6, None, None),
        ];
        assert_eq!(upserts(&rows), history);
        rows.reverse();
        assert_eq!(upserts(&rows), history);
        rows.swap(0, 3);
        rows.swap(1, 4);
        assert_eq!(upserts(&rows), history);
    }

    #[test]
    fn a_group_begins_at_its_earliest_row_even_if_that_tells_no_property() {
        let rows =
            [("a", 5, Some("pro"), None), ("b", 7, None, None), ("a", 2, None, None), ("b", 6, None, None)];
        let history = [("a", 2, json!({})), ("a", 5, json!({"plan": "pro"})), ("b", 6, json!({}))];
        assert_eq!(upserts(&rows), expect(&history));
    }

    #[test]
    fn of_rows_at_one_instant_the_later_in_the_file_counts() {
        let rows = [
            ("a", 2, Some("late"), None),
            ("a", 1, Some("free"), Some(1)),
            ("b", 1, Some("other"), None),
            ("a", 1, Some("pro"), None),
        ];
        let history = [
            ("a", 1, json!({"plan": "pro", "seats": 1})),
            ("a", 2, json!({"plan": "late"})),
            ("b", 1, json!({"plan": "other"})),
        ];
        assert_eq!(upserts(&rows), expect(&history));
    }
}
