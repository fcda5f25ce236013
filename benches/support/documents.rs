//! The questions: one GraphQL document each in `benches/documents`, which the peers' scripts read too.
//!
//! The first line is a comment with the title. A line `# Needs: FIELD` names a field that the schema may lack; then
//! the question is left out. A line `# Decodes: COLUMN…` names the columns of events that the question needs
//! (`decoding.rs`).

use super::Result;
use super::client::Client;
use super::dataset::Manifest;
use serde_json::{Map, Value, json};
use std::path::Path;

/// One question.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// Such as `Q1`.
    pub(crate) name: String,
    /// What it asks.
    pub(crate) title: String,
    /// The columns of events it needs, where daily sums do not tell.
    pub(crate) decodes: Vec<String>,
    needs: Option<String>,
    document: String,
}

impl Question {
    /// All of them, by name.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let mut questions = Vec::new();
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/documents"))? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let document = std::fs::read_to_string(&path)?;
            let comment = |mark: &str| document.lines().find_map(|line| line.strip_prefix(mark));
            let title = comment("# ").unwrap_or_default().to_owned();
            let needs = comment("# Needs: ").map(str::to_owned);
            let decodes = comment("# Decodes: ").unwrap_or_default().split_whitespace();
            let decodes = decodes.map(str::to_owned).collect();
            questions.push(Self { name, title, decodes, needs, document });
        }
        questions.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(questions)
    }

    /// Those that the server can be asked; of the others a line says why not.
    pub(crate) async fn askable(client: &Client) -> Result<Vec<Self>> {
        let schema = client.ask("{ __schema { queryType { fields { name } } } }", &json!({})).await?;
        let fields = schema["__schema"]["queryType"]["fields"].as_array().cloned().unwrap_or_default();
        let has = |field: &String| fields.iter().any(|known| known["name"] == **field);
        let (askable, others): (Vec<Self>, Vec<Self>) =
            Self::all()?.into_iter().partition(|question| question.needs.as_ref().is_none_or(has));
        for Self { name, title, needs, .. } in others {
            let needs = needs.unwrap_or_default();
            println!("{name} ({title}) is skipped: the schema has no field `{needs}`\n");
        }
        Ok(askable)
    }

    /// The range it asks about, if any.
    pub(crate) fn range<'m>(&self, manifest: &'m Manifest) -> Option<(&'m str, &'m str)> {
        let has = |name: &str| self.document.contains(&format!("${name}:"));
        let from = if has("from30") { manifest.from30.as_str() } else { manifest.from.as_str() };
        has("to").then_some((from, manifest.to.as_str()))
    }

    /// The request's body. Of the data set's variables it has those that the document names.
    pub(crate) fn body(&self, manifest: &Manifest) -> String {
        let Manifest { from, to, from30, company, companies, .. } = manifest;
        let fixed = [("from", from), ("to", to), ("from30", from30), ("company", company)];
        let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
        let numbered = companies.iter().enumerate().map(|(number, id)| (format!("g{number:02}"), id));
        let named = fixed.chain(numbered).filter(|(name, _)| self.document.contains(&format!("${name}:")));
        let variables: Map<String, Value> = named.map(|(name, value)| (name, json!(value))).collect();
        json!({ "query": self.document, "variables": variables }).to_string()
    }
}
