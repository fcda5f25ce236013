//! What differs between the SQL of other engines, where a question reaches them: instants, days, texts, files.
//!
//! An engine that cannot bind gets values as literals. All but texts are numbers; a text is written so that the engine
//! reads the same one back, whatever it holds.

use chrono::NaiveDate;
use std::path::PathBuf;

/// Where an engine's machines find a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Place {
    /// On a file system that they see.
    File(PathBuf),
    /// In object storage, by its address.
    Object(String),
}

impl Place {
    /// What it is called in a URL, as a path would be taken for a pattern of names.
    fn url(&self) -> String {
        match self {
            Self::File(path) => {
                url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
            }
            Self::Object(url) => url.clone(),
        }
    }
}

/// The SQL of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Apache DataFusion, and Ballista, which runs it on many machines.
    #[default]
    DataFusion,
    /// ClickHouse.
    ClickHouse,
}

impl Dialect {
    /// An instant, microseconds UTC.
    pub(in crate::engine) fn instant(self, micros: i64) -> String {
        match self {
            // A literal would be read with nanoseconds, which end in 2262.
            Self::DataFusion => format!("to_timestamp_micros({micros})"),
            Self::ClickHouse => format!("fromUnixTimestamp64Micro({micros})"),
        }
    }

    /// A day.
    pub(in crate::engine) fn day(self, day: NaiveDate) -> String {
        match self {
            Self::DataFusion => format!("cast('{day}' as date)"),
            // It knows no others.
            Self::ClickHouse => {
                let first = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(day);
                let last = NaiveDate::from_ymd_opt(2299, 12, 31).unwrap_or(day);
                format!("toDate32('{}')", day.clamp(first, last))
            }
        }
    }

    /// The beginning of the day, hour, minute or second, in UTC, in which the instant of a column lies.
    pub(in crate::engine) fn beginning(self, unit: &str, column: &str) -> String {
        match self {
            Self::DataFusion => format!("date_trunc('{unit}', {column})"),
            Self::ClickHouse => format!("date_trunc('{unit}', {column}, 'UTC')"),
        }
    }

    /// A text.
    pub(in crate::engine) fn text(self, text: &str) -> String {
        match self {
            // Nothing but a quote has a meaning between quotes.
            Self::DataFusion => format!("'{}'", text.replace('\'', "''")),
            // A backslash has one as well.
            Self::ClickHouse => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }

    /// What is said once in a session, before anything is asked.
    pub(in crate::engine) fn preamble(self) -> &'static [&'static str] {
        match self {
            Self::DataFusion => &[
                // With it stages may be told a wrong schema, and a constant branch of a union makes a statement hang.
                "set ballista.planner.adaptive.enabled = false",
                // Without a limit what was once found in a folder is believed for as long as the session lives.
                "set datafusion.runtime.list_files_cache_ttl = '1s'",
            ],
            Self::ClickHouse => &[],
        }
    }

    /// Makes a file known under a name, where the engine wants that.
    pub(in crate::engine) fn attach(self, name: &str, place: &Place) -> Option<String> {
        match self {
            Self::DataFusion => {
                let location = self.text(&place.url());
                Some(format!(
                    "create external table if not exists {name} stored as parquet location {location}"
                ))
            }
            Self::ClickHouse => None,
        }
    }

    /// Forgets a name.
    pub(in crate::engine) fn detach(self, name: &str) -> Option<String> {
        match self {
            Self::DataFusion => Some(format!("drop table if exists {name}")),
            Self::ClickHouse => None,
        }
    }

    /// A file in a statement: its name, or else what reads it. `reading` is a text with `{file}` in the place of the
    /// path, for engines whose machines share a read in ways of their own.
    pub(in crate::engine) fn table(self, name: &str, place: &Place, reading: Option<&str>) -> String {
        let (file, usual) = match (self, place) {
            (Self::DataFusion, _) => return name.to_owned(),
            (Self::ClickHouse, Place::File(path)) => (path.display().to_string(), "file({file}, 'Parquet')"),
            (Self::ClickHouse, Place::Object(url)) => (url.clone(), "s3({file}, 'Parquet')"),
        };
        reading.unwrap_or(usual).replace("{file}", &self.text(&file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What an engine reads between quotes: where a backslash has a meaning, and where it has none.
    fn read(literal: &str, has_escapes: bool) -> Option<String> {
        let mut inner = literal.strip_prefix('\'')?.chars().peekable();
        let mut text = String::new();
        while let Some(c) = inner.next() {
            match c {
                '\'' if inner.peek() == Some(&'\'') => text.push(inner.next()?),
                // The end, if nothing is behind it.
                '\'' => return inner.next().is_none().then_some(text),
                '\\' if has_escapes => match inner.next()? {
                    escaped @ ('\\' | '\'') => text.push(escaped),
                    _ => return None,
                },
                c => text.push(c),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was_and_ends_where_it_ends(text in r#"['"\\\\a-c\n\x00;$%{} -]{0,24}|\PC{0,24}"#) {
            prop_assert_eq!(read(&Dialect::DataFusion.text(&text), false), Some(text.clone()));
            prop_assert_eq!(read(&Dialect::ClickHouse.text(&text), true), Some(text));
        }
    }

    #[test]
    fn a_file_is_a_name_or_what_reads_it() {
        let file = &Place::File(PathBuf::from("/data/it's/lake/x_1.parquet"));
        assert_eq!(Dialect::DataFusion.table("m_1", file, None), "m_1");
        assert_eq!(
            Dialect::DataFusion.attach("m_1", file).as_deref(),
            Some(
                "create external table if not exists m_1 stored as parquet location 'file:///data/it''s/lake/x_1.parquet'"
            )
        );
        assert_eq!(
            Dialect::ClickHouse.table("m_1", file, None),
            "file('/data/it\\'s/lake/x_1.parquet', 'Parquet')"
        );
        let cluster = Some("fileCluster('all', {file}, 'Parquet')");
        assert_eq!(
            Dialect::ClickHouse.table("m_1", file, cluster),
            "fileCluster('all', '/data/it\\'s/lake/x_1.parquet', 'Parquet')"
        );
        let object = &Place::Object("s3://lake/derived/x_1.parquet".to_owned());
        assert_eq!(
            Dialect::DataFusion.attach("m_1", object).as_deref(),
            Some(
                "create external table if not exists m_1 stored as parquet location 's3://lake/derived/x_1.parquet'"
            )
        );
        assert_eq!(
            Dialect::ClickHouse.table("m_1", object, None),
            "s3('s3://lake/derived/x_1.parquet', 'Parquet')"
        );
    }
}
