//! A key set as the issuer serves it: what is good enough to replace the one in use.

use serde_json::Value;

use crate::jose::{Jwks, json};

/// A document that was found good, and its keys.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) keys: Jwks,
    /// What is wrong with keys that are not used.
    pub(super) warnings: Vec<String>,
}

/// Reads a document. `oct` keys are left out: whoever can read a secret that is served can sign.
///
/// # Errors
/// When it is no key set, or has no usable key. The text says why, for the operator.
pub(super) fn read(bytes: &[u8]) -> Result<Document, String> {
    let mut warnings = Vec::new();
    let bytes = match without_secrets(bytes)? {
        None => bytes.to_vec(),
        Some(public) => {
            warnings.push("`oct` keys are not used: a secret that is served to everybody is none".to_owned());
            public
        }
    };
    let (keys, skipped) = Jwks::parse(&bytes).map_err(|error| error.to_string())?;
    warnings.extend(skipped.iter().map(ToString::to_string));
    if keys.is_empty() {
        return Err(match warnings.first() {
            Some(reason) => format!("no usable key: {reason}"),
            None => "no keys".to_owned(),
        });
    }
    Ok(Document { bytes, keys, warnings })
}

/// The document without its `oct` keys; `None` if it has none.
fn without_secrets(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut members = json::parse_object(bytes).map_err(|error| format!("not valid JSON: {error}"))?;
    let Some(Value::Array(keys)) = members.get_mut("keys") else { return Ok(None) };
    let before = keys.len();
    keys.retain(|key| key.get("kty").and_then(Value::as_str) != Some("oct"));
    if keys.len() == before {
        return Ok(None);
    }
    serde_json::to_vec(&members).map(Some).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PUBLIC: &str = include_str!("../../tests/keys/jwks.json");

    fn error(document: &Value) -> String {
        read(document.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn a_secret_that_is_served_is_not_a_key() {
        let read = read(PUBLIC.as_bytes()).unwrap();
        assert!(PUBLIC.contains("\"secret-64\"") && !read.keys.knows("secret-64") && read.keys.knows("p-256"));
        assert_eq!(read.warnings.len(), 1);
        let again = super::read(&read.bytes).unwrap();
        assert_eq!((again.keys.len(), again.warnings.len()), (read.keys.len(), 0));
        let only =
            json!({"keys": [{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "alg": "HS256"}]});
        assert!(error(&only).starts_with("no usable key: `oct`"));
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        assert_eq!(error(&json!({"keys": []})), "no keys");
        assert!(error(&json!({"keys": {}})).starts_with("no list `keys`"));
        assert!(error(&json!([])).starts_with("not valid JSON"));
        assert!(error(&json!({"keys": [1, "a", null, {"kty": 5}]})).starts_with("no usable key: keys[0]"));
        let duplicate = format!("{{\"keys\": [], {}", PUBLIC.trim_start().strip_prefix('{').unwrap());
        for document in ["", "<html>", "{", "\u{0}", duplicate.as_str()] {
            assert!(read(document.as_bytes()).unwrap_err().starts_with("not valid JSON"), "{document}");
        }
    }

    proptest! {
        #[test]
        fn no_document_panics(document in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(read(&document).is_err());
        }
    }
}
