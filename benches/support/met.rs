//! What those who ask again and again meet with.

use super::Result;
use super::client::Client;
use super::figures::Times;
use std::time::Instant;

/// What one asker, or the sender, met with.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) times: Times,
    pub(crate) errors: usize,
    pub(crate) first_error: Option<String>,
}

impl Met {
    /// Notes what an answer took, or what it failed with.
    pub(crate) fn add(&mut self, began: Instant, result: Result<()>) {
        match result {
            Ok(()) => self.times.push(began.elapsed()),
            Err(error) => {
                self.errors += 1;
                self.first_error.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// Takes in what another one met with.
    pub(crate) fn join(&mut self, other: Self) {
        self.times.extend(other.times);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// Asks one question after the other. Each client begins with another one.
pub(crate) async fn ask(client: &Client, bodies: &[String], number: usize, end: Instant) -> Met {
    let mut met = Met::default();
    for body in bodies.iter().cycle().skip(number % bodies.len()) {
        let began = Instant::now();
        if began >= end {
            break;
        }
        met.add(began, client.fetch(body.clone()).await.map(drop));
    }
    met
}
