//! Values as they stand in a statement.
//!
//! A statement is planned when it is prepared. DuckDB 2.0 throws that plan away and makes another one when it runs, as soon
//! as it reads a table: what tables hold may have come into the plan. Planning is most of what a small question costs. So
//! values are written into the statement where their text is sure to mean them, and a statement that has no parameters
//! left is itself the parameter of one that is prepared in no time, as there is nothing to plan before its text is known.

use super::Value;
use duckdb::{Connection, Statement};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Texts of a list that are written out, at most: reading a statement takes time as well.
const MOST_TEXTS: usize = 200;

/// Runs the statement that its parameter is.
const ANY: &str = "from query($statement)";

/// A statement with its values: those in its text, and those that are bound.
#[derive(Debug)]
pub(super) struct Filled<'v> {
    sql: String,
    bound: HashMap<&'v str, &'v Value>,
}

impl Filled<'_> {
    /// The statement, ready to run with what is bound to it.
    pub(super) fn prepare(
        self,
        connection: &Connection,
    ) -> duckdb::Result<(Statement<'_>, HashMap<String, Value>)> {
        if self.bound.is_empty() {
            let bound = HashMap::from([("statement".to_owned(), Value::Text(self.sql))]);
            return Ok((connection.prepare(ANY)?, bound));
        }
        let own = |(name, value): (&str, &Value)| (name.to_owned(), value.clone());
        Ok((connection.prepare(&self.sql)?, self.bound.into_iter().map(own).collect()))
    }
}

/// The statement with the values that can be written in the place of their `$name`, and the others that it names.
pub(super) fn filled<'v>(sql: &str, params: &'v HashMap<String, Value>) -> Filled<'v> {
    let literals: HashMap<&str, String> =
        params.iter().filter_map(|(name, value)| Some((name.as_str(), literal(value)?))).collect();
    let mut bound = HashMap::new();
    let mut filled = String::with_capacity(sql.len() * 2);
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '-', '$']) {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes() {
            [quote @ (b'\'' | b'"'), ..] => closing(rest, char::from(*quote)),
            [b'-', b'-', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'$', ..] => {
                let name = name(&rest[1..]);
                if let Some(literal) = literals.get(name) {
                    filled.push_str(literal);
                    rest = &rest[1 + name.len()..];
                    continue;
                }
                bound.extend(params.get_key_value(name).map(|(name, value)| (name.as_str(), value)));
                1 + name.len()
            }
            _ => 1,
        };
        filled.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    filled.push_str(rest);
    Filled { sql: filled, bound }
}

/// The bytes of a quoted text, its quotes included. A quote that is doubled in it closes one and opens the next.
fn closing(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

/// The name at the beginning of a text.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// A value as an expression of its own type; `None` where only a parameter is sure to be it.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Text(text) => Some(format!("{}::varchar", quoted(text)?)),
        Value::Double(number) => number.is_finite().then(|| format!("'{number:?}'::double")),
        Value::List(items) => list(items),
        number => whole(number).map(|(number, kind)| format!("'{number}'::{kind}")),
    }
}

/// A whole number and its type.
fn whole(value: &Value) -> Option<(i128, &'static str)> {
    match value {
        Value::Int(number) => Some((i128::from(*number), "integer")),
        Value::UInt(number) => Some((i128::from(*number), "uinteger")),
        Value::BigInt(number) => Some((i128::from(*number), "bigint")),
        Value::UBigInt(number) => Some((i128::from(*number), "ubigint")),
        _ => None,
    }
}

/// A list: whole numbers of one type as one text, which is read faster than as many expressions.
fn list(items: &[Value]) -> Option<String> {
    if let Some((_, kind)) = items.first().and_then(whole) {
        let mut numbers = String::from("'[");
        for (place, item) in items.iter().enumerate() {
            let (number, _) = whole(item).filter(|(_, other)| *other == kind)?;
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(numbers, "{comma}{number}");
        }
        return Some(format!("{numbers}]'::{kind}[]"));
    }
    if items.is_empty() || items.len() > MOST_TEXTS {
        return None;
    }
    let text = |item: &Value| match item {
        Value::Text(text) => quoted(text),
        _ => None,
    };
    let texts: Vec<String> = items.iter().map(text).collect::<Option<_>>()?;
    Some(format!("[{}]::varchar[]", texts.join(", ")))
}

