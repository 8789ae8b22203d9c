//! Scopes of a token.

use serde_json::Value;

use crate::jose::Claims;

/// Claims that hold scopes: a text with spaces (RFC 8693 §4.2), or a list, as some issuers write them.
const CLAIMS: [&str; 2] = ["scope", "scp"];

/// Whether the token has all of these scopes.
pub(super) fn has_all(claims: &Claims, wanted: &[String]) -> bool {
    wanted.iter().all(|scope| CLAIMS.iter().filter_map(|name| claims.get(name)).any(|value| names(value, scope)))
}

fn names(value: &Value, scope: &str) -> bool {
    match value {
        Value::String(text) => text.split(' ').any(|one| one == scope),
        Value::Array(list) => list.iter().any(|one| one.as_str() == Some(scope)),
        _ => false,
    }
}

/// Whether this is a scope (RFC 6749 §3.3), which can then stand in a challenge as it is.
pub(super) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn has(claims: &Value, wanted: &[&str]) -> bool {
        let wanted: Vec<String> = wanted.iter().map(|scope| (*scope).to_owned()).collect();
        has_all(&Claims::parse(claims.to_string().as_bytes()).unwrap(), &wanted)
    }

    #[test]
    fn all_are_needed_and_none_is_a_part_of_another() {
        let claims = json!({"scope": "orders:read orders:write"});
        assert!(has(&claims, &["orders:write", "orders:read"]));
        assert!(!has(&claims, &["orders:read", "orders:delete"]));
        for part in ["orders", "orders:rea", "read", "ORDERS:READ"] {
            assert!(!has(&claims, &[part]), "{part}");
        }
        assert!(has(&json!({}), &[]));
        assert!(!has(&json!({"scope": 1}), &["1"]));
    }

    #[test]
    fn lists_and_scp_count_too() {
        assert!(has(&json!({"scp": ["a", "b"]}), &["a", "b"]));
        assert!(has(&json!({"scp": "a b"}), &["b"]));
        assert!(has(&json!({"scope": ["a"]}), &["a"]));
        assert!(!has(&json!({"scp": ["a b"]}), &["a"]));
        assert!(!has(&json!({"scp": [["a"]]}), &["a"]));
    }

    #[test]
    fn scopes_have_no_quotes_or_spaces() {
        assert!(is_scope("https://example.com/orders.read!"));
        for wrong in ["", "a b", "a\"", "a\\", "ä", "a\u{7f}"] {
            assert!(!is_scope(wrong), "{wrong}");
        }
    }
}
