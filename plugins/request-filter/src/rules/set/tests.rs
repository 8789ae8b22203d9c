use std::cell::Cell;
use std::net::IpAddr;

use gatewright::Timestamp;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::value::{Place, Value};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

struct Given {
    address: Option<IpAddr>,
    asked: Cell<u32>,
}

impl Facts for Given {
    fn client_ip(&self, _: u8) -> Option<IpAddr> {
        self.asked.set(self.asked.get() + 1);
        self.address
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(0)
    }
}

fn nobody() -> Given {
    Given { address: None, asked: Cell::new(0) }
}

fn source(rules: Vec<config::Rule>, bodies: bool) -> Source {
    Source { rules, lists: BTreeMap::new(), groups: Groups::default(), bodies, contract: None }
}

fn set(rules: Json, bodies: bool) -> RuleSet {
    let rules: Vec<config::Rule> = serde_json::from_value(rules).unwrap();
    let set = RuleSet::new(&source(rules, bodies));
    set.unwrap_or_else(|error| panic!("{error}")).0
}

fn refusal(rules: Json) -> String {
    let rules: Vec<config::Rule> = serde_json::from_value(rules).unwrap();
    RuleSet::new(&source(rules, false)).err().map(|error| error.to_string()).unwrap_or_default()
}

fn judge(set: &RuleSet, values: &[(Place, &str, &str)], body_read: bool) -> Judgement {
    let mut hits = set.hits();
    for (place, name, value) in values {
        let value = Value { place: *place, name: name.as_bytes(), raw: value.as_bytes(), decoded: value.as_bytes() };
        let _ = set.engine.inspect(&value, &mut hits);
    }
    set.judge(&hits, &nobody(), body_read)
}

#[test]
fn the_first_rule_that_holds_decides() {
    let set = set(
        json!([
            {"id": "health", "action": "allow", "when": {"path": {"exact": "/health"}}},
            {"id": "internal", "action": "deny", "when": {"path": {"prefix": "/"}, "not": {"headers": [{"name": "x-in", "present": true}]}}},
            {"id": "put", "action": "deny", "when": {"methods": ["PUT", "DELETE"]}},
        ]),
        false,
    );
    let path = |path| (Place::Path, "", path);
    assert_eq!(judge(&set, &[path("/health")], true).decision, Decision::Allow(0));
    assert_eq!(judge(&set, &[path("/x")], true).decision, Decision::Deny(1));
    let inside = (Place::Header, "x-in", "");
    assert_eq!(judge(&set, &[path("/x"), inside], true).decision, Decision::Open);
    assert_eq!(judge(&set, &[path("/x"), inside, (Place::Method, "", "PUT")], true).decision, Decision::Deny(2));
}

#[test]
fn scores_add_up_and_shadows_are_noted() {
    let set = set(
        json!([
            {"id": "a", "action": "score", "severity": "critical", "when": {"query": [{"contains": "a"}]}},
            {"id": "b", "action": "deny", "shadow": true, "when": {"query": [{"contains": "b"}]}},
            {"id": "c", "action": "score", "score": 7, "when": {"query": [{"name": "q", "contains": "c"}]}},
        ]),
        false,
    );
    let judgement = judge(&set, &[(Place::Query, "q", "abc")], true);
    assert_eq!(judgement, Judgement { decision: Decision::Open, score: 12, noted: vec![0, 1, 2] });
    assert_eq!(judge(&set, &[(Place::Query, "x", "c")], true).score, 0);
}

#[test]
fn a_body_that_could_matter_is_waited_for() {
    let rules = json!([
        {"id": "first", "action": "deny", "when": {"path": {"exact": "/first"}}},
        {"id": "late-allow", "action": "allow", "when": {"form": [{"name": "token", "exact": "good"}]}},
        {"id": "second", "action": "deny", "when": {"path": {"exact": "/second"}}},
        {"id": "late-deny", "action": "deny", "when": {"form": [{"contains": "evil"}]}},
        {"id": "third", "action": "allow", "when": {"path": {"exact": "/third"}}},
        {"id": "fourth", "action": "deny", "when": {"path": {"exact": "/fourth"}, "not": {"form": [{"contains": "x"}]}}},
    ]);
    let set = set(rules, true);
    let at = |path, body_read| judge(&set, &[(Place::Path, "", path)], body_read).decision;
    assert_eq!(at("/first", false), Decision::Deny(0));
    for path in ["/second", "/third", "/fourth", "/other"] {
        assert_eq!(at(path, false), Decision::AwaitsBody, "{path}");
    }
    assert_eq!(
        (at("/second", true), at("/third", true), at("/fourth", true)),
        (Decision::Deny(2), Decision::Allow(4), Decision::Deny(5))
    );
    let good = [(Place::Path, "", "/second"), (Place::Form, "token", "good")];
    assert_eq!(judge(&set, &good, true).decision, Decision::Allow(1));
}

