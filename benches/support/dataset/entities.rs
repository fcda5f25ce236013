//! The groups and profiles of the population as the columns of Parquet files.

use super::population::{Person, Population};
use super::vocabulary::PLANS;
use arrow::array::{ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::error::ArrowError;
use std::sync::Arc;

/// One row a group: id, type, name and three properties. The parent of a company is null.
pub(crate) fn groups(population: &Population) -> Result<RecordBatch, ArrowError> {
    let parents_of =
        |companies: &[usize]| -> Vec<Option<usize>> { companies.iter().copied().map(Some).collect() };
    let kinds = [
        ("company", "Company", &population.company_ids, vec![None; population.company_ids.len()]),
        ("workspace", "Workspace", &population.workspace_ids, parents_of(&population.workspace_company)),
        ("team", "Team", &population.team_ids, parents_of(&population.team_company)),
    ];
    let (mut ids, mut types, mut names, mut parents) = (vec![], vec![], vec![], vec![]);
    for (kind, title, of_kind, companies) in kinds {
        for (number, (id, company)) in of_kind.iter().zip(companies).enumerate() {
            ids.push(id.as_str());
            types.push(kind);
            names.push(format!("{title} {number}"));
            parents.push(company.map(|company| population.company_ids[company].as_str()));
        }
    }
    let plans = (0..ids.len()).map(|number| PLANS[number * 7919 % 4]);
    let seats = (0..500).cycle().step_by(31).take(ids.len());
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(StringArray::from_iter_values(&ids))),
        ("type", Arc::new(StringArray::from(types))),
        ("name", Arc::new(StringArray::from_iter_values(names))),
        ("plan", Arc::new(StringArray::from_iter_values(plans))),
        ("seats", Arc::new(Int64Array::from_iter_values(seats))),
        ("parent", Arc::new(StringArray::from(parents))),
    ];
    RecordBatch::try_from_iter(columns)
}

/// One row a profile: id and address.
pub(crate) fn profiles(population: &Population) -> Result<RecordBatch, ArrowError> {
    let ids = &population.profile_ids;
    let columns: [(&str, ArrayRef); 2] = [
        ("id", Arc::new(StringArray::from_iter_values(ids))),
        ("email", Arc::new(StringArray::from_iter_values(ids.iter().map(|id| format!("{id}@mail.example"))))),
    ];
    RecordBatch::try_from_iter(columns)
}

/// One row a profile: the groups that it is a member of.
pub(crate) fn memberships(population: &Population) -> Result<RecordBatch, ArrowError> {
    let mut groups = ListBuilder::new(StringBuilder::new());
    for person in &population.people {
        for id in groups_of(population, person) {
            groups.values().append_value(id);
        }
        groups.append(true);
    }
    let columns: [(&str, ArrayRef); 2] = [
        ("profile_id", Arc::new(StringArray::from_iter_values(&population.profile_ids))),
        ("groups", Arc::new(groups.finish())),
    ];
    RecordBatch::try_from_iter(columns)
}

/// The groups that a person is a member of, each once.
pub(crate) fn groups_of<'a>(population: &'a Population, person: &Person) -> Vec<&'a str> {
    let companies = person.companies.map(|company| population.company_ids[company].as_str());
    let workspaces = person.workspaces.map(|workspace| population.workspace_ids[workspace].as_str());
    let mut groups: Vec<&str> = companies.into_iter().chain(workspaces).collect();
    groups.push(&population.team_ids[person.team]);
    groups.sort_unstable();
    groups.dedup();
    groups
}
