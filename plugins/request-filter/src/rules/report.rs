//! Rules that cannot do what they seem to: found when the configuration is loaded.

use std::fmt;

use super::node::Node;
use super::question::{Kind, Question};
use super::set::Rule;
use crate::config::Action;

/// More rules than this are not compared with each other: the time would be noticed.
const MAX_COMPARED: usize = 512;

/// Something odd about the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The second rule never decides: the first one holds whenever it does, and decides before it.
    Shadowed(String, String),
    /// Both rules hold for the same requests, and say the opposite; the first one counts.
    Conflict(String, String),
    /// No request meets the condition.
    Unreachable(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shadowed(first, second) => {
                write!(f, "rule {second} never decides: rule {first} holds whenever it does, and comes first")
            }
            Self::Conflict(first, second) => {
                write!(f, "rules {first} and {second} hold for the same requests and say the opposite; {first} counts")
            }
            Self::Unreachable(rule) => write!(f, "rule {rule} never holds: its condition contradicts itself"),
        }
    }
}

/// What is odd about rules.
pub(super) fn findings(rules: &[Rule], questions: &[Question]) -> Vec<Finding> {
    let logic = Logic { questions };
    let mut findings = Vec::new();
    for (index, later) in rules.iter().enumerate().take(MAX_COMPARED) {
        if logic.contradicts_itself(&later.node) {
            findings.push(Finding::Unreachable(later.id.clone()));
            continue;
        }
        let decides = |rule: &&Rule| !rule.shadow && rule.action != Action::Score;
        let hides = |earlier: &&Rule| logic.implies(&later.node, &earlier.node);
        let Some(earlier) = rules.iter().take(index).filter(decides).find(hides) else { continue };
        let opposite = earlier.action != later.action && later.action != Action::Score;
        let both = (earlier.id.clone(), later.id.clone());
        findings.push(if opposite && logic.implies(&earlier.node, &later.node) {
            Finding::Conflict(both.0, both.1)
        } else {
            Finding::Shadowed(both.0, both.1)
        });
    }
    findings
}

/// What follows from what, as far as the tree shows it: never wrong, not complete.
struct Logic<'a> {
    questions: &'a [Question],
}

