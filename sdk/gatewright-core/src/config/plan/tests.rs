use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::config::HeaderName;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Config {
    header: HeaderName,
    #[serde(default)]
    keys: Vec<String>,
    limits: Option<Limits>,
    source: Option<Source>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Limits {
    timeout: crate::config::Duration,
    size: crate::config::Size,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Source {
    Remote(String),
    Inline(Vec<String>),
}

fn plan(envelope: Value) -> Result<Plan<Config>, ConfigError> {
    compile(envelope, |config: Config, _| match config.keys.iter().position(String::is_empty) {
        Some(at) => Err(ConfigError::at(format!("keys[{at}]"), "an empty key")),
        None => Ok(config),
    })
}

fn error(envelope: Value) -> String {
    plan(envelope).unwrap_err().to_string()
}

struct Path(&'static str);

impl RouteQuery for Path {
    fn route_name(&self) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn host(&self) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn path(&self) -> Option<Cow<'_, [u8]>> {
        Some(self.0.as_bytes().into())
    }
    fn method(&self) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn header(&self, _: &HeaderName) -> Option<Cow<'_, [u8]>> {
        None
    }
    fn metadata(&self, _: &str) -> Option<Cow<'_, [u8]>> {
        None
    }
}

#[test]
fn a_route_is_laid_over_the_envelope() {
    let plan = plan(json!({
        "failure_mode": "open",
        "policy": {"header": "x-key", "keys": ["a", "b"], "limits": {"timeout": "5s", "size": "1KiB"}},
        "routes": [
            {"match": {"path": "/a"}, "mode": "shadow", "policy": {"keys": ["c"], "limits": {"timeout": "1s"}}},
            {"match": {"path": "/b/{id}"}, "failure_mode": "closed"},
            {"match": {"path": "/c"}, "mode": "off", "policy": {"header": 5}},
            {"match": {"path": "/d"}, "policy": {"limits": null}},
        ]
    }))
    .unwrap();

    let default = plan.find(&Path("/"));
    let a = plan.find(&Path("/a"));
    let b = plan.find(&Path("/b/7"));
    let c = plan.find(&Path("/c"));
    let d = plan.find(&Path("/d"));
    assert_eq!([default.route, a.route, b.route, c.route, d.route], [None, Some(0), Some(1), Some(2), Some(3)]);
    assert_eq!((default.settings.mode, default.settings.failure_mode), (Mode::Enforce, FailureMode::Open));
    assert_eq!((a.settings.mode, a.settings.failure_mode), (Mode::Shadow, FailureMode::Open));
    let config = a.settings.policy.as_ref().unwrap();
    assert_eq!((config.header.as_str(), &config.keys[..]), ("x-key", &["c".to_owned()][..]));
    let limits = config.limits.as_ref().unwrap();
    assert_eq!((limits.timeout.as_millis(), limits.size.as_bytes()), (1_000, 1_024));
    assert_eq!(b.settings.failure_mode, FailureMode::Closed);
    assert!(Rc::ptr_eq(b.settings.policy.as_ref().unwrap(), default.settings.policy.as_ref().unwrap()));
    assert_eq!(b.variables.get("id"), Some("7"));
    assert_eq!((c.settings.mode, &c.settings.policy), (Mode::Off, &None));
    assert_eq!(d.settings.policy.as_ref().unwrap().limits, None);
    assert_eq!(plan.iter().count(), 5);
    assert!(plan.has_routes() && std::ptr::eq(plan.default_settings(), default.settings));
    assert!(plan.needs().path && !plan.needs().host);
}

#[test]
fn a_policy_that_is_off_needs_no_settings() {
    let built = plan(
        json!({"mode": "off", "routes": [{"match": {"path": "/a"}, "mode": "enforce", "policy": {"header": "x"}}]}),
    );
    let built = built.unwrap();
    assert!(built.find(&Path("/")).settings.policy.is_none());
    assert_eq!(built.find(&Path("/a")).settings.policy.as_ref().unwrap().header.as_str(), "x");
    assert!(!self::plan(json!({"mode": "off"})).unwrap().has_routes());
    // A route that switches it on without settings of its own needs the envelope's.
    let bare = json!({"mode": "off", "routes": [{"match": {"path": "/a"}, "mode": "enforce"}]});
    assert_eq!(error(bare), "policy: missing field `header`");
}

#[test]
fn what_is_wrong_is_named_with_its_path_from_the_envelope_down() {
    assert_eq!(error(json!({})), "policy: missing field `header`");
    assert_eq!(
        error(json!({"policy": {"header": "x", "limits": {"timeout": "5", "size": "1B"}}})),
        r#"policy.limits.timeout: "5" is not a duration; write "5s""#
    );
    assert_eq!(error(json!({"policy": {"header": "x", "keys": ["a", ""]}})), "policy.keys[1]: an empty key");
    let route = |policy: Value| json!({"policy": {"header": "x"}, "routes": [{"match": {"path": "/a"}}, {"match": {"path": "/b"}, "policy": policy}]});
    assert_eq!(error(route(json!({"keys": [""]}))), "routes[1].policy.keys[0]: an empty key");
    assert_eq!(
        error(route(json!({"keys": [1]}))),
        "routes[1].policy.keys[0]: found 1, expected a string; put it in quotes"
    );
    assert!(
        error(route(json!({"keyz": [1]})))
            .starts_with("routes[1].policy.keyz: unknown field `keyz`; did you mean `keys`?")
    );
    assert_eq!(error(route(json!({"limits": {"timeout": "1s"}}))), "routes[1].policy.limits: missing field `size`");
}

#[test]
fn a_setting_that_the_route_keeps_is_traced_to_the_envelope() {
    let off = json!({
        "mode": "off",
        "policy": {"header": "x", "keys": [""], "source": {"remote": "a"}},
        "routes": [{"match": {"path": "/a"}, "mode": "enforce", "policy": {"header": "y"}}]
    });
    assert_eq!(error(off), "routes[0].policy.keys[0]: an empty key (from `policy.keys[0]`, which this route keeps)");
    let two_kinds = json!({
        "policy": {"header": "x", "source": {"remote": "a"}},
        "routes": [{"match": {"path": "/a"}, "policy": {"source": {"inline": ["b"]}}}]
    });
    let error = error(two_kinds);
    assert!(error.starts_with("routes[0].policy.source: "), "{error}");
    assert!(error.ends_with(" (this route's fields are laid over those of `policy.source`)"), "{error}");
    let _used = Source::Inline(Vec::new());
}

#[test]
fn identical_matches_are_refused() {
    let twice = json!({
        "policy": {"header": "x"},
        "routes": [{"match": {"path": "/a/{x}"}}, {"match": {"path": "/b"}}, {"match": {"path": "/a/{y}"}}]
    });
    assert_eq!(error(twice), "routes[2].match: matches exactly the same requests as routes[0].match; keep one");
}
