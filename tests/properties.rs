//! Whatever comes in at `/track`, as a GraphQL document or as a file to import, has an answer that is no fault.
//!
//! Thirty seconds each in the ordinary run, an hour each with `MUSTER_EFFORT=long`. What was found once is in
//! `properties/corpus/`, one input in a line, and comes first in every run.

mod document;
mod files;
mod sent;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use std::path::Path;
use std::time::{Duration, Instant};

/// The inputs of a corpus file.
fn corpus(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/properties/corpus").join(name);
    let text = std::fs::read_to_string(path).expect("a corpus");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Draws inputs for as long as the run has time, and gives each to the check, which fails by panicking. An input that
/// fails is made as small as it can be first.
fn for_a_while<S: Strategy>(strategy: &S, mut is_well: impl FnMut(&S::Value) -> Result<(), String>)
where
    S::Value: std::fmt::Debug,
{
    let seconds = if std::env::var("MUSTER_EFFORT").as_deref() == Ok("long") { 3600 } else { 30 };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let mut drawn = 0;
    while Instant::now() < end {
        let mut tree = strategy.new_tree(&mut runner).expect("an input");
        drawn += 1;
        let Err(mut reason) = is_well(&tree.current()) else { continue };
        let mut smallest = tree.current();
        let mut is_smaller = tree.simplify();
        while is_smaller {
            match is_well(&tree.current()) {
                Err(other) => {
                    (reason, smallest) = (other, tree.current());
                    is_smaller = tree.simplify();
                }
                Ok(()) => is_smaller = tree.complicate(),
            }
        }
        panic!("{reason}\nafter {drawn} inputs, the smallest that fails: {smallest:?}");
    }
    assert!(drawn > 50, "only {drawn} inputs were drawn");
}
