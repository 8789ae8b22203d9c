//! Claims as header values.

use serde_json::{Number, Value};

use crate::jose::base64url;

/// From here on, a number that is no integer of 64 bits stands for several others too (2⁵³).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A claim as Envoy's filter writes it: text, numbers and booleans as they are, lists and objects as JSON in base64url.
///
/// `None` for text that no header value can be (RFC 9110 §5.5), and for numbers that were rounded when they were read: cut or bent to fit,
/// it would be somebody else's name.
pub(super) fn of_claim(claim: &Value) -> Option<String> {
    match claim {
        Value::Null => None,
        Value::String(text) => is_field_value(text).then(|| text.clone()),
        Value::Number(number) => is_exact(number).then(|| number.to_string()),
        Value::Bool(_) => Some(claim.to_string()),
        Value::Array(_) | Value::Object(_) => Some(base64url::encode(claim.to_string().as_bytes())),
    }
}

fn is_exact(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|real| real.abs() < EXACT)
}

fn is_field_value(text: &str) -> bool {
    let blank = |byte: Option<u8>| matches!(byte, Some(b' ' | b'\t'));
    let visible = |byte: u8| byte == b'\t' || !byte.is_ascii_control();
    text.bytes().all(visible) && !blank(text.bytes().next()) && !blank(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_claim;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_type_has_its_form() {
        for (claim, value) in [
            (json!("anna"), Some("anna")),
            (json!(""), Some("")),
            (json!("a b\tc"), Some("a b\tc")),
            (json!(7), Some("7")),
            (json!(-1.5), Some("-1.5")),
            (json!(u64::MAX), Some("18446744073709551615")),
            (json!(i64::MIN), Some("-9223372036854775808")),
            (json!(9_007_199_254_740_991.0), Some("9007199254740991.0")),
            (json!(9_007_199_254_740_992.0), None),
            (json!(-1e30), None),
            (json!(true), Some("true")),
            (json!(["a", 1]), Some("WyJhIiwxXQ")),
            (json!({"a": "b"}), Some("eyJhIjoiYiJ9")),
            (json!(null), None),
            (json!("a\r\nx-admin: 1"), None),
            (json!("a\u{0}"), None),
            (json!("a\u{7f}"), None),
            (json!(" admin"), None),
            (json!("admin\t"), None),
        ] {
            assert_eq!(of_claim(&claim).as_deref(), value, "{claim}");
        }
    }
}