#[test]
fn the_client_is_asked_for_only_where_it_matters() {
    let set = set(
        json!([{"id": "a", "action": "deny", "when": {"path": {"exact": "/a"}, "client_ip": {"ranges": ["10.0.0.0/8"]}}}]),
        false,
    );
    let mut hits = set.hits();
    let given = Given { address: "10.1.2.3".parse().ok(), asked: Cell::new(0) };
    assert_eq!(set.judge(&hits, &given, true).decision, Decision::Open);
    assert_eq!(given.asked.get(), 0);
    let value = Value { place: Place::Path, name: b"", raw: b"/a", decoded: b"/a" };
    let _ = set.engine.inspect(&value, &mut hits);
    assert_eq!((set.judge(&hits, &given, true).decision, given.asked.get()), (Decision::Deny(0), 1));
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    for (rule, error) in [
        (
            json!({"id": "a b", "action": "deny"}),
            "rules[0].id: \"a b\" is no id; use up to 64 letters, digits, `_`, `-` and `.`",
        ),
        (
            json!({"id": "a", "action": "deny", "score": 1}),
            "rules[0].score: only a rule with `action: score` has a score",
        ),
        (
            json!({"id": "a", "action": "deny", "when": {"any": [{"path": {"regex": "("}}]}}),
            "rules[0].when.path: \"(\" is not a regular expression over bytes: unclosed group",
        ),
        (
            json!({"id": "a", "action": "deny", "when": {"any": [{"query": [{"exact": "a", "prefix": "b"}]}]}}),
            "rules[0].when.any[0].query[0]: write exactly one of `exact`, `prefix`, `suffix`, `contains`, `glob`, `template`, `regex`, `list`, `present`",
        ),
        (
            json!({"id": "a", "action": "deny", "when": {"headers": [{"name": "a b", "exact": "a"}]}}),
            "rules[0].when.headers[0].name: \"a b\" is not a header name; write \"a-b\"",
        ),
        (
            json!({"id": "a", "action": "deny", "when": {"host": {"list": "bad"}}}),
            "rules[0].when.host.list: \"bad\" is no list of texts; define it under `lists`",
        ),
        (
            json!({"id": "a", "action": "deny", "when": {"form": [{"exact": "a"}]}}),
            "rules[0].when.form[0]: asks about the body, but bodies are not inspected; set `body.inspect: true`",
        ),
    ] {
        assert_eq!(refusal(json!([rule])), error);
    }
    let twice = json!([{"id": "a", "action": "deny"}, {"id": "a", "action": "allow"}]);
    assert_eq!(refusal(twice), "rules[1].id: \"a\" is the id of an earlier rule; give each its own");
}

/// Conditions over a query of the letters a to e.
fn condition() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        "[a-e]".prop_map(|letter| json!({"query": [{"exact": letter}]})),
        Just(json!({})),
        "[a-e]".prop_map(|letter| json!({"query": [{"name": letter, "present": false}]})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"any": parts})),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({"all": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

/// Whether a condition holds, word for word.
fn naive(condition: &Json, letters: &[String]) -> bool {
    condition.as_object().unwrap().iter().all(|(field, value)| match field.as_str() {
        "query" => value.as_array().unwrap().iter().all(|one| match one.get("exact") {
            Some(exact) => letters.iter().any(|letter| exact == letter),
            None => !letters.iter().any(|letter| one["name"] == *letter),
        }),
        "any" => value.as_array().unwrap().iter().any(|part| naive(part, letters)),
        "all" => value.as_array().unwrap().iter().all(|part| naive(part, letters)),
        _ => !naive(value, letters),
    })
}

proptest! {
    /// Triggers, shared tests and the tree together say what the conditions say one after the other.
    #[test]
    fn agrees_with_a_naive_model(
        rules in prop::collection::vec((condition(), prop::sample::select(vec!["deny", "allow", "score"])), 1..12),
        letters in prop::collection::vec("[a-e]", 0..4),
    ) {
        let list = rules.iter().enumerate().map(|(index, (when, action))| json!({"id": format!("r{index}"), "action": action, "when": when}));
        let set = set(list.collect(), false);
        let values = letters.iter().map(|letter| (Place::Query, letter.as_str(), letter.as_str())).collect::<Vec<_>>();
        let mut expected = Judgement::default();
        for (index, (when, action)) in rules.iter().enumerate() {
            let index = u32::try_from(index).unwrap();
            match (naive(when, &letters), *action) {
                (true, "score") => {
                    expected.score += 4;
                    expected.noted.push(index);
                }
                (true, action) => {
                    expected.decision = if action == "deny" { Decision::Deny(index) } else { Decision::Allow(index) };
                    break;
                }
                (false, _) => {}
            }
        }
        prop_assert_eq!(judge(&set, &values, true), expected);
    }
}
