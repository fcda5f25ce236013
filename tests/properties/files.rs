//! Files to import.

use super::{corpus, for_a_while};
use muster::domain::event::Outcome;
use muster::domain::limits::Limits;
use muster::domain::write::{Write, Written};
use muster::ingest::import::{EventMapping, Format, ImportError, Source, import_events};
use proptest::prelude::*;
use std::cell::Cell;
use std::sync::Arc;

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9]{0,6}",
        2 => prop::sample::select(vec!["2026-01-01", "2026-01-01T00:00:00Z", "1767225600", "1767225600000", "99999999999999999999", "-1", "1e300",
            "2026-02-30", "\"", "\"\"", "\"a\nb\"", "[\"g\",\"h\"]", "{\"a\":1}", "null", "NaN", "\u{feff}", ";", "\t", "'", "\\"]).prop_map(str::to_owned),
        1 => "[^\n]{0,12}",
    ]
}

fn table() -> impl Strategy<Value = Vec<u8>> {
    let separator = prop::sample::select(vec![",", ";", "\t", "|"]);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"]);
    let rows = prop::collection::vec(prop::collection::vec(cell(), 0..7), 0..12);
    (separator, line_end, rows, any::<bool>()).prop_map(|(separator, end, rows, is_headed)| {
        let head = if is_headed {
            ["name", "profile", "time", "groups", "n"].join(separator) + end
        } else {
            String::new()
        };
        let rows: Vec<String> = rows.iter().map(|row| row.join(separator)).collect();
        format!("{head}{}", rows.join(end)).into_bytes()
    })
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        cell().prop_map(|cell| format!("{cell:?}")),
        cell(),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        Just("{\"a\": [1, null]}".to_owned())
    ];
    let names = prop::sample::select(vec!["name", "profile", "time", "groups", "n", "n", ""]);
    let row = prop::collection::vec((names, value), 0..6).prop_map(|fields| {
        format!(
            "{{{}}}",
            fields
                .into_iter()
                .map(|(name, value)| format!("{name:?}: {value}"))
                .collect::<Vec<_>>()
                .join(", ")
        )
    });
    prop::collection::vec(row, 0..10).prop_map(|rows| rows.join("\n").into_bytes())
}

fn file() -> impl Strategy<Value = (Vec<u8>, Format)> {
    let formats = prop::sample::select(vec![Format::Csv, Format::Tsv, Format::Ndjson, Format::Parquet]);
    let bytes = prop_oneof![4 => table(), 3 => lines(), 1 => prop::collection::vec(any::<u8>(), 0..200), 1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| [b"PAR1", &bytes[..], b"PAR1"].concat())];
    (bytes, formats)
}

fn import(bytes: &[u8], format: Format) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("written");
    let source = Source { file: path, format: Some(format) };
    let text = |column: &str| Some(column.to_owned());
    let mapping = EventMapping {
        name: "name".to_owned(),
        profile: text("profile"),
        time: "time".to_owned(),
        groups: text("groups"),
        ..EventMapping::default()
    };
    let limits = Limits::default();
    let counted = Cell::new(0_u64);
    let mut send = |writes: Vec<Write>| {
        let mut written = Vec::new();
        for write in writes {
            let Write::Track(new) = write else { return Err("another write than an event".to_owned()) };
            let event = new.event;
            limits.check_id("id", &event.id).map_err(|invalid| invalid.to_string())?;
            limits.check_event_name("name", &event.name).map_err(|invalid| invalid.to_string())?;
            counted.set(counted.get() + 1);
            written.push(Written::Event { outcome: Outcome::Accepted, event: Arc::new(event) });
        }
        Ok(written)
    };
    let now = "2026-03-01T00:00:00Z".parse().expect("an instant");
    match import_events(&source, &mapping, now, &limits, &mut |_, _| (), &mut send) {
        Ok(report)
            if report.accepted == counted.get()
                && report.rows == report.accepted + report.duplicates + report.bad =>
        {
            Ok(())
        }
        Ok(report) => Err(format!("{report:?} while {} events were counted", counted.get())),
        Err(ImportError::Send(reason)) => Err(reason),
        Err(ImportError::Invalid(_) | ImportError::File { .. }) => Ok(()),
    }
}

#[test]
fn whatever_is_in_a_file_every_row_is_counted_once_and_what_is_sent_is_valid() {
    for line in corpus("files.txt") {
        let text = line.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        for format in [Format::Csv, Format::Tsv, Format::Ndjson, Format::Parquet] {
            import(text.as_bytes(), format).expect("an input of the corpus");
        }
    }
    for_a_while(&file(), |(bytes, format)| import(bytes, *format));
}
