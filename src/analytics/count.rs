//! Counts as GraphQL knows them: a 32-bit `Int`, or an error that names the field.

use crate::error::{Failure, Kind};

/// The count of a field as an `Int`; fails when it does not fit, naming the field.
pub fn int(field: &str, count: i64) -> Result<i32, Failure> {
    i32::try_from(count).map_err(|_| {
        let message = format!("{field} is {count}, more than an Int can hold; ask for a shorter range");
        Failure { argument: Some(field.to_owned()), ..Failure::new(Kind::Limited, message) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_above_an_int_names_its_field() {
        assert_eq!(int("events", 7).ok(), Some(7));
        assert!(int("events", 1 << 31).is_err_and(|failure| failure.argument.as_deref() == Some("events")));
    }
}
