//! Counts as GraphQL knows them: a 32-bit `Int`, or an error that names the field.

use crate::error::{Failure, Kind};

/// The count of a field as an `Int`; fails when it does not fit, naming the field.
pub fn int<Count: TryInto<i32> + Copy + std::fmt::Display>(
    field: &str,
    count: Count,
) -> Result<i32, Failure> {
    count.try_into().map_err(|_| {
        let message = format!("{field} is {count}, more than an Int can hold; ask for a shorter range");
        Failure { argument: Some(field.to_owned()), ..Failure::new(Kind::Limited, message) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_above_an_int_names_its_field() {
        assert_eq!(int("events", 7_i64).ok(), Some(7));
        assert!(
            int("events", 1_i64 << 31).is_err_and(|failure| failure.argument.as_deref() == Some("events"))
        );
    }
}
