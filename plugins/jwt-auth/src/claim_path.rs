//! Naming a claim, at any depth.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::Value;

use crate::jose::Claims;

/// Where a claim stands: member names from the outside in.
///
/// Written as text it is split at dots: `realm_access.roles`. A name that itself has dots is written as a list of names:
/// `["https://example.com/roles"]`. There is no guessing between the two, so a token cannot choose which claim is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// The claim, if the token has it and it is not null.
    pub(crate) fn find<'a>(&self, claims: &'a Claims) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let found = rest.iter().try_fold(claims.get(first)?, |value, name| value.as_object()?.get(name))?;
        (!found.is_null()).then_some(found)
    }

    fn new(names: Vec<String>) -> Result<Self, &'static str> {
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err("is not the name of a claim; write it like `sub` or `realm_access.roles`");
        }
        Ok(Self(names))
    }
}

impl<'de> Deserialize<'de> for ClaimPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathVisitor)
    }
}

impl JsonSchema for ClaimPath {
    fn schema_name() -> Cow<'static, str> {
        "ClaimPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Name of a claim. Text is split at dots, from the outside in; a name with dots is written as a list of names.",
            "examples": ["sub", "realm_access.roles", ["https://example.com/roles"]],
            "oneOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 } },
            ],
        })
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = ClaimPath;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a claim such as `sub`, or a list of names")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ClaimPath, E> {
        let shown: String = text.chars().take(64).collect();
        if text.contains("://") {
            // Split at its dots a URL would silently name nothing.
            return Err(E::custom(format!("{shown:?} has dots in a name; write it as a list: [{shown:?}]")));
        }
        ClaimPath::new(text.split('.').map(str::to_owned).collect())
            .map_err(|error| E::custom(format!("{shown:?} {error}")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ClaimPath, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        ClaimPath::new(names).map_err(|error| A::Error::custom(format!("the list {error}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn find(path: Value, claims: &Value) -> Option<Value> {
        let path: ClaimPath = serde_json::from_value(path).unwrap();
        path.find(&Claims::parse(claims.to_string().as_bytes()).unwrap()).cloned()
    }

    #[test]
    fn dots_go_inwards_and_lists_are_literal() {
        let claims = json!({"a": {"b": 1, "c.d": 2}, "a.b": 3, "https://x/y": {"z": 4}, "n": null, "l": [5]});
        assert_eq!(find(json!("a.b"), &claims), Some(json!(1)));
        assert_eq!(find(json!(["a.b"]), &claims), Some(json!(3)));
        assert_eq!(find(json!(["a", "c.d"]), &claims), Some(json!(2)));
        assert_eq!(find(json!(["https://x/y", "z"]), &claims), Some(json!(4)));
        for nothing in ["n", "a.c.d", "l.0", "a.b.c", "x"] {
            assert_eq!(find(json!(nothing), &claims), None, "{nothing}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for wrong in [json!(""), json!("a..b"), json!(".a"), json!([]), json!([""]), json!(1), json!("https://x.y/z")] {
            assert!(serde_json::from_value::<ClaimPath>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
