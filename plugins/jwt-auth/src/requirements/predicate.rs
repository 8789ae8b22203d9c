//! Conditions on one claim.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::Glob;
use crate::claim_path::ClaimPath;
use crate::jose::Claims;

/// A condition on one claim. A claim that is not there meets none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimPredicate {
    /// Which claim.
    pub claim: ClaimPath,
    /// The claim is this text, number or boolean.
    #[serde(default)]
    pub equals: Option<Value>,
    /// The claim is one of these.
    #[serde(default)]
    pub one_of: Option<Vec<Value>>,
    /// The claim is a list, and this is in it.
    #[serde(default)]
    pub contains: Option<Value>,
    /// The claim is text of this form: `*` stands for any characters, as in `*@example.com`.
    #[serde(default)]
    pub matches: Option<Glob>,
}

impl ClaimPredicate {
    pub(crate) fn holds(&self, claims: &Claims) -> bool {
        let Some(found) = self.claim.find(claims) else { return false };
        let equal = |wanted: &Value| is_same(wanted, found);
        self.equals.as_ref().is_none_or(equal)
            && self.one_of.as_ref().is_none_or(|wanted| wanted.iter().any(equal))
            && self.contains.as_ref().is_none_or(|wanted| has(found, wanted))
            && self.matches.as_ref().is_none_or(|glob| found.as_str().is_some_and(|text| glob.matches(text)))
    }

    /// Says what is wrong with the condition itself: which field, and what to write.
    pub(super) fn complaint(&self) -> Option<(&'static str, &'static str)> {
        let (equals, one_of, contains) = (&self.equals, &self.one_of, &self.contains);
        let given = [equals.is_some(), one_of.is_some(), contains.is_some(), self.matches.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            return Some(("", "write exactly one of `equals`, `one_of`, `contains`, `matches`"));
        }
        let bad = |value: &Option<Value>| value.as_ref().is_some_and(|value| !is_scalar(value));
        if bad(equals) {
            return Some(("equals", "write a text, a number or a boolean"));
        }
        if bad(contains) {
            return Some(("contains", "write a text, a number or a boolean"));
        }
        let empty_or_bad = |list: &Vec<Value>| list.is_empty() || !list.iter().all(is_scalar);
        one_of.as_ref().is_some_and(empty_or_bad).then_some(("one_of", "write a list of texts, numbers or booleans"))
    }
}

fn has(found: &Value, wanted: &Value) -> bool {
    found.as_array().is_some_and(|list| list.iter().any(|one| is_same(wanted, one)))
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// Equality of JSON: `1` and `1.0` are one number, `"1"` is none.
fn is_same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => is_same_number(wanted, found),
        _ => wanted == found,
    }
}

fn is_same_number(one: &Number, other: &Number) -> bool {
    // Whole numbers beyond 2^53 would be equal to their neighbours as doubles.
    let whole = |number: &Number| number.as_i128();
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn holds(predicate: Value, claim: &Value) -> bool {
        let mut predicate = predicate;
        predicate["claim"] = json!("c");
        let predicate: ClaimPredicate = serde_json::from_value(predicate).unwrap();
        assert_eq!(predicate.complaint(), None, "{predicate:?}");
        predicate.holds(&Claims::parse(json!({ "c": claim }).to_string().as_bytes()).unwrap())
    }

    #[test]
    fn equality_knows_types() {
        for (wanted, claim, outcome) in [
            (json!("a"), json!("a"), true),
            (json!("a"), json!("A"), false),
            (json!("a"), json!(["a"]), false),
            (json!(1), json!(1.0), true),
            (json!(1), json!("1"), false),
            (json!(1), json!(true), false),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false),
            (json!(true), json!(true), true),
            (json!(true), json!("true"), false),
            (json!("a"), json!(null), false),
        ] {
            assert_eq!(holds(json!({ "equals": wanted }), &claim), outcome, "{wanted} {claim}");
            assert_eq!(holds(json!({ "one_of": ["zz", wanted] }), &claim), outcome, "{wanted} {claim}");
            assert_eq!(holds(json!({ "contains": wanted }), &json!(["zz", claim])), outcome, "{wanted} {claim}");
        }
    }

    #[test]
    fn a_text_contains_nothing() {
        assert!(!holds(json!({"contains": "admin"}), &json!("not-admin")));
        assert!(!holds(json!({"contains": "admin"}), &json!("admin")));
        assert!(!holds(json!({"contains": "admin"}), &json!({"admin": true})));
    }

    #[test]
    fn forms_are_for_texts() {
        assert!(holds(json!({"matches": "*@example.com"}), &json!("anna@example.com")));
        assert!(!holds(json!({"matches": "*@example.com"}), &json!("anna@example.com.evil")));
        assert!(!holds(json!({"matches": "*"}), &json!(1)));
    }

    #[test]
    fn a_condition_is_exactly_one() {
        for wrong in [
            json!({"claim": "c"}),
            json!({"claim": "c", "equals": null}),
            json!({"claim": "c", "equals": 1, "matches": "*"}),
            json!({"claim": "c", "equals": {}}),
            json!({"claim": "c", "contains": []}),
            json!({"claim": "c", "one_of": []}),
            json!({"claim": "c", "one_of": [[]]}),
        ] {
            let predicate: ClaimPredicate = serde_json::from_value(wrong.clone()).unwrap();
            assert!(predicate.complaint().is_some(), "{wrong}");
        }
    }
}
