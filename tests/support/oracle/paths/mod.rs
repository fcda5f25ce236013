//! `paths` by definition: what most often comes after, or before, an event.

pub(crate) mod ask;
mod worked;

use super::common::Common;
use super::data::Dataset;
use super::numbers::rate;
use super::units::{Unit, UnitKind, within};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The question.
#[derive(Debug, Clone)]
pub(crate) struct PathsSpec {
    /// Name of the event.
    pub(crate) event: String,
    /// Whether what came before is told, not what came after.
    pub(crate) backward: bool,
    /// How many stops a path has at most.
    pub(crate) length: usize,
    /// How many children a node keeps.
    pub(crate) top: usize,
    /// Whose events make a path.
    pub(crate) unit: UnitKind,
    /// The rest, without a breakdown and rows.
    pub(crate) common: Common,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PathNode {
    /// The number of its parent; its own is its place in the list.
    pub(crate) parent: Option<usize>,
    pub(crate) depth: usize,
    /// The event's name; `None` for all others together.
    pub(crate) event: Option<String>,
    pub(crate) occurrences: usize,
    pub(crate) units: usize,
    pub(crate) rate_from_parent: f64,
    pub(crate) ended: usize,
}

/// What follows one occurrence of the event in a unit, the event itself first.
#[derive(Debug, Clone)]
struct Trail {
    unit: Unit,
    stops: Vec<String>,
}

/// The nodes, depth first. None when the event never happened.
pub(crate) fn paths(data: &Dataset, spec: &PathsSpec) -> Vec<PathNode> {
    let trails = trails(data, spec);
    let mut nodes = Vec::new();
    if !trails.is_empty() {
        grow(spec, &mut nodes, None, 0, Some(spec.event.clone()), &trails);
    }
    nodes
}

/// One trail for every occurrence: a run of events of one name is one stop.
fn trails(data: &Dataset, spec: &PathsSpec) -> Vec<Trail> {
    let range = spec.common.range(data);
    let mut trails = Vec::new();
    for (place, events) in spec.common.counting(data, Some(&spec.unit), &[]).places() {
        let unit = place.unit.expect("a unit");
        let mut stops: Vec<String> = within(&events, range).iter().map(|it| it.event.name.clone()).collect();
        stops.dedup();
        if spec.backward {
            stops.reverse();
        }
        for start in 0..stops.len() {
            if stops[start] == spec.event {
                let stops = stops[start..].iter().take(spec.length + 1).cloned().collect();
                trails.push(Trail { unit: unit.clone(), stops });
            }
        }
    }
    trails
}

/// Adds a node that the trails go through, and what is below it.
fn grow(
    spec: &PathsSpec,
    nodes: &mut Vec<PathNode>,
    parent: Option<usize>,
    depth: usize,
    event: Option<String>,
    trails: &[Trail],
) {
    let is_other = event.is_none();
    let ends = |trail: &&Trail| !is_other && depth < spec.length && trail.stops.len() == depth + 1;
    let of = parent.map_or(trails.len(), |parent| nodes[parent].occurrences);
    let number = nodes.len();
    nodes.push(PathNode {
        parent,
        depth,
        event,
        occurrences: trails.len(),
        units: trails.iter().map(|trail| &trail.unit).collect::<BTreeSet<_>>().len(),
        rate_from_parent: rate(trails.len(), of).expect("an occurrence"),
        ended: trails.iter().filter(ends).count(),
    });
    if is_other {
        return;
    }
    let mut children: BTreeMap<&String, Vec<Trail>> = BTreeMap::new();
    for trail in trails {
        if let Some(next) = trail.stops.get(depth + 1) {
            children.entry(next).or_default().push(trail.clone());
        }
    }
    // Most occurrences first, then by name.
    let mut children: Vec<_> = children.into_iter().collect();
    children.sort_by_key(|(name, trails)| (Reverse(trails.len()), (*name).clone()));
    let rest: Vec<Trail> =
        children.drain(children.len().min(spec.top)..).flat_map(|(_, trails)| trails).collect();
    for (name, trails) in children {
        grow(spec, nodes, Some(number), depth + 1, Some(name.clone()), &trails);
    }
    if !rest.is_empty() {
        grow(spec, nodes, Some(number), depth + 1, None, &rest);
    }
}
