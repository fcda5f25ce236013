//! How much memory an answer takes, about.

use super::{Kept, Key};
use async_graphql::{Name, Response, Value};
use quick_cache::Weighter;
use std::sync::Arc;

/// Bytes of an entry in the hash table and the list of an object, beside name and value.
const ENTRY_BYTES: usize = 24;

/// Weighs answers by their bytes.
#[derive(Debug, Clone)]
pub(super) struct Weight;

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, _: &Key, kept: &Arc<Kept>) -> u64 {
        weight(&kept.response)
    }
}

/// The bytes of an answer with all that is kept beside it.
pub(super) fn weight(response: &Response) -> u64 {
    let bytes = size_of::<Key>() + size_of::<Kept>() + size_of::<Response>() + of(&response.data);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn of(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(of).sum(),
        // The names are the document's, shared by all rows.
        Value::Object(fields) => {
            fields.values().map(|field| ENTRY_BYTES + size_of::<Name>() + of(field)).sum()
        }
        Value::Binary(bytes) => bytes.len(),
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) => 0,
    };
    size_of::<Value>() + inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::value;

    #[test]
    fn an_answer_weighs_more_with_every_row_and_every_character() {
        let row = value!({"id": "acme", "n": 1});
        let short = weight(&Response::new(Value::List(vec![row.clone()])));
        let long = weight(&Response::new(Value::List(vec![row; 1001])));
        assert!(long - short >= 1000 * 100, "{short} {long}");
        let text = weight(&Response::new(value!({"id": "x".repeat(5000)})));
        assert!(text > 5000 + weight(&Response::new(Value::Null)));
    }
}
