//! Keywords of schemas.

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn keywords_mean_what_json_schema_says() {
    let rows = [
        (json!(true), vec![json!(1)], vec![]),
        (json!(false), vec![], vec![json!(1)]),
        (
            json!({ "type": "integer" }),
            vec![json!(1), json!(1.0), json!(-3)],
            vec![json!(1.5), json!("1"), json!(null)],
        ),
        (json!({ "type": ["number", "null"] }), vec![json!(1), json!(1.5), json!(null)], vec![json!(true)]),
        (json!({ "type": "string", "nullable": true }), vec![json!("a"), json!(null)], vec![json!(1)]),
        (
            json!({ "enum": ["a", 1, { "b": [2] }] }),
            vec![json!("a"), json!(1.0), json!({ "b": [2] })],
            vec![json!("b"), json!({ "b": [3] })],
        ),
        (json!({ "const": null }), vec![json!(null)], vec![json!(0)]),
        (json!({ "minimum": 1, "maximum": 3 }), vec![json!(1), json!(3), json!("x")], vec![json!(0.9), json!(3.1)]),
        (json!({ "exclusiveMinimum": 1, "exclusiveMaximum": 3 }), vec![json!(2)], vec![json!(1), json!(3)]),
        (json!({ "minimum": 1, "exclusiveMinimum": true }), vec![json!(2)], vec![json!(1)]),
        (json!({ "maximum": 1, "exclusiveMaximum": false }), vec![json!(1)], vec![json!(2)]),
        (json!({ "minimum": 5, "exclusiveMinimum": 3 }), vec![json!(5)], vec![json!(4)]),
        (
            json!({ "maximum": 9_007_199_254_740_992_u64 }),
            vec![json!(9_007_199_254_740_992_u64)],
            vec![json!(9_007_199_254_740_993_u64)],
        ),
        (json!({ "multipleOf": 3 }), vec![json!(9), json!(-3), json!(0)], vec![json!(4)]),
        (json!({ "multipleOf": 0.01 }), vec![json!(1.15), json!(4.35)], vec![json!(1.155)]),
        (
            json!({ "minLength": 2, "maxLength": 3 }),
            vec![json!("äö"), json!("abc"), json!(7)],
            vec![json!("a"), json!("abcd")],
        ),
        (json!({ "pattern": "^a" }), vec![json!("ab"), json!(1)], vec![json!("ba")]),
        (json!({ "format": "date" }), vec![json!("2026-11-22")], vec![json!("22.11.2026")]),
        (
            json!({ "items": { "type": "integer" }, "minItems": 1, "maxItems": 2 }),
            vec![json!([1]), json!([1, 2]), json!("x")],
            vec![json!([]), json!([1, 2, 3]), json!(["a"])],
        ),
        (
            json!({ "uniqueItems": true }),
            vec![json!([1, 2, "1", [1], { "a": 1 }])],
            vec![json!([1, 1.0]), json!([{ "a": 1, "b": 2 }, { "b": 2, "a": 1 }])],
        ),
        (
            json!({ "prefixItems": [{ "type": "integer" }, true], "items": { "type": "string" } }),
            vec![json!([]), json!([1]), json!([1, null, "a"])],
            vec![json!(["a"]), json!([1, 2, 3])],
        ),
        (json!({ "contains": { "minimum": 5 } }), vec![json!([1, 5]), json!({})], vec![json!([]), json!([1, 4])]),
        (
            json!({ "contains": { "minimum": 5 }, "minContains": 2, "maxContains": 3.0 }),
            vec![json!([5, 1, 6]), json!([5, 6, 7])],
            vec![json!([5, 1]), json!([5, 6, 7, 8])],
        ),
        (json!({ "contains": { "const": 1 }, "minContains": 0, "maxContains": 0 }), vec![json!([])], vec![json!([1])]),
        (json!({ "minContains": 2 }), vec![json!([])], vec![]),
        (json!({ "uniqueItems": false }), vec![json!([1, 1])], vec![]),
        (
            json!({ "properties": { "a": { "type": "integer" } }, "required": ["a"] }),
            vec![json!({ "a": 1, "b": "x" })],
            vec![json!({}), json!({ "a": "x" })],
        ),
        (
            json!({ "properties": { "a": {} }, "additionalProperties": false }),
            vec![json!({ "a": 1 })],
            vec![json!({ "b": 1 })],
        ),
        (
            json!({
                "properties": { "ab": { "minimum": 1 } },
                "patternProperties": { "^a": { "type": "integer" }, "b$": { "maximum": 5 } },
                "additionalProperties": false,
            }),
            vec![json!({}), json!({ "a": 9 }), json!({ "ab": 5, "xb": 0 })],
            vec![json!({ "ab": 0 }), json!({ "ab": 6 }), json!({ "a": "x" }), json!({ "c": 1 })],
        ),
        (
            json!({ "propertyNames": { "maxLength": 2 } }),
            vec![json!({ "ab": 1 }), json!("abc")],
            vec![json!({ "abc": 1 })],
        ),
        (
            json!({ "dependentRequired": { "a": ["b", "c"] } }),
            vec![json!({}), json!({ "b": 1 }), json!({ "a": 1, "b": 1, "c": 1 })],
            vec![json!({ "a": 1, "b": 1 })],
        ),
        (
            json!({ "dependentSchemas": { "a": { "maxProperties": 1 } } }),
            vec![json!({ "b": 1, "c": 1 }), json!({ "a": 1 }), json!([])],
            vec![json!({ "a": 1, "b": 1 })],
        ),
        (json!({ "additionalProperties": { "type": "integer" } }), vec![json!({ "b": 1 })], vec![json!({ "b": "x" })]),
        (
            json!({ "minProperties": 1, "maxProperties": 2 }),
            vec![json!({ "a": 1 })],
            vec![json!({}), json!({ "a": 1, "b": 1, "c": 1 })],
        ),
        (
            json!({ "required": ["a", "b"], "properties": { "a": { "readOnly": true } } }),
            vec![json!({ "b": 1 })],
            vec![json!({ "a": 1 })],
        ),
        (json!({ "allOf": [{ "minimum": 1 }, { "maximum": 2 }] }), vec![json!(1)], vec![json!(0), json!(3)]),
        (json!({ "anyOf": [{ "type": "string" }, { "minimum": 2 }] }), vec![json!("a"), json!(2)], vec![json!(1)]),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "minimum": 2 }] }),
            vec![json!(1), json!(2.5)],
            vec![json!(2), json!(1.5)],
        ),
        (
            json!({ "if": { "type": "integer" }, "then": { "minimum": 5 }, "else": { "type": "string" } }),
            vec![json!(5), json!("a")],
            vec![json!(4), json!(1.5)],
        ),
        (json!({ "if": { "type": "integer" }, "then": { "minimum": 5 } }), vec![json!("a"), json!(5)], vec![json!(1)]),
        (json!({ "if": { "type": "integer" } }), vec![json!("a"), json!(5)], vec![]),
        (json!({ "then": false, "else": false }), vec![json!("a")], vec![]),
        (
            json!({ "$defs": { "n": { "type": "integer" } }, "contentEncoding": "base64", "minLength": 1.0 }),
            vec![json!("a"), json!(1)],
            vec![json!("")],
        ),
        (json!({ "format": "phone" }), vec![json!("a"), json!(1)], vec![]),
        (json!({ "not": { "type": "string" } }), vec![json!(1)], vec![json!("a")]),
        (
            json!({ "title": "t", "x-mine": 1, "description": "d", "default": 1, "example": 2, "deprecated": true }),
            vec![json!(1)],
            vec![],
        ),
    ];
    for (schema, good, bad) in rows {
        good.iter().for_each(|value| assert_eq!(body(&schema, value), Ok(()), "{schema} {value}"));
        bad.iter().for_each(|value| assert!(body(&schema, value).is_err(), "{schema} {value}"));
    }
}

