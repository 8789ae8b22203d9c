//! Conditions on a header field.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{HeaderName, HeaderValue};

/// A condition on one header field: `{name: x-tenant, exact: a}`, `{name: accept, prefix: text/}`, `{name: x-debug, present: true}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct HeaderMatch {
    /// Name of the field.
    pub name: HeaderName,
    /// What its value must be.
    pub condition: HeaderCondition,
}

/// What the value of a header field must be. From the least to the most specific.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeaderCondition {
    /// Any value.
    Present,
    /// A value that starts so.
    Prefix(Box<str>),
    /// This value.
    Exact(HeaderValue),
}

impl HeaderCondition {
    /// True for a value that the condition asks for. Case matters.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Present => true,
            Self::Prefix(prefix) => value.starts_with(prefix.as_bytes()),
            Self::Exact(exact) => value == exact.as_bytes(),
        }
    }
}

/// A condition on one header field. One of `exact`, `prefix` and `present` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HeaderMatch")]
struct Written {
    /// Name of the field.
    name: HeaderName,
    /// The value is this one.
    exact: Option<HeaderValue>,
    /// The value starts so.
    prefix: Option<String>,
    /// The field is there, whatever its value.
    present: Option<bool>,
}

impl TryFrom<Written> for HeaderMatch {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let condition = match (written.exact, written.prefix, written.present) {
            (Some(exact), None, None) => HeaderCondition::Exact(exact),
            (None, Some(prefix), None) if !prefix.is_empty() => HeaderCondition::Prefix(prefix.into()),
            (None, None, Some(true)) => HeaderCondition::Present,
            _ => {
                return Err("write exactly one of `exact: value`, `prefix: start` and `present: true`".to_owned());
            }
        };
        Ok(Self { name: written.name, condition })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::text::testing::error;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn three_conditions() {
        let read = |value| serde_json::from_value::<HeaderMatch>(value).unwrap().condition;
        let exact = read(json!({"name": "X-A", "exact": "v"}));
        let prefix = read(json!({"name": "x-a", "prefix": "Bearer "}));
        let present = read(json!({"name": "x-a", "present": true}));
        assert!(exact.holds(b"v") && !exact.holds(b"V") && !exact.holds(b"vv"));
        assert!(prefix.holds(b"Bearer x") && !prefix.holds(b"Bearer"));
        assert!(present.holds(b""));
        assert!(exact > prefix && prefix > present);
    }

    #[test]
    fn exactly_one_is_given() {
        for written in [
            json!({"name": "x-a"}),
            json!({"name": "x-a", "exact": "a", "prefix": "a"}),
            json!({"name": "x-a", "prefix": ""}),
            json!({"name": "x-a", "present": false}),
        ] {
            assert_eq!(
                error::<HeaderMatch>(written),
                "write exactly one of `exact: value`, `prefix: start` and `present: true`"
            );
        }
        let error = error::<HeaderMatch>(json!({"name": "x-a", "regex": "a"}));
        assert_eq!(error, "regex: unknown field `regex`. The fields here are `name`, `exact`, `prefix`, `present`");
    }
}
