//! What a page shows, read out of it, against what the API says.

use crate::support::browser::Tab;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

/// What a page shows: of each panel by its heading the tables, the terms with what they are, and what squares of a
/// calendar tell. An instant is read where it stands whole.
const READ: &str = "const text = (of) => of.querySelector('time')?.dateTime ?? [of.cloneNode(true)].map((copy) => {
      copy.querySelectorAll('svg, small').forEach((part) => part.remove());
      return copy.textContent.trim().replace(/\\s+/g, ' ');
    })[0];
    const rows = (table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map(text));
    return Object.fromEntries([...document.querySelectorAll('section.panel')].map((panel) => [text(panel.querySelector('h2')), {
      tables: [...panel.querySelectorAll('table')].map(rows),
      heads: [...panel.querySelectorAll('table')].map((table) => [...table.tHead.rows[0].cells].map(text)),
      terms: Object.fromEntries([...panel.querySelectorAll('dl > div')].map((one) => [text(one.querySelector('dt')), text(one.querySelector('dd'))])),
      squares: [...panel.querySelectorAll('.calendar title')].map((title) => title.textContent),
    }]));";

/// Whether a page shows a value of the API: numbers as far as they are told, instants to the second.
pub(super) fn is_shown(shown: &str, value: &Value) -> bool {
    let instant = |text: &str| text.parse::<DateTime<Utc>>().ok();
    match value {
        Value::Null => ["–", "never", "", "not yet", "anonymous", "not upserted"].contains(&shown),
        Value::Bool(value) => shown == if *value { "yes" } else { "no" },
        Value::Number(value) => {
            let read = shown.replace(',', "").replace('−', "-").parse::<f64>();
            let value = value.as_f64().expect("a number");
            // Decimals are told with four places, large ones with one.
            let near = if value.fract() == 0.0 {
                0.0
            } else if value.abs() < 100.0 {
                0.000_051
            } else {
                0.1
            };
            read.is_ok_and(|read| (read - value).abs() <= near)
        }
        Value::String(text) => {
            match (instant(text), instant(&shown.replacen(' ', "T", 1).replace(" UTC", "Z"))) {
                (Some(value), Some(shown)) => (value - shown).abs() < Duration::seconds(1),
                _ => shown == text.split_whitespace().collect::<Vec<_>>().join(" "),
            }
        }
        other => *shown == *other.to_string(),
    }
}

/// Compares the rows of a table with the API's, `columns` of each.
pub(super) fn compare(what: &str, table: &Value, rows: &Value, columns: &[&str]) {
    let (shown, rows) = (table.as_array().expect(what), rows.as_array().expect(what));
    assert_eq!(shown.len(), rows.len(), "{what}: {table}");
    for (shown, row) in shown.iter().zip(rows) {
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_empty()) {
            let cell = shown[place].as_str().expect("a text");
            assert!(is_shown(cell, &row[*column]), "{what}, {column}: {cell} and {row}");
        }
    }
}

/// What the present page shows.
pub(super) async fn read(tab: &Tab) -> Value {
    tab.run(READ, Vec::new()).await
}
