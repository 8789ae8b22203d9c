//! Names of signature algorithms.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

use crate::jose::Algorithm;

/// A signature algorithm as `alg` names it, such as `RS256` (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmName(pub Algorithm);

impl<'de> Deserialize<'de> for AlgorithmName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Algorithm::from_name(&name).map(Self).ok_or_else(|| {
            let names = Algorithm::ALL.map(Algorithm::name).join(", ");
            let shown: String = name.chars().take(32).collect();
            D::Error::custom(format!("{shown:?} is not a signature algorithm known here; write one of {names}"))
        })
    }
}

impl JsonSchema for AlgorithmName {
    fn schema_name() -> Cow<'static, str> {
        "Algorithm".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Algorithm::ALL.map(Algorithm::name) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::AlgorithmName;
    use crate::jose::Algorithm;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn is_a_name_in_its_exact_spelling() {
        let name: AlgorithmName = serde_json::from_value(json!("ES256")).unwrap();
        assert_eq!(name.0, Algorithm::Es256);
        for other in ["es256", "none", ""] {
            let error = serde_json::from_value::<AlgorithmName>(json!(other)).unwrap_err().to_string();
            assert!(error.contains("write one of RS256, RS384"), "{error}");
        }
    }
}
