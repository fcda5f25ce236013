//! A question as a GraphQL document with a variable for each of its arguments.

use super::analyses::{Analysis, Argument};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The document of a question under a name. What is `given`, or else the argument's own default, becomes the default of
/// its variable, so that the document asks the same by itself; a description becomes the comment that it begins with.
pub(super) fn document(
    analysis: &Analysis,
    name: &str,
    description: &str,
    given: &Map<String, Value>,
) -> String {
    let mut text = String::new();
    for line in description.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# {line}");
    }
    let variable = |argument: &Argument| {
        // A variable without a value is null to its argument, whatever the argument's default.
        let default = given.get(&argument.name).or(argument.default.as_ref());
        let default = default.map(|value| format!(" = {}", literal(value))).unwrap_or_default();
        // What has a default in the schema must stay open, or it would have to be given.
        let of = if argument.default.is_some() {
            argument.type_name.trim_end_matches('!')
        } else {
            &argument.type_name
        };
        format!("${}: {of}{default}", argument.name)
    };
    let variables: Vec<String> = analysis.arguments.iter().map(variable).collect();
    let arguments: Vec<String> =
        analysis.arguments.iter().map(|argument| format!("{0}: ${0}", argument.name)).collect();
    let (variables, arguments) = (in_brackets(&variables), in_brackets(&arguments));
    let (field, columns) = (&analysis.field, analysis.columns.join(" "));
    let _ = write!(text, "query {name}{variables} {{\n  {field}{arguments} {{\n    {columns}\n  }}\n}}\n");
    text
}

fn in_brackets(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
}

/// A value as GraphQL writes it. Those of arguments are texts, numbers, truths and lists of them.
fn literal(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    #[test]
    fn the_document_asks_the_same_by_itself_and_is_one_whatever_is_given() {
        let argument = |name: &str, type_name: &str, default: Option<Value>| Argument {
            name: name.to_owned(),
            title: String::new(),
            description: String::new(),
            base: type_name.trim_end_matches('!').to_owned(),
            type_name: type_name.to_owned(),
            default,
            choices: Vec::new(),
            is_common: false,
        };
        let analysis = Analysis {
            field: "trendTable".to_owned(),
            title: "Trend".to_owned(),
            description: String::new(),
            arguments: vec![
                argument("from", "Date!", None),
                argument("first", "Int", Some(json!(100))),
                argument("events", "String", None),
            ],
            columns: vec!["localDate".to_owned(), "value".to_owned()],
        };
        let given = json!({"from": "2026-01-01", "events": "a\"b\\,c\n}{ #"});
        let given = given.as_object().expect("an object");
        let text = document(&analysis, "Mine", "What it is.\n\n} mutation X", given);
        assert_eq!(
            text,
            "# What it is.\n# } mutation X\nquery Mine($from: Date! = \"2026-01-01\", $first: Int = 100, $events: String = \"a\\\"b\\\\,c\\n}{ #\") {\n  \
             trendTable(from: $from, first: $first, events: $events) {\n    localDate value\n  }\n}\n"
        );
        assert_eq!(parse_query(&text).expect("a document").operations.iter().count(), 1);
    }
}
