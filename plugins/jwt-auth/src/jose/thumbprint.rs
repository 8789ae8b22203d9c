//! The thumbprint of a key (RFC 7638, RFC 8037 §2).

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::base64url;

/// SHA-256 over the members that make the key, in base64url; `None` for what is no public key.
///
/// The members must be in the form that [`Key::from_jwk`](super::Key::from_jwk) accepts: then they need no escaping in JSON.
#[must_use]
pub fn of_jwk(jwk: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    // In the order of their names (RFC 7638 §3.2).
    let names: &[&str] = match text("kty")? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let members: Option<Vec<String>> =
        names.iter().map(|name| Some(format!(r#""{name}":"{}""#, text(name)?))).collect();
    let canonical = format!("{{{}}}", members?.join(","));
    Some(base64url::encode(&Sha256::digest(canonical)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::of_jwk;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(jwk: &Value) -> Option<String> {
        of_jwk(jwk.as_object().unwrap())
    }

    #[test]
    fn is_that_of_rfc_7638_section_3_1_and_rfc_8037_a_3() {
        let rsa = json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
                  tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI\
                  SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        });
        assert_eq!(of(&rsa).as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        let ed = json!({"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(of(&ed).as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    }

    #[test]
    fn other_keys_have_none() {
        for jwk in [json!({}), json!({"kty": "oct", "k": "AAAA"}), json!({"kty": "EC", "crv": "P-256", "x": "a"})] {
            assert_eq!(of(&jwk), None, "{jwk}");
        }
    }
}
