//! The tree that paths make: grown level by level, each node's most frequent children kept.

use super::int;
use crate::analytics::together::{Together, places};
use crate::engine::{Error, arrow as columns};
use crate::error::Failure;
use arrow::array::RecordBatch;
use async_graphql::SimpleObject;
use std::cmp::Reverse;
use std::collections::HashMap;

/// How a tree is grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Stops behind the event, at most.
    pub(super) length: usize,
    /// Children that a node keeps.
    pub(super) top: usize,
    /// Towards the past.
    pub(super) backward: bool,
}

/// A stop that paths share up to here.
#[derive(Debug, Clone, SimpleObject)]
pub struct PathNode {
    /// The node's number, from 0: the event itself.
    pub id: i32,
    /// The number of the stop before it on the path; null for node 0.
    pub parent_id: Option<i32>,
    /// How many stops from the event, 0 to `length`.
    pub depth: i32,
    /// Name of the stop's event; null for all others together.
    pub event: Option<String>,
    /// Whether this is all other events together.
    pub is_other: bool,
    /// Paths that go through here.
    pub occurrences: i32,
    /// Distinct units of these paths.
    pub units: i32,
    /// Occurrences ÷ occurrences of the parent, 0 to 1; 1 for node 0.
    pub rate_from_parent: f64,
    /// Paths that end here, because the unit did nothing more in the range.
    pub ended: i32,
}

/// The tree, depth first.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<PathNode>,
}

/// The stops of all units, one unit behind the other, runs of one name collapsed.
#[derive(Debug, Default)]
pub(super) struct Trails {
    names: Vec<u32>,
    /// For each stop: the number of its unit.
    units: Vec<u32>,
    /// The places of the stops of the asked name.
    occurrences: Vec<usize>,
}

/// One event of a unit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    /// When it happened, microseconds UTC, and its arrival.
    pub(super) when: (i64, i64),
    /// The key of its name.
    pub(super) name: u32,
    /// Whether it has the name asked for.
    pub(super) is_event: bool,
}

/// Paths that go through a node.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    occurrences: i64,
    units: i64,
    last_unit: Option<u32>,
}

impl Count {
    fn add(&mut self, unit: u32) {
        self.occurrences += 1;
        if self.last_unit != Some(unit) {
            self.units += 1;
            self.last_unit = Some(unit);
        }
    }
}

/// A node while the tree grows.
#[derive(Debug, Default)]
struct Growing {
    /// `None` for all others together.
    name: Option<u32>,
    count: Count,
    ended: i64,
    children: Vec<usize>,
}

impl Trails {
    /// Reads the rows of `paths.sql`.
    pub(super) fn read(batches: &[RecordBatch], shape: Shape) -> Result<Self, Error> {
        let (_, places) = places(batches)?;
        let mut done = Vec::with_capacity(places.len());
        for batch in batches {
            let (at, seq) = (columns::instants(batch, "occurred_at")?, columns::integers(batch, "seq")?);
            let (names, is_event) =
                (columns::masks(batch, "name_key")?, columns::booleans(batch, "is_event")?);
            done.extend((0..batch.num_rows()).map(|row| {
                let (when, name) = ((at.value(row), seq.value(row)), names.value(row));
                Done { when, name, is_event: is_event.value(row) }
            }));
        }
        Ok(Self::of(&places, &done, shape))
    }

    /// Puts events of units together, each with the place of its unit. Towards the past, everything is turned around.
    pub(super) fn of(places: &[u32], done: &[Done], shape: Shape) -> Self {
        let (mut events, mut next) = Together::of(places);
        for (place, done) in places.iter().zip(done) {
            events.put(&mut next, *place, *done);
        }
        let mut trails = Self::default();
        for (unit, bounds) in (0..).zip(events.bounds.windows(2)) {
            let events = &mut events.rows[bounds[0]..bounds[1]];
            events.sort_unstable_by_key(|event| event.when);
            for run in events.chunk_by(|event, next| event.name == next.name) {
                if run[0].is_event {
                    trails.occurrences.push(trails.names.len());
                }
                trails.names.push(run[0].name);
                trails.units.push(unit);
            }
        }
        if shape.backward {
            trails.names.reverse();
            trails.units.reverse();
            let last = trails.names.len().saturating_sub(1);
            trails.occurrences.iter_mut().for_each(|place| *place = last - *place);
            trails.occurrences.reverse();
        }
        trails
    }