impl Logic<'_> {
    /// Whether `then` holds whenever `when` does.
    fn implies(&self, when: &Node, then: &Node) -> bool {
        match (when, then) {
            (_, Node::All(parts)) => parts.iter().all(|part| self.implies(when, part)),
            (Node::Any(parts), _) => parts.iter().all(|part| self.implies(part, then)),
            (Node::All(parts), Node::Any(others)) => {
                parts.iter().any(|part| self.implies(part, then))
                    || others.iter().any(|other| self.implies(when, other))
            }
            (Node::All(parts), _) => parts.iter().any(|part| self.implies(part, then)),
            (_, Node::Any(parts)) => parts.iter().any(|part| self.implies(when, part)),
            (Node::Text { test: one, .. }, Node::Text { test: other, .. }) => {
                one == other || self.narrower(*one, *other)
            }
            (Node::Client(one, hops), Node::Client(other, others)) => hops == others && other.covers(one),
            (Node::Not(one), Node::Not(other)) => self.implies(other, one),
            (one, other) => one == other,
        }
    }

    /// Whether a value that passes the first test passes the second.
    fn narrower(&self, one: u32, other: u32) -> bool {
        let pair = (self.questions.get(one as usize), self.questions.get(other as usize));
        let (Some(one), Some(other)) = pair else { return false };
        let same_values = one.selector == other.selector && one.ignore_case == other.ignore_case;
        let (text, wider) = (one.text.as_str(), other.text.as_str());
        same_values
            && match (one.kind, other.kind) {
                (_, Kind::Present) => true,
                (Kind::Exact | Kind::Prefix, Kind::Prefix) => text.starts_with(wider),
                (Kind::Exact | Kind::Suffix, Kind::Suffix) => text.ends_with(wider),
                (Kind::Exact | Kind::Prefix | Kind::Suffix | Kind::Contains, Kind::Contains) => text.contains(wider),
                _ => false,
            }
    }

    fn contradicts_itself(&self, node: &Node) -> bool {
        match node {
            Node::All(parts) => {
                let denied =
                    parts.iter().filter_map(|part| if let Node::Not(inner) = part { Some(inner) } else { None });
                let mut denied = denied.peekable();
                denied.peek().is_some() && denied.any(|inner| self.implies(node, inner))
                    || parts.iter().any(|part| self.contradicts_itself(part))
            }
            Node::Any(parts) => !parts.is_empty() && parts.iter().all(|part| self.contradicts_itself(part)),
            Node::Text { .. } | Node::Client(..) | Node::Time(_) | Node::Not(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::set::{RuleSet, Source};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn findings(rules: Value) -> Vec<String> {
        let rules: Vec<crate::config::Rule> = serde_json::from_value(rules).unwrap();
        let source = Source {
            rules,
            lists: BTreeMap::new(),
            groups: crate::config::Groups::default(),
            bodies: false,
            contract: None,
        };
        let (_, findings) = RuleSet::new(&source).unwrap_or_else(|error| panic!("{error}"));
        findings.iter().map(ToString::to_string).collect()
    }

    fn rule(id: &str, action: &str, when: Value) -> Value {
        json!({"id": id, "action": action, "when": when})
    }

    #[test]
    fn a_rule_behind_a_wider_one_is_found() {
        for (wider, narrower) in [
            (json!({}), json!({"path": {"prefix": "/a"}})),
            (json!({"path": {"prefix": "/a"}}), json!({"path": {"prefix": "/a/b"}, "methods": ["GET"]})),
            (json!({"path": {"prefix": ["/a", "/b"]}}), json!({"path": {"exact": "/b/c"}})),
            (
                json!({"any": [{"path": {"contains": "x"}}, {"methods": ["PUT"]}]}),
                json!({"methods": ["PUT"], "host": {"exact": "h"}}),
            ),
            (
                json!({"client_ip": {"ranges": ["10.0.0.0/8"]}}),
                json!({"client_ip": {"ranges": ["10.1.0.0/16", "10.2.0.0/16"]}}),
            ),
            (json!({"not": {"path": {"prefix": "/a/b"}}}), json!({"not": {"path": {"prefix": "/a"}}})),
        ] {
            let found =
                findings(json!([rule("first", "deny", wider.clone()), rule("second", "deny", narrower.clone())]));
            assert_eq!(
                found,
                ["rule second never decides: rule first holds whenever it does, and comes first"],
                "{wider} {narrower}"
            );
            let found = findings(json!([rule("first", "deny", narrower), rule("second", "deny", wider)]));
            assert_eq!(found, [""; 0]);
        }
    }

    #[test]
    fn opposites_on_the_same_requests_conflict() {
        let when = json!({"path": {"prefix": "/a"}, "methods": ["GET"]});
        let found = findings(json!([rule("yes", "allow", when.clone()), rule("no", "deny", when)]));
        assert_eq!(found, ["rules yes and no hold for the same requests and say the opposite; yes counts"]);
    }

    #[test]
    fn a_contradiction_never_holds() {
        let when = json!({"path": {"exact": "/a/b"}, "not": {"path": {"prefix": "/a"}}});
        assert_eq!(
            findings(json!([rule("none", "deny", when)])),
            ["rule none never holds: its condition contradicts itself"]
        );
    }

    #[test]
    fn rules_that_do_not_decide_hide_none() {
        let mut shadow = rule("shadow", "deny", json!({}));
        shadow["shadow"] = json!(true);
        let rules = json!([rule("score", "score", json!({})), shadow, rule("last", "deny", json!({}))]);
        assert_eq!(findings(rules), [""; 0]);
    }
}
