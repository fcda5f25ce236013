//! Formulas over series: `+ - * /`, parentheses, numbers and names.
//!
//! `*` and `/` bind first, equals from left to right; `-` may lead. Division by zero, an operand that is null, and a
//! result that is not finite give null. (Expression libraries were looked at: they divide whole numbers as whole
//! numbers, know no null, and bring functions and assignments that would have to be refused.)
//!
//! ```text
//! sum = product { ("+" | "-") product };  product = sign { ("*" | "/") sign };  sign = "-" sign | "(" sum ")" | number | name
//! ```

/// A formula; series are known by their place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Formula {
    Number(f64),
    Series(usize),
    Negative(Box<Formula>),
    Pair(Box<Formula>, Sign, Box<Formula>),
}

/// What is done to a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
}

/// Characters of a formula, at most; parentheses nest no deeper than it is long.
const LONGEST: usize = 500;

/// Parentheses and signs within each other, at most.
const DEEPEST: usize = 50;

impl Formula {
    /// Reads a formula; `names` are the series. The complaint says what is wrong with it.
    pub(super) fn parse(text: &str, names: &[String]) -> Result<Self, String> {
        let length = text.chars().count();
        if length == 0 || length > LONGEST {
            return Err(format!("has {length} characters; write 1 to {LONGEST}"));
        }
        let mut reader = Reader { rest: text, names, depth: 0 };
        let formula = reader.sum()?;
        match reader.peek() {
            None => Ok(formula),
            Some(other) => Err(format!("has an unexpected \"{other}\"; write such as \"A / B\"")),
        }
    }

    /// Its value, given those of the series.
    pub(super) fn value(&self, series: &impl Fn(usize) -> Option<f64>) -> Option<f64> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Series(place) => series(*place)?,
            Self::Negative(inner) => -inner.value(series)?,
            Self::Pair(left, sign, right) => {
                let (left, right) = (left.value(series)?, right.value(series)?);
                match sign {
                    Sign::Plus => left + right,
                    Sign::Minus => left - right,
                    Sign::Times => left * right,
                    Sign::Over if right == 0.0 => return None,
                    Sign::Over => left / right,
                }
            }
        };
        value.is_finite().then_some(value)
    }
}

/// Reads from left to right.
struct Reader<'t> {
    rest: &'t str,
    names: &'t [String],
    depth: usize,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    /// Takes a sign if it comes next.
    fn take(&mut self, signs: &[(char, Sign)]) -> Option<Sign> {
        let next = self.peek()?;
        let (_, sign) = signs.iter().find(|(char, _)| *char == next)?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(*sign)
    }

    /// Takes the characters that belong together.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn sum(&mut self) -> Result<Formula, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&[('+', Sign::Plus), ('-', Sign::Minus)]) {
            left = Formula::Pair(Box::new(left), sign, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Formula, String> {
        let mut left = self.sign()?;
        while let Some(sign) = self.take(&[('*', Sign::Times), ('/', Sign::Over)]) {
            left = Formula::Pair(Box::new(left), sign, Box::new(self.sign()?));
        }
        Ok(left)
    }

    fn sign(&mut self) -> Result<Formula, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("nests deeper than {DEEPEST} levels; write it flatter"));
        }
        let formula = match self.peek() {
            Some('-') => {
                self.rest = &self.rest[1..];
                Formula::Negative(Box::new(self.sign()?))
            }
            Some('(') => {
                self.rest = &self.rest[1..];
                let inner = self.sum()?;
                if self.peek() != Some(')') {
                    return Err("has a \"(\" that is not closed; add a \")\"".to_owned());
                }
                self.rest = &self.rest[1..];
                inner
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let word = self.word(|c| c.is_ascii_digit() || c == '.');
                let number = word.parse().map_err(|_| format!("has \"{word}\", which is no number"))?;
                Formula::Number(number)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let word = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
                let place = self.names.iter().position(|name| name == word);
                let known = || format!("names \"{word}\"; the series are {}", self.names.join(", "));
                Formula::Series(place.ok_or_else(known)?)
            }
            Some(other) => return Err(format!("has an unexpected \"{other}\"; write such as \"A / B\"")),
            None => return Err("ends where a number, a name or a \"(\" is wanted".to_owned()),
        };
        self.depth -= 1;
        Ok(formula)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Option<f64>, String> {
        let names = ["A".to_owned(), "B".to_owned(), "nothing".to_owned()];
        Ok(Formula::parse(text, &names)?.value(&|place| [Some(6.0), Some(4.0), None][place]))
    }

    #[test]
    fn formulas_bind_as_they_do_on_paper() {
        for (text, expected) in [
            ("A / B", Some(1.5)),
            ("A - B - 1", Some(1.0)),
            ("A / B / 3", Some(0.5)),
            ("1 + A * 2", Some(13.0)),
            ("(1 + A) * 2", Some(14.0)),
            ("-A + B", Some(-2.0)),
            ("--A", Some(6.0)),
            ("2*-B", Some(-8.0)),
            (".5 * A", Some(3.0)),
            ("A / (B - 4)", None),
            ("A + nothing", None),
            ("A / 0.0", None),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_formula_is_told() {
        for text in ["", "A +", "(A", "A)", "C", "1.2.3", "A ? B", "A B", "é"] {
            assert!(value(text).is_err(), "{text}");
        }
        assert!(value(&"(".repeat(400)).is_err_and(|message| message.contains("flatter")));
        assert!(value(&"1+".repeat(400)).is_err_and(|message| message.contains("characters")));
    }
}
