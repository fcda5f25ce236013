//! Rows on their way out: CSV for programs, a drawn table for people.

use super::{Column, Layout};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::Value;

/// How texts begin that spreadsheets may calculate.
const FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// An answer's rows as CSV with a header line (RFC 4180, UTF-8, lines end in a line feed).
///
/// Null is an empty cell. A text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-` or `@`, in
/// full width too, with a tab or a line end, and is no number) gets an apostrophe before it, as OWASP advises against
/// CSV injection: names and properties come from a product's users. The other formats hold every text as it is.
pub fn to_csv(layout: &Layout, data: &Value) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(layout.columns.iter().map(|column| column.name.as_str()))?;
    for row in layout.rows(data) {
        writer.write_record(row.into_iter().map(|value| guarded(text(value))))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// An answer's rows as a table for a terminal. Numbers stand to the right.
#[must_use]
pub fn to_terminal(layout: &Layout, data: &Value) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(layout.columns.iter().map(|column| aligned(column, column.name.clone())));
    for row in layout.rows(data) {
        let cells = layout.columns.iter().zip(row);
        table.add_row(cells.map(|(column, value)| aligned(column, printable(&text(value)))));
    }
    table.to_string()
}

fn aligned(column: &Column, text: String) -> Cell {
    let alignment = if column.kind.is_number() { CellAlignment::Right } else { CellAlignment::Left };
    Cell::new(text).set_alignment(alignment)
}

/// A value as a cell's text: texts as they are, null as nothing, lists and objects as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn guarded(text: String) -> String {
    let is_formula = text.starts_with(FORMULAS) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

/// A text without control characters: they could move the cursor or write over other cells.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::*;
    use serde_json::json;

    fn layout() -> Layout {
        let column = |name: &str, kind| Column {
            name: name.to_owned(),
            type_name: String::new(),
            kind,
            path: vec![name.to_owned()],
        };
        let columns = vec![column("name", Kind::Text), column("users", Kind::Int)];
        Layout { way: vec!["t".to_owned()], columns }
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        let names = ["=1+1", "+49", "-3", "@x", "\tx", "a,\"b\"", "-x", "＝1"];
        let rows: Vec<Value> = names.iter().map(|name| json!({"name": name, "users": -1})).collect();
        let csv = to_csv(&layout(), &json!({"t": rows})).expect("written");
        let csv = String::from_utf8(csv).expect("UTF-8");
        assert_eq!(
            csv,
            "name,users\n'=1+1,-1\n+49,-1\n-3,-1\n'@x,-1\n'\tx,-1\n\"a,\"\"b\"\"\",-1\n'-x,-1\n'＝1,-1\n"
        );
    }

    #[test]
    fn an_empty_answer_still_has_its_header() {
        assert_eq!(to_csv(&layout(), &json!({"t": []})).expect("written"), b"name,users\n");
    }

    #[test]
    fn a_terminal_table_has_numbers_to_the_right_and_no_control_characters() {
        let table = to_terminal(&layout(), &json!({"t": [{"name": "a\u{1b}[2J", "users": 7}]}));
        assert!(
            table.contains("a [2J") && table.contains("     7 ┆") || table.contains("     7 │"),
            "{table}"
        );
        assert!(!table.contains('\u{1b}'));
    }
}