/// A text in quotes, its own doubled: nothing else has a meaning in one. What holds a zero would end the statement.
fn quoted(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| format!("'{}'", text.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(values: &[(&str, Value)]) -> HashMap<String, Value> {
        values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn only_parameters_are_filled_in() {
        let params = params(&[("a", Value::BigInt(-7)), ("ab", Value::Text("it's $a".to_owned()))]);
        let sql = "select $a, '$a ''$a', \"$a\", 1 - $ab -- it's $a\n, $abc, $a";
        let expected = "select '-7'::bigint, '$a ''$a', \"$a\", 1 - 'it''s $a'::varchar -- it's $a\n, $abc, '-7'::bigint";
        let filled = filled(sql, &params);
        assert_eq!((filled.sql.as_str(), filled.bound.len()), (expected, 0));
    }

    /// What the engine makes of a statement with one value.
    fn asked(sql: &str, value: &Value) -> Value {
        let connection = Connection::open_in_memory().expect("an engine");
        let params = params(&[("it", value.clone()), ("other", Value::UInt(1))]);
        let (mut statement, bound) = filled(sql, &params).prepare(&connection).expect(sql);
        statement.query_row(&bound, |row| row.get(0)).expect(sql)
    }

    #[test]
    fn the_engine_reads_each_value_as_it_was() {
        let texts = ["", "it's", "''; select 1 --", "a\\'b", "\"$1\"", "ünï🦆\n\t", "\u{2019}", "'"];
        let mut values: Vec<Value> = texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
        values.push(Value::List(values.clone()));
        values.extend([i64::MIN, -1, 0, i64::MAX].map(Value::BigInt));
        values.extend([u64::MAX].map(Value::UBigInt));
        values.extend([0.1, -1e300, 5e-324, 1.0 / 3.0, 123_456_789.123_456_79].map(Value::Double));
        values.extend([Value::Boolean(true), Value::UInt(7), Value::Int(-7)]);
        values.push(Value::List(vec![Value::UInt(1), Value::UInt(u32::MAX)]));
        values.push(Value::List(vec![Value::BigInt(i64::MIN), Value::BigInt(3)]));
        for value in values {
            assert_eq!(asked("select $it", &value), value);
        }
        assert_eq!(asked("select $it is null", &Value::Null), Value::Boolean(true));
    }

    #[test]
    fn what_cannot_be_written_stays_a_parameter() {
        let many = Value::List(vec![Value::Text("x".to_owned()); MOST_TEXTS + 1]);
        let mixed = Value::List(vec![Value::UInt(1), Value::BigInt(1)]);
        for value in
            [Value::Text("a\0b".to_owned()), Value::Double(f64::NAN), many, mixed, Value::Blob(vec![1])]
        {
            let params = params(&[("it", value.clone())]);
            let filled = filled("$it", &params);
            assert_eq!((filled.sql.as_str(), filled.bound.keys().collect::<Vec<_>>()), ("$it", vec![&"it"]));
        }
        let zero = Value::Text("a\0b".to_owned());
        assert_eq!(asked("select $it || $other", &zero), Value::Text("a\0b1".to_owned()));
    }

    #[test]
    fn rows_keep_their_order() {
        let connection = Connection::open_in_memory().expect("an engine");
        let none = HashMap::new();
        let sql = "with numbers as (select range as n from range(100000)) select n from numbers order by n % 7, n desc";
        let (mut statement, bound) = filled(sql, &none).prepare(&connection).expect("a statement");
        let found = statement.query_map(&bound, |row| row.get::<_, i64>(0)).expect("an answer");
        let found: Vec<i64> = found.map(|number| number.expect("a number")).collect();
        let mut expected = found.clone();
        expected.sort_by_key(|n| (n % 7, -n));
        assert_eq!((found.len(), found), (100_000, expected));
    }
}
