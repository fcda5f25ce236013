//! What somebody who means harm may try against a server, each with the test that shows what becomes of it.
//!
//! [`ATTACKS`] is the list; a test checks that every test it names is there.

mod connections;
mod documents;
mod injections;
mod pages;
mod rights;
mod tenants;

use std::path::Path;

/// Each attack, with its tests.
const ATTACKS: [(&str, &[&str]); 28] = [
    ("alias bomb", &["a_document_that_is_too_large_is_told_the_limit_by_its_name"]),
    ("directive flood", &["a_document_that_is_too_large_is_told_the_limit_by_its_name"]),
    (
        "deep fragments",
        &[
            "fragments_that_double_are_counted_and_never_written_out",
            "a_document_that_nests_too_deep_is_refused_before_it_is_parsed",
        ],
    ),
    ("circular fragments", &["fragments_that_spread_themselves_are_refused"]),
    ("huge list variables", &["huge_lists_in_variables_are_bounded"]),
    ("batching", &["what_is_no_graphql_request_is_400_and_says_what_to_change"]),
    (
        "introspection where it is off",
        &[
            "names_of_the_schema_are_told_to_those_who_may_read_it",
            "a_client_sees_the_schema_as_its_admin_says",
        ],
    ),
    (
        "suggestion leak",
        &[
            "names_of_the_schema_are_told_to_those_who_may_read_it",
            "a_client_sees_the_schema_as_its_admin_says",
        ],
    ),
    ("CSRF by form", &["a_form_of_another_page_changes_nothing", "only_json_is_read_from_a_post"]),
    ("CSRF by image", &["an_image_of_another_page_changes_nothing", "a_mutation_is_never_executed_over_get"]),
    ("reading by a page of another origin", &["a_page_reads_answers_on_an_origin_that_the_client_lists"]),
    ("injection through a string argument", &["no_string_argument_is_read_as_anything_but_text"]),
    ("injection through a property key", &["a_property_key_is_text_wherever_it_is_named"]),
    ("injection through a group id", &["a_group_id_is_text_wherever_it_is_named"]),
    ("injection through a time zone", &["a_time_zone_is_one_or_refused"]),
    ("a saved query's name that leaves the folder", &["a_saved_querys_name_leads_to_no_other_file"]),
    ("CSV formula", &["no_cell_of_a_csv_file_is_a_formula", "a_table_is_the_same_in_every_format"]),
    ("zip bomb", &["a_compressed_body_is_refused_unread"]),
    (
        "slow loris",
        &[
            "a_head_that_never_ends_is_cut_off",
            "a_request_that_never_ends_does_not_keep_a_server_from_stopping",
        ],
    ),
    ("header flood", &["too_many_and_too_large_headers_are_431"]),
    ("guessed secrets", &["wrong_secrets_are_slowed_where_they_come_from_and_nowhere_else"]),
    ("a forged address", &["a_forwarded_address_is_believed_of_trusted_proxies_alone"]),
    ("another tenant's ids", &["ids_of_another_project_are_nobodys"]),
    ("another tenant's cursors", &["cursors_of_another_project_lead_nowhere"]),
    ("another tenant's answers", &["no_project_and_no_right_is_given_the_answer_of_another"]),
    (
        "another tenant's documents",
        &["documents_of_another_project_are_unknown", "projects_do_not_see_each_others_saved_queries"],
    ),
    ("another tenant's subscriptions", &["a_subscription_tells_nothing_of_another_project"]),
    ("another tenant in error messages", &["no_error_names_what_is_another_projects"]),
];

#[test]
fn every_attack_has_its_test() {
    let mut texts = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push_str(&std::fs::read_to_string(path).expect("UTF-8"));
            }
        }
    }
    for (attack, tests) in ATTACKS {
        for test in tests {
            let is_there = ["#[test]\nfn ", "]\nasync fn "]
                .iter()
                .any(|start| texts.contains(&format!("{start}{test}(")));
            assert!(is_there, "{attack}: there is no test {test}");
        }
    }
}
