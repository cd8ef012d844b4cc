//! The API's own description: OpenAPI 3.1 that a generator can use.

use std::collections::HashSet;

use serde_json::Value;

use crate::server::Server;

/// Every `$ref` of the document.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_description_is_sound() {
    let server = Server::example();
    let document = server.anonymous().get("openapi.json").expect(200);
    assert_eq!(document, serde_json::from_str::<Value>(&server::openapi()).unwrap());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());

    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let mut ids = HashSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let what = format!("{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty(), "{what} has no responses");
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{what} {status}: no description");
            }
            assert!(ids.insert(operation["operationId"].to_string()), "{what}: operationId twice");
            let says = operation["summary"].as_str().unwrap_or_default();
            assert!(!says.is_empty(), "{what} has no summary");
            let declared: HashSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            let variables: HashSet<&str> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(declared, variables, "{what}: parameters of the path");
        }
    }
}