#[test]
fn what_is_not_checked_is_refused_by_its_path() {
    for (schema, error) in [
        (json!({ "minLenght": 1 }), ".minLenght: is not supported; leave it out, as it would not be checked"),
        (
            json!({ "properties": { "a": { "unevaluatedProperties": false } } }),
            ".properties.a.unevaluatedProperties: is not supported; leave it out, as it would not be checked",
        ),
        (
            json!({ "items": { "allOf": [{}, { "$dynamicRef": "#x" }] } }),
            ".items.allOf[1][\"$dynamicRef\"]: is not supported; leave it out, as it would not be checked",
        ),
        (
            json!({ "patternProperties": { "(": {} } }),
            ".patternProperties[\"(\"]: unclosed group; write a pattern without look-around, back reference and \\p",
        ),
        (json!({ "dependentRequired": { "a": "b" } }), ".dependentRequired.a: \"b\" is not a list"),
        (
            json!({ "then": { "minLenght": 1 } }),
            ".then.minLenght: is not supported; leave it out, as it would not be checked",
        ),
        (json!({ "maxContains": 1.5 }), ".maxContains: 1.5 is not a whole number from 0 up"),
        (
            json!({ "type": "text" }),
            ".type: \"text\" is no type; write null, boolean, integer, number, string, array or object",
        ),
        (json!({ "minLength": -1 }), ".minLength: -1 is not a whole number from 0 up"),
        (json!({ "minimum": "1" }), ".minimum: \"1\" is not a number"),
        (json!({ "exclusiveMinimum": "1" }), ".exclusiveMinimum: \"1\" is not a number"),
        (json!({ "multipleOf": 0 }), ".multipleOf: 0 is not above 0"),
        (json!({ "anyOf": [] }), ".anyOf: is empty; write at least one schema"),
        (json!({ "required": "a" }), ".required: \"a\" is not a list"),
        (
            json!({ "pattern": "(?=a)" }),
            ".pattern: look-around, including look-ahead and look-behind, is not supported; write a pattern without look-around, back reference and \\p",
        ),
        (
            json!({ "$ref": "other.yaml#/a" }),
            "[\"$ref\"]: \"other.yaml#/a\" is not in this document; write it as \"#/components/...\" and put it there",
        ),
        (
            json!({ "$ref": "#/components/schemas/Missing" }),
            "[\"$ref\"]: \"#/components/schemas/Missing\" is not in this document; write it as \"#/components/...\" and put it there",
        ),
        (json!(7), ": 7 is not an object"),
    ] {
        let found = wrong(&schema);
        assert_eq!(found, error, "{schema}");
    }
}

#[test]
fn formats_that_are_not_checked_are_told() {
    let schema =
        json!({ "properties": { "a": { "format": "phone" }, "b": { "format": "uuid" }, "c": { "format": "iri" } } });
    assert_eq!(compile(&taking(&schema)).unwrap().unchecked_formats(), ["phone", "iri"]);
}
