//! Values of the wrong type, for every argument of the schema and every field of the wire.

use super::World;
use crate::support::schema::{Schema, document, is_required};
use async_graphql::parser::types::{BaseType, InputValueDefinition, Type};
use serde_json::{Value, json};

/// A wrong value in the place of a right one: what is given for the argument, and the path of what is wrong.
type Wrong = (Value, String);

impl Schema {
    /// Wrong values for a type, each with its place below `path`. Input objects within themselves are left out.
    fn wrong(&self, kind: &Type, path: &str, above: &[&str]) -> Vec<Wrong> {
        let at = |values: Vec<Value>| values.into_iter().map(|value| (value, path.to_owned())).collect();
        let mut wrong: Vec<Wrong> = Vec::new();
        if !kind.nullable {
            wrong.push((Value::Null, path.to_owned()));
        }
        let name = match &kind.base {
            BaseType::List(inner) => {
                let right = self.right(inner);
                let items = self.wrong(inner, &format!("{path}[1]"), above);
                wrong.extend(items.into_iter().map(|(item, place)| (json!([right, item]), place)));
                return wrong;
            }
            BaseType::Named(name) => name.as_str(),
        };
        let scalars: Vec<Wrong> = at(match name {
            "Int" => {
                vec![json!("1"), json!(1.5), json!(true), json!({}), json!([]), json!(2_147_483_648_i64)]
            }
            "Float" => vec![json!("1"), json!(true), json!({})],
            "Boolean" => vec![json!("true"), json!(1), json!({})],
            "String" => vec![json!(5), json!(true), json!({}), json!(["a"])],
            "ID" => vec![json!(1.5), json!(true), json!({}), json!(["a"])],
            "DateTime" => {
                vec![json!(5), json!("banana"), json!("2026-01-01"), json!("9999-01-01T00:00:00Z"), json!({})]
            }
            "Date" => vec![json!(5), json!("banana"), json!("2026-02-30"), json!("9999-01-01"), json!({})],
            "Duration" => vec![json!(5), json!("banana"), json!("0"), json!("P1M"), json!({})],
            "JSON" => vec![],
            _ if self.input(name).is_some() => vec![json!(5), json!("a"), json!([[]])],
            _ => vec![json!("NOTHING_OF_THIS"), json!(5), json!({})],
        });
        wrong.extend(scalars);
        let Some(fields) = self.input(name) else { return wrong };
        if above.contains(&name) {
            return wrong;
        }
        let above = [above, &[name]].concat();
        let right = self.right(kind);
        let mut unknown = right.clone();
        unknown["nothingOfThis"] = json!(1);
        wrong.push((unknown, format!("{path}.nothingOfThis")));
        for field in fields {
            let place = format!("{path}.{}", field.name.node);
            for (value, below) in self.wrong(&field.ty.node, &place, &above) {
                let mut object = if self.is_one_of(name) { json!({}) } else { right.clone() };
                object[field.name.node.as_str()] = value;
                wrong.push((object, below));
            }
            if is_required(field) {
                let mut object = right.clone();
                object.as_object_mut().expect("an object").remove(field.name.node.as_str());
                wrong.push((object, place));
            }
        }
        wrong
    }
}

#[test]
fn every_argument_of_the_schema_refuses_what_is_of_another_type() {
    let world = World::start();
    let schema = Schema::read();
    let mut asked = 0;
    for (operation, object) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in schema.fields(object) {
            let arguments: Vec<&InputValueDefinition> = field.arguments.iter().map(|one| &one.node).collect();
            let right = schema.required(field);
            for argument in arguments {
                let name = argument.name.node.as_str();
                for (value, path) in schema.wrong(&argument.ty.node, name, &[]) {
                    let mut given = right.clone();
                    given[name] = value.clone();
                    let document = document(operation, field, schema.has_selection(&field.ty.node), &given);
                    let told = world.graphql(&world.admin, &document, &given);
                    let what = format!("{}({path}) = {value}", field.name.node);
                    world.expect_error(&told, 400, "BAD_INPUT", Some(&path), &what);
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 1_000, "only {asked} values were tried");
    world.end();
}

#[test]
fn every_field_of_the_wire_refuses_what_is_of_another_type() {
    let world = World::start();
    let all = [json!(null), json!(true), json!(5), json!("text"), json!(["a"]), json!({ "a": 1 })];
    let mut asked = 0;
    // The last column says which of them are right: n(ull) b(oolean) 5 s(tring) a(rray) o(bject).
    for (kind, good, key, right) in [
        ("track", json!({ "name": "e" }), "name", "s"),
        ("track", json!({ "name": "e" }), "profileId", "n5s"),
        ("track", json!({ "name": "e" }), "groups", "na"),
        ("track", json!({ "name": "e" }), "properties", "no"),
        ("track", json!({ "name": "e" }), "id", "n5s"),
        ("identify", json!({ "profileId": "p" }), "profileId", "5s"),
        ("identify", json!({ "profileId": "p" }), "firstName", "s"),
        ("identify", json!({ "profileId": "p" }), "lastName", "s"),
        ("identify", json!({ "profileId": "p" }), "email", ""),
        ("identify", json!({ "profileId": "p" }), "avatar", ""),
        ("identify", json!({ "profileId": "p" }), "properties", "no"),
        ("group", json!({ "id": "g", "type": "t", "name": "n" }), "id", "s"),
        ("group", json!({ "id": "g", "type": "t", "name": "n" }), "type", "s"),
        ("group", json!({ "id": "g", "type": "t", "name": "n" }), "name", "s"),
        ("group", json!({ "id": "g", "type": "t", "name": "n" }), "properties", "no"),
        ("assign_group", json!({ "groupIds": ["g"] }), "groupIds", "a"),
        ("assign_group", json!({ "groupIds": ["g"] }), "profileId", "n5s"),
        ("increment", json!({ "profileId": "p", "property": "x" }), "profileId", "5s"),
        ("increment", json!({ "profileId": "p", "property": "x" }), "property", "s"),
        ("increment", json!({ "profileId": "p", "property": "x" }), "value", "n5"),
        ("decrement", json!({ "profileId": "p", "property": "x" }), "value", "n5"),
    ] {
        for (value, letter) in all.iter().zip(["n", "b", "5", "s", "a", "o"]) {
            if right.contains(letter) {
                continue;
            }
            let mut payload = good.clone();
            payload[key] = value.clone();
            let told = world.post("/track", Some(&world.write), &json!({ "type": kind, "payload": payload }));
            let body: Value = serde_json::from_str(&told.text).unwrap_or_default();
            let message = body["message"].as_str().unwrap_or_default();
            let is_well = told.status == 400 && message.starts_with(&format!("body/payload/{key} is "));
            world.expect(is_well, &format!("{kind}.{key} = {value}"), &told);
            asked += 1;
        }
    }
    assert!(asked > 60, "only {asked} values were tried");
    world.end();
}
