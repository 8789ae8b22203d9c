//! What an issuer says about a token (RFC 7662 §2.2).

use std::rc::Rc;

use serde_json::Value;

use crate::jose::{Claims, Refusal, json};

/// Claims of a good token, or why it is none.
pub(super) type Verdict = Result<Rc<Claims>, Refusal>;

/// Reads the body of an answer. Whether the dates in it are those of a good token is not looked at.
///
/// # Errors
/// When it does not say clearly whether the token is active: then nothing is known about the token. The text is for the operator and
/// repeats nothing of the body.
pub(super) fn read(body: &[u8]) -> Result<Verdict, String> {
    let members = json::parse_object(body).map_err(|error| format!("the answer is not valid JSON: {error}"))?;
    match members.get("active") {
        Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) => return Ok(Err(Refusal::Inactive)),
        _ => return Err("the answer's `active` is neither true nor false".to_owned()),
    }
    for name in ["scope", "client_id", "username", "token_type"] {
        if members.get(name).is_some_and(|value| !value.is_string()) {
            return Err(format!("the answer's `{name}` is not a string"));
        }
    }
    let claims = Claims::parse(body).map_err(|refusal| format!("the answer's claims do not parse: {refusal}"))?;
    Ok(Ok(Rc::new(claims)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn verdict(body: &str) -> Result<(), Refusal> {
        read(body.as_bytes()).unwrap().map(|_| ())
    }

    #[test]
    fn an_active_token_has_claims() {
        let body =
            r#"{"active": true, "sub": "u", "scope": "read write", "exp": 101, "aud": ["a"], "iss": "https://i"}"#;
        let claims = read(body.as_bytes()).unwrap().unwrap();
        assert_eq!((claims.get("scope"), claims.expires()), (Some(&Value::from("read write")), Some(101)));
        assert_eq!(verdict(r#"{"active": true}"#), Ok(()));
    }

    #[test]
    fn a_token_that_is_not_active_is_refused() {
        assert_eq!(verdict(r#"{"active": false, "exp": "x"}"#), Err(Refusal::Inactive));
    }

    #[test]
    fn what_is_unclear_is_no_verdict() {
        let unclear = [
            "",
            "true",
            "[]",
            "{}",
            "<html>",
            r#"{"active": "true"}"#,
            r#"{"active": 1}"#,
            r#"{"active": null}"#,
            r#"{"Active": true}"#,
            r#"{"active": true, "active": false}"#,
            r#"{"active": true, "exp": "soon"}"#,
            r#"{"active": true, "sub": 5}"#,
            r#"{"active": true, "aud": {}}"#,
            r#"{"active": true, "scope": ["a"]}"#,
            r#"{"active": true} x"#,
        ];
        for body in unclear {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_a_clear_yes_passes(body in "\\PC{0,60}|\\{\"active\": ?(true|false|1|\"true\")(, ?\"exp\": ?[0-9]{1,4})?\\}") {
            if let Ok(Ok(claims)) = read(body.as_bytes()) {
                prop_assert_eq!(claims.get("active"), Some(&Value::Bool(true)));
            }
        }
    }
}
