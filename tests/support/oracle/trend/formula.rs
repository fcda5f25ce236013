//! Formulas over series.

use crate::support::oracle::random::one;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Formula {
    /// The value of a series.
    Series(String),
    /// A number as it is written.
    Number(&'static str),
    /// The opposite.
    Minus(Box<Formula>),
    /// `+`, `-`, `*` or `/` of two.
    Of(Box<Formula>, char, Box<Formula>),
}

impl Formula {
    /// Its value; none when a series has none, and by zero nothing is divided.
    pub(super) fn value(&self, series: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Series(name) => series(name),
            Self::Number(digits) => Some(digits.parse().expect("a number")),
            Self::Minus(of) => Some(-of.value(series)?),
            Self::Of(left, operator, right) => {
                let (left, right) = (left.value(series)?, right.value(series)?);
                match operator {
                    '+' => Some(left + right),
                    '-' => Some(left - right),
                    '*' => Some(left * right),
                    _ => (right != 0.0).then(|| left / right),
                }
            }
        }
    }

    /// As text, with the parentheses it needs: `*` and `/` bind before `+` and `-`, else from left to right.
    pub(super) fn text(&self) -> String {
        let wrapped = |formula: &Self, least: u8| {
            if formula.binds() < least { format!("({})", formula.text()) } else { formula.text() }
        };
        match self {
            Self::Series(name) => name.clone(),
            Self::Number(digits) => (*digits).to_owned(),
            Self::Minus(of) => format!("-{}", wrapped(of, 3)),
            Self::Of(left, operator, right) => {
                let own = self.binds();
                format!("{} {operator} {}", wrapped(left, own), wrapped(right, own + 1))
            }
        }
    }

    /// How tightly it binds.
    fn binds(&self) -> u8 {
        match self {
            Self::Of(_, '+' | '-', _) => 1,
            Self::Of(..) => 2,
            Self::Minus(_) | Self::Series(_) | Self::Number(_) => 3,
        }
    }

    /// A drawn formula over some of the names, with so many levels at most.
    pub(super) fn drawn(rng: &mut ChaCha8Rng, names: &[String], levels: u32) -> Self {
        let part = |rng: &mut ChaCha8Rng| Box::new(Self::drawn(rng, names, levels - 1));
        match rng.random_range(0..8) {
            _ if levels == 0 => Self::Series(one(rng, names)),
            0 => Self::Series(one(rng, names)),
            1 => Self::Number(one(rng, &["0", "2", "100", "0.5"])),
            2 => Self::Minus(part(rng)),
            _ => Self::Of(part(rng), one(rng, &['+', '-', '*', '/', '/']), part(rng)),
        }
    }
}

#[test]
fn parentheses_stand_where_they_are_needed() {
    let number = |digits| Box::new(Formula::Number(digits));
    let of = |left, operator, right| Box::new(Formula::Of(left, operator, right));
    let sum = || of(number("1"), '+', number("2"));
    let told = |formula: Box<Formula>| (formula.text(), formula.value(&|_| None));
    assert_eq!(told(of(sum(), '*', number("3"))), ("(1 + 2) * 3".to_owned(), Some(9.0)));
    assert_eq!(told(of(number("3"), '*', sum())), ("3 * (1 + 2)".to_owned(), Some(9.0)));
    assert_eq!(told(of(sum(), '-', sum())), ("1 + 2 - (1 + 2)".to_owned(), Some(0.0)));
    assert_eq!(told(Box::new(Formula::Minus(sum()))), ("-(1 + 2)".to_owned(), Some(-3.0)));
    let ratio = of(of(number("8"), '/', number("4")), '/', number("2"));
    assert_eq!(told(ratio), ("8 / 4 / 2".to_owned(), Some(1.0)));
    assert_eq!(told(of(number("8"), '/', number("0"))), ("8 / 0".to_owned(), None));
    let series = of(Box::new(Formula::Series("A".to_owned())), '-', number("1"));
    assert_eq!(series.value(&|_| Some(3.0)), Some(2.0));
    assert_eq!(series.value(&|_| None), None);
}
