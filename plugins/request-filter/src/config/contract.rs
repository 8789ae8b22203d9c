//! The contract of the API.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The contract of the API: what is not in it is refused.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// An OpenAPI document, version 3.0 or 3.1.
    pub document: Map<String, Value>,
    /// Whether query parameters are refused that the operation does not declare; OpenAPI allows them. Default: false.
    #[serde(default)]
    pub refuse_unknown_parameters: bool,
    /// Violations are logged, and decide nothing. Default: false.
    #[serde(default)]
    pub shadow: bool,
}
