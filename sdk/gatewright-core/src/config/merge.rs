//! Lays a route's settings over the envelope's.

use serde_json::{Map, Value};

use super::error::key_segment;

/// Lays `over` on `base`: objects field by field, anything else replaces what was there.
pub(super) fn lay_over(base: &mut Map<String, Value>, over: &Map<String, Value>) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => lay_over(below, above),
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

/// Which of two settings, one laid over the other, a path of the result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Only the settings below have it.
    Base,
    /// The settings on top have it, and it replaces what was below.
    Over,
    /// Both have an object there.
    Both,
}

/// Where the value at a path comes from.
pub(super) fn origin(base: &Map<String, Value>, over: &Map<String, Value>, path: &str) -> Origin {
    if path.is_empty() {
        return Origin::Both;
    }
    match (step(over, path), step(base, path)) {
        (Some((Value::Object(above), rest)), Some((Value::Object(below), _))) => origin(below, above, rest),
        (None, Some(_)) => Origin::Base,
        _ => Origin::Over,
    }
}

/// Goes one field down, and returns the rest of the path.
fn step<'a, 'p>(fields: &'a Map<String, Value>, path: &'p str) -> Option<(&'a Value, &'p str)> {
    fields.iter().find_map(|(key, value)| {
        let rest = path.strip_prefix(key_segment(key).as_str())?;
        let rest = if rest.is_empty() || rest.starts_with('[') { rest } else { rest.strip_prefix('.')? };
        Some((value, rest))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn merged(base: Value, over: Value) -> Value {
        let mut merged = fields(base);
        lay_over(&mut merged, &fields(over));
        merged.into()
    }

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        let base = json!({"a": {"x": 1, "y": 2, "deep": {"p": 1}}, "list": [1, 2], "b": 1});
        assert_eq!(merged(base.clone(), json!({})), base);
        assert_eq!(
            merged(base.clone(), json!({"a": {"y": 3, "deep": {"q": 2}}, "c": true})),
            json!({"a": {"x": 1, "y": 3, "deep": {"p": 1, "q": 2}}, "list": [1, 2], "b": 1, "c": true})
        );
        assert_eq!(merged(base.clone(), json!({"list": [3]}))["list"], json!([3]));
        assert_eq!(merged(base.clone(), json!({"a": null}))["a"], json!(null));
        assert_eq!(merged(base.clone(), json!({"a": 1}))["a"], json!(1));
        assert_eq!(merged(base, json!({"b": {"x": 1}}))["b"], json!({"x": 1}));
    }

    #[test]
    fn every_path_has_an_origin() {
        let base = fields(json!({"a": {"x": 1, "y": [1]}, "b": {"z": 1}, "a.b": {"k": 1}, "ab": 1}));
        let over = fields(json!({"a": {"x": 2}, "b": [1], "c": {"d": 1}}));
        let cases = [
            ("", Origin::Both),
            ("a", Origin::Both),
            ("a.x", Origin::Over),
            ("a.y", Origin::Base),
            ("a.y[0]", Origin::Base),
            ("b[0]", Origin::Over),
            ("c.d", Origin::Over),
            ("ab", Origin::Base),
            ("[\"a.b\"].k", Origin::Base),
            ("nowhere", Origin::Over),
        ];
        for (path, expected) in cases {
            assert_eq!(origin(&base, &over, path), expected, "{path}");
        }
    }
}
