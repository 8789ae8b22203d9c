//! The envelope around every policy's settings.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::routes::RouteMatch;

/// What a policy's verdict does to an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The verdict takes effect.
    #[default]
    Enforce,
    /// The policy decides, counts and logs; nothing is changed.
    Shadow,
    /// The policy does not run.
    Off,
}

/// What happens to an exchange when a policy could not decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureMode {
    /// It is refused.
    #[default]
    Closed,
    /// It goes on.
    Open,
}

/// One policy's configuration: its settings, how they are applied, and where they differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// What a verdict does.
    #[serde(default)]
    pub mode: Mode,
    /// What a fault does.
    #[serde(default)]
    pub failure_mode: FailureMode,
    /// The policy's settings, for every route.
    #[serde(default)]
    pub policy: Map<String, Value>,
    /// Routes with settings of their own. The most specific match wins, not the first listed.
    #[serde(default)]
    pub routes: Vec<RouteEntry>,
}

/// What is different on some routes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteEntry {
    /// Which requests this is about.
    pub r#match: RouteMatch,
    /// Replaces the envelope's mode.
    pub mode: Option<Mode>,
    /// Replaces the envelope's failure mode.
    pub failure_mode: Option<FailureMode>,
    /// Laid over the envelope's settings, field by field; a list or a null replaces the whole field.
    pub policy: Option<Map<String, Value>>,
}

impl Mode {
    const NAMES: [&'static str; 3] = ["enforce", "shadow", "off"];
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ModeVisitor)
    }
}

impl JsonSchema for Mode {
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": ["enforce", "shadow", "off", false] })
    }
}

struct ModeVisitor;

impl Visitor<'_> for ModeVisitor {
    type Value = Mode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`enforce`, `shadow` or `off`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Mode, E> {
        match text {
            "enforce" => Ok(Mode::Enforce),
            "shadow" => Ok(Mode::Shadow),
            "off" => Ok(Mode::Off),
            other => Err(E::unknown_variant(other, &Mode::NAMES)),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Mode, E> {
        // YAML 1.1 parsers, Envoy's among them, read an unquoted `off` as false.
        if value {
            Err(E::custom("found true, expected `enforce`, `shadow` or `off`; write enforce"))
        } else {
            Ok(Mode::Off)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::from_value;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn error(value: Value) -> String {
        from_value::<Envelope>(value).unwrap_err().to_string()
    }

    #[test]
    fn everything_may_be_left_out() {
        let envelope: Envelope = from_value(json!({})).unwrap();
        assert_eq!((envelope.mode, envelope.failure_mode), (Mode::Enforce, FailureMode::Closed));
        assert!(envelope.policy.is_empty() && envelope.routes.is_empty());
        // `policy:` with nothing behind it is null in YAML.
        assert!(from_value::<Envelope>(json!({"policy": null})).is_ok());
    }

    #[test]
    fn off_survives_yaml() {
        assert_eq!(from_value::<Envelope>(json!({"mode": false})).unwrap().mode, Mode::Off);
        assert_eq!(from_value::<Envelope>(json!({"mode": "off"})).unwrap().mode, Mode::Off);
        assert_eq!(
            error(json!({"mode": true})),
            "mode: found true, expected `enforce`, `shadow` or `off`; write enforce"
        );
    }

    #[test]
    fn modes_read_back() {
        for mode in [Mode::Enforce, Mode::Shadow, Mode::Off] {
            assert_eq!(from_value::<Mode>(serde_json::to_value(mode).unwrap()), Ok(mode));
        }
        for mode in [FailureMode::Closed, FailureMode::Open] {
            assert_eq!(from_value::<FailureMode>(serde_json::to_value(mode).unwrap()), Ok(mode));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        assert_eq!(
            error(json!({"mode": "shadwo"})),
            "mode: unknown value `shadwo`; did you mean `shadow`? Allowed are `enforce`, `shadow`, `off`"
        );
        assert_eq!(
            error(json!({"failure_mode": "deny"})),
            "failure_mode: unknown value `deny`. Allowed are `closed`, `open`"
        );
        assert_eq!(
            error(json!({"polcy": {}})),
            "polcy: unknown field `polcy`; did you mean `policy`? \
             The fields here are `mode`, `failure_mode`, `policy`, `routes`"
        );
        assert_eq!(error(json!({"policy": []})), "policy: found a list, expected an object");
        assert_eq!(error(json!({"routes": [{}]})), "routes[0]: missing field `match`");
        assert_eq!(
            error(json!({"routes": [{"match": {"hots": "a"}}]})),
            "routes[0].match.hots: unknown field `hots`; did you mean `host`? \
             The fields here are `route_name`, `host`, `path`, `methods`, `headers`, `metadata`"
        );
        assert_eq!(error(json!([])), "found a list, expected an object");
    }
}
