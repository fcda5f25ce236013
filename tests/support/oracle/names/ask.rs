//! `eventNames`, `propertyKeys` and `propertyValues` asked: the question drawn, as a document, and the answer as JSON.

use super::{Owner, Wanted, event_names, property_keys, property_values};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, instant, quoted};
use crate::support::oracle::draw::{defaults, event, first, group_type, path, span};
use crate::support::oracle::random::{Project, one};
use crate::support::oracle::scope::Span;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question about names of events with its answer; half of those over all time or up to now ask the flat form.
pub(crate) fn names(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let asked = Asked::draw(rng, project, &["a", "A", "screen", "x", ""]);
    let rows = event_names(&project.data, &asked.wanted).into_iter();
    let rows: Vec<Value> = rows
        .map(|(name, (events, last))| json!({"name": name, "events": events, "lastAt": instant(last)}))
        .collect();
    let field = if asked.is_flat { "eventNamesTable" } else { "eventNames" };
    let mut call = Call::new(defaults(rng));
    asked.write(&mut call);
    Case { field, request: call.finish(field, "name events lastAt"), expected: rows.into() }
}

/// A drawn question about properties with its answer.
pub(crate) fn keys(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let asked = Asked::draw(rng, project, &["p", "DEEP.", "\"p.q\"", "zz", ""]);
    let owner = owner(rng);
    let rows = property_keys(&project.data, &owner, &asked.wanted).into_iter();
    let rows: Vec<Value> = rows
        .map(|(property, (count, numbers))| json!({"property": property, "count": count, "numbers": numbers}))
        .collect();
    let field = if asked.is_flat { "propertyKeysTable" } else { "propertyKeys" };
    let mut call = Call::new(defaults(rng));
    write_owner(&mut call, &owner, asked.is_flat);
    asked.write(&mut call);
    Case { field, request: call.finish(field, "property count numbers"), expected: rows.into() }
}

/// A drawn question about the values of a property with its answer.
pub(crate) fn values(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let asked = Asked::draw(rng, project, &["p", "P", "1", "ü", "{\"K", ""]);
    let (owner, path) = (owner(rng), path(rng));
    let rows = property_values(&project.data, &owner, &path, &asked.wanted).into_iter();
    let rows: Vec<Value> = rows.map(|(value, count)| json!({"value": value, "count": count})).collect();
    let field = if asked.is_flat { "propertyValuesTable" } else { "propertyValues" };
    let mut call = Call::new(defaults(rng));
    write_owner(&mut call, &owner, asked.is_flat);
    call.argument("property", &quoted(&path.dotted()));
    asked.write(&mut call);
    Case { field, request: call.finish(field, "value count"), expected: rows.into() }
}

/// What is asked alike of names, keys and values, and how.
struct Asked {
    wanted: Wanted,
    span: Option<Span>,
    first: Option<usize>,
    is_flat: bool,
}

impl Asked {
    fn draw(rng: &mut ChaCha8Rng, project: &Project, prefixes: &[&str]) -> Self {
        let span = rng.random_bool(0.5).then(|| span(rng, project));
        let first = first(rng);
        let wanted = Wanted {
            range: span.map(|span| span.range(project.data.now)),
            prefix: rng.random_bool(0.4).then(|| one(rng, prefixes).to_owned()),
            first: first.unwrap_or(100),
        };
        let is_flat_too = !matches!(span, Some(Span::Range(_)));
        Self { wanted, span, first, is_flat: is_flat_too && rng.random_bool(0.5) }
    }

    fn write(&self, call: &mut Call) {
        if let Some(prefix) = &self.wanted.prefix {
            call.argument("prefix", &quoted(prefix));
        }
        if let Some(span) = self.span {
            call.span(span);
        }
        call.first(self.first);
    }
}

fn owner(rng: &mut ChaCha8Rng) -> Owner {
    match rng.random_range(0..4) {
        0 | 1 => Owner::Event(event(rng)),
        2 => Owner::Profile,
        _ => Owner::Group(group_type(rng)),
    }
}

fn write_owner(call: &mut Call, owner: &Owner, is_flat: bool) {
    let word = match owner {
        Owner::Event(_) => "EVENT",
        Owner::Profile => "PROFILE",
        Owner::Group(_) => "GROUP",
    };
    call.argument("of", &if is_flat { quoted(word) } else { word.to_owned() });
    match owner {
        Owner::Event(name) => call.event(name.as_ref()),
        Owner::Profile => {}
        Owner::Group(group_type) => call.argument("groupType", &quoted(group_type)),
    }
}
