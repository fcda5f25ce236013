//! The examples of the documentation: every operation of every page is sent to a server, in a project of its own, and
//! answered as the page says.

use crate::support::app::{Credentials, TestApp, add_project};
use muster::analytics::pages::{PAGES, Page};
use serde_json::{Value, json};

/// A block of code of a page.
#[derive(Debug)]
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &Page) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in page.text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !is_open => {
                blocks.push(Block { language: language.to_owned(), text: String::new() });
                is_open = true;
            }
            Some(_) => is_open = false,
            None if is_open => {
                let block = blocks.last_mut().expect("an open block");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!is_open, "{}: a block is not closed", page.name);
    blocks
}

async fn post(url: &str, client: &Credentials, document: &str) -> Value {
    let request =
        reqwest::Client::new().post(format!("{url}/graphql")).basic_auth(&client.id, Some(&client.secret));
    let request =
        request.header("content-type", "application/json").body(json!({ "query": document }).to_string());
    let text = request.send().await.expect("an answer").text().await.expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

/// Whether a page tells what was found: fractions are told rounded to four digits, all else exactly.
fn tells(told: &Value, found: &Value) -> bool {
    match (told, found) {
        (Value::Object(told), Value::Object(found)) => {
            told.len() == found.len()
                && told.iter().all(|(key, told)| found.get(key).is_some_and(|found| tells(told, found)))
        }
        (Value::Array(told), Value::Array(found)) => {
            told.len() == found.len() && told.iter().zip(found).all(|(told, found)| tells(told, found))
        }
        (Value::Number(told), Value::Number(found)) => {
            let (told, found) = (told.as_f64().expect("a number"), found.as_f64().expect("a number"));
            let is_whole = found.fract() == 0.0;
            (told - if is_whole { found } else { (found * 10_000.0).round() / 10_000.0 }).abs()
                < f64::EPSILON * told.abs().max(1.0)
        }
        _ => told == found,
    }
}

#[tokio::test]
async fn every_example_is_answered_as_its_page_says() {
    let t = TestApp::start().await;
    let served = t.serve().await;
    for page in &PAGES {
        let client = add_project(&t.app, page.name).await.admin;
        let (mut answer, mut told) = (Value::Null, 0);
        for Block { language, text } in blocks(page) {
            match language.as_str() {
                "graphql" => {
                    answer = post(&served.url, &client, &text).await;
                    assert!(answer.get("errors").is_none(), "{}: {text}\n{answer:#}", page.name);
                    if let Some(accepted) = answer["data"]["trackBatch"]["accepted"].as_u64() {
                        let sent = text.matches("occurredAt").count();
                        assert_eq!(usize::try_from(accepted), Ok(sent), "{}: {text}", page.name);
                    }
                }
                "json" => {
                    let expected: Value = serde_json::from_str(&text).expect("the page has JSON");
                    assert!(
                        tells(&expected, &answer["data"]),
                        "{}: the page says\n{expected:#}\nbut the answer is\n{:#}",
                        page.name,
                        answer["data"]
                    );
                    told += 1;
                }
                other => panic!("{}: nothing runs a block of {other:?}", page.name),
            }
        }
        assert!(told > 0, "{} has no example", page.name);
    }
}

#[test]
fn a_page_that_lies_is_found_out() {
    let found = json!({"rate": 2.0 / 3.0, "units": 2, "rows": [{"id": "a"}]});
    assert!(tells(&json!({"rate": 0.6667, "units": 2, "rows": [{"id": "a"}]}), &found));
    for lie in [
        json!({"rate": 0.6666, "units": 2, "rows": [{"id": "a"}]}),
        json!({"rate": 0.6667, "units": 3, "rows": [{"id": "a"}]}),
        json!({"rate": 0.6667, "units": 2, "rows": []}),
        json!({"rate": 0.6667, "units": 2}),
        json!({"rate": 0.6667, "units": 2, "rows": [{"id": "a", "more": null}]}),
    ] {
        assert!(!tells(&lie, &found), "{lie}");
    }
}
