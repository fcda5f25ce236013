//! Pages of a list: the links to the first, the page before and the next.
//!
//! Lists go forwards by cursors. The way back is in the address: the field [`BACK`] has the cursors by which one came,
//! with points between them. Without it, or where it begins with a point because it became too long, only the first
//! page can be gone back to.

use super::form::Fields;
use maud::{Markup, html};
use serde::Deserialize;

/// The field with the cursor behind which the page begins.
pub const AFTER: &str = "after";

/// The field with the cursors of the pages before.
pub const BACK: &str = "back";

/// Cursors in an address, at most.
const MOST: usize = 20;

/// Where a page stands in its list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    /// Whether there is more behind it.
    pub has_next_page: bool,
    /// Behind what the next page begins.
    pub end_cursor: Option<String>,
}

/// What the links are called.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// To the first page.
    pub first: &'static str,
    /// To the page before.
    pub previous: &'static str,
    /// To the next page.
    pub next: &'static str,
}

impl Words {
    /// Of a list in any order.
    pub const PAGES: Self = Self { first: "First page", previous: "Previous page", next: "Next page" };

    /// Of a list with the newest first.
    pub const AGES: Self = Self { first: "Newest", previous: "Newer", next: "Older" };
}

impl PageInfo {
    /// The links. `fields` are those of the page, `to` makes the address of the same list with fields of this module.
    #[must_use]
    pub fn links(&self, words: Words, fields: &Fields, to: impl Fn(&[(&str, &str)]) -> String) -> Markup {
        let way = Way::read(fields);
        let next = self.end_cursor.as_deref().filter(|_| self.has_next_page);
        let link = |place: &Way| {
            to(&place.pairs().iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
        };
        html! {
            nav.pages aria-label="Pages" {
                @if !way.is_first() { a.button href=(to(&[])) rel="first" { (words.first) } }
                @if let Some(before) = way.previous() { a.button href=(link(&before)) rel="prev" { (words.previous) } }
                @if let Some(next) = next { a.button href=(link(&way.next(next))) rel="next" { (words.next) } }
            }
        }
    }
}

/// The cursors by which one came to a page; none on the first. An empty one stands for those that were forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way(Vec<String>);

impl Way {
    fn read(fields: &Fields) -> Self {
        let Some(after) = fields.filled(AFTER) else { return Self(Vec::new()) };
        let mut cursors: Vec<String> = match fields.filled(BACK) {
            Some(back) => back.split('.').map(str::to_owned).collect(),
            None => Vec::new(),
        };
        cursors.push(after.to_owned());
        Self(cursors)
    }

    fn is_first(&self) -> bool {
        self.0.is_empty()
    }

    fn next(&self, cursor: &str) -> Self {
        let mut cursors = self.0.clone();
        cursors.push(cursor.to_owned());
        let surplus = cursors.len().saturating_sub(MOST);
        if surplus > 0 {
            cursors.drain(..surplus);
            cursors[0] = String::new();
        }
        Self(cursors)
    }

    fn previous(&self) -> Option<Self> {
        let (_, before) = self.0.split_last()?;
        (before.last().map(String::as_str) != Some("")).then(|| Self(before.to_vec()))
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let Some((after, back)) = self.0.split_last() else { return Vec::new() };
        let mut pairs = vec![(AFTER, after.clone())];
        if !back.is_empty() {
            pairs.push((BACK, back.join(".")));
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::show::query_string;

    fn read(way: &Way) -> Way {
        let pairs = way.pairs();
        let text = query_string(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        Way::read(&Fields::parse(text.as_bytes()))
    }

    #[test]
    fn one_goes_back_by_the_way_one_came() {
        let mut ways = vec![read(&Way(Vec::new()))];
        assert!(ways[0].is_first() && ways[0].previous().is_none());
        for page in 1..MOST {
            let next = read(&ways[page - 1].next(&format!("c-_{page}")));
            assert_eq!(next.previous().as_ref(), Some(&ways[page - 1]), "page {page}");
            ways.push(next);
        }
    }

    #[test]
    fn a_long_way_forgets_its_beginning_and_never_leads_to_a_wrong_page() {
        let mut way = Way(Vec::new());
        for page in 0..100 {
            way = read(&way.next(&page.to_string()));
            assert!(way.0.len() <= MOST);
        }
        for page in (100 - MOST + 1..99).rev() {
            way = way.previous().expect("the page before");
            assert_eq!(way.0.last(), Some(&page.to_string()));
        }
        assert!(way.previous().is_none() && !way.is_first());
    }
}
