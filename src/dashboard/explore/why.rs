//! Why an answer, or a part of it, is empty, where the schema knows.

use super::super::visitor::Visitor;
use super::analyses::Analysis;
use serde_json::{Map, Value};

/// The arguments that ask for events: names with commas between them, or one name.
const LISTS: [&str; 2] = ["events", "steps"];
const NAMES: [&str; 3] = ["event", "startEvent", "returnEvent"];

/// The arguments that say which groups are counted.
const GROUP_TYPES: [&str; 2] = ["groupType", "unitGroupType"];

/// The arguments that mean the same to every question.
const SAME: [&str; 6] = ["from", "to", "last", "timeZone", "breakdown", "where"];

const WHY: &str = "query WhyEmpty($events: String, $groupType: String, $from: Date, $to: Date, $last: Duration, $timeZone: String = \"UTC\", $breakdown: String, $where: String) {
  whyEmpty(events: $events, groupType: $groupType, from: $from, to: $to, last: $last, timeZone: $timeZone, breakdown: $breakdown, where: $where)
}";

/// Asks the schema why nothing answers a question with these values. `None` where there is nothing to say, or the question
/// is not about events in time.
pub(super) async fn ask(
    visitor: &Visitor,
    analysis: &Analysis,
    values: &Map<String, Value>,
) -> Option<String> {
    analysis.argument("from").or(analysis.argument("last"))?;
    let answer = visitor.run_document(WHY, Value::Object(shared(values))).await.ok()?;
    answer.get("whyEmpty")?.as_str().map(str::to_owned)
}

/// The values of a question as those of the field that tells why.
fn shared(values: &Map<String, Value>) -> Map<String, Value> {
    let text = |name: &&str| values.get(*name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let same = SAME.iter().filter_map(|name| Some(((*name).to_owned(), values.get(*name)?.clone())));
    let mut shared: Map<String, Value> = same.collect();
    let lists = LISTS.iter().filter_map(text).map(str::to_owned);
    let names = NAMES.iter().filter_map(text).map(|name| name.replace('\\', "\\\\").replace(',', "\\,"));
    let events: Vec<String> = lists.chain(names).collect();
    if !events.is_empty() {
        shared.insert("events".to_owned(), events.join(",").into());
    }
    if let Some(group_type) = GROUP_TYPES.iter().find_map(text) {
        shared.insert("groupType".to_owned(), group_type.into());
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_values_of_any_question_are_those_of_the_field() {
        let values = json!({
            "steps": "a, b\\,c", "returnEvent": "d,e\\f", "startEvent": "", "unitGroupType": "company",
            "last": "P7D", "where": "{}", "order": "ANY", "first": 10,
        });
        let expected = json!({
            "events": "a, b\\,c,d\\,e\\\\f", "groupType": "company", "last": "P7D", "where": "{}",
        });
        assert_eq!(Value::Object(shared(values.as_object().expect("an object"))), expected);
    }
}