    /// The keys of all names, each once.
    pub(super) fn names(&self) -> Vec<u32> {
        let mut names = self.names.clone();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The name of the stop so many steps behind a place, if its unit has one.
    fn stop(&self, place: usize, steps: usize) -> Option<u32> {
        let unit = self.units.get(place + steps)?;
        (*unit == self.units[place]).then(|| self.names[place + steps])
    }

    /// Grows the tree. `texts` are the names behind the keys.
    pub(super) fn grow(&self, shape: Shape, texts: &HashMap<u32, String>) -> Result<Tree, Failure> {
        let Some(first) = self.occurrences.first() else { return Ok(Tree { nodes: Vec::new() }) };
        let mut root = Growing { name: Some(self.names[*first]), ..Growing::default() };
        self.occurrences.iter().for_each(|place| root.count.add(self.units[*place]));
        let mut nodes = vec![root];
        // Where each occurrence has got to; `None` when its path has ended or gone to "other".
        let mut at: Vec<Option<usize>> = vec![Some(0); self.occurrences.len()];
        for depth in 1..=shape.length {
            let kept = self.children(&mut nodes, &at, depth, shape.top, texts);
            self.step(&mut nodes, &mut at, depth, &kept);
        }
        let mut tree = Tree { nodes: Vec::with_capacity(nodes.len()) };
        number(&nodes, 0, None, 0, texts, &mut tree.nodes)?;
        Ok(tree)
    }

    /// Adds the most frequent children of the nodes that paths have got to; gives their numbers by parent and name.
    fn children(
        &self,
        nodes: &mut Vec<Growing>,
        at: &[Option<usize>],
        depth: usize,
        top: usize,
        texts: &HashMap<u32, String>,
    ) -> HashMap<(usize, u32), usize> {
        let mut found: HashMap<usize, HashMap<u32, Count>> = HashMap::new();
        for (place, at) in self.occurrences.iter().zip(at) {
            if let Some(node) = at
                && let Some(name) = self.stop(*place, depth)
            {
                found.entry(*node).or_default().entry(name).or_default().add(self.units[*place]);
            }
        }
        let mut kept = HashMap::new();
        for (parent, children) in found {
            let mut children: Vec<(u32, Count)> = children.into_iter().collect();
            children.sort_by_key(|(name, count)| (Reverse(count.occurrences), texts.get(name)));
            for (name, count) in children.into_iter().take(top) {
                kept.insert((parent, name), nodes.len());
                let child = nodes.len();
                nodes[parent].children.push(child);
                nodes.push(Growing { name: Some(name), count, ..Growing::default() });
            }
        }
        kept
    }

    /// Moves every path a stop further: to a kept child, to "other", or to its end.
    fn step(
        &self,
        nodes: &mut Vec<Growing>,
        at: &mut [Option<usize>],
        depth: usize,
        kept: &HashMap<(usize, u32), usize>,
    ) {
        let mut others: HashMap<usize, Count> = HashMap::new();
        for (place, at) in self.occurrences.iter().zip(at) {
            let Some(node) = *at else { continue };
            *at = match self.stop(*place, depth) {
                None => {
                    nodes[node].ended += 1;
                    None
                }
                Some(name) => {
                    let child = kept.get(&(node, name)).copied();
                    if child.is_none() {
                        others.entry(node).or_default().add(self.units[*place]);
                    }
                    child
                }
            };
        }
        for (parent, count) in others {
            let other = nodes.len();
            nodes[parent].children.push(other);
            nodes.push(Growing { name: None, count, ..Growing::default() });
        }
    }
}

/// Numbers a node and those below it, depth first.
fn number(
    nodes: &[Growing],
    index: usize,
    parent: Option<(i32, i64)>,
    depth: i32,
    texts: &HashMap<u32, String>,
    tree: &mut Vec<PathNode>,
) -> Result<(), Failure> {
    let node = &nodes[index];
    let id = int("id", tree.len())?;
    let of = parent.map_or(node.count.occurrences, |(_, occurrences)| occurrences);
    tree.push(PathNode {
        id,
        parent_id: parent.map(|(id, _)| id),
        depth,
        event: node.name.and_then(|name| texts.get(&name).cloned()),
        is_other: node.name.is_none(),
        occurrences: int("occurrences", node.count.occurrences)?,
        units: int("units", node.count.units)?,
        rate_from_parent: crate::analytics::numbers::rate(node.count.occurrences, of).unwrap_or_default(),
        ended: int("ended", node.ended)?,
    });
    for child in &node.children {
        number(nodes, *child, Some((id, node.count.occurrences)), depth + 1, texts, tree)?;
    }
    Ok(())
}
