//! A token that was found good.

use std::mem::size_of;
use std::rc::Rc;

use serde_json::Value;

use crate::jose::Claims;

/// A token that its provider signed and meant for here, and from when till when that holds.
#[derive(Debug)]
pub(crate) struct Verified {
    /// Number of the provider in its set.
    pub(crate) provider: usize,
    pub(crate) claims: Rc<Claims>,
    /// The provider's keys that verified it.
    pub(crate) generation: u64,
    /// The payload as it stood in the token, if the upstream gets it.
    pub(crate) payload: Option<Box<str>>,
    /// First and last second, in seconds since the Unix epoch. A clock that was set back counts too.
    valid: (u64, u64),
    cost: usize,
}

impl Verified {
    pub(crate) fn new(
        provider: usize,
        claims: Claims,
        generation: u64,
        clock_skew: u64,
        payload: Option<String>,
    ) -> Self {
        let valid = claims.validity(clock_skew);
        let payload = payload.map(String::into_boxed_str);
        let cost = 256 + payload.as_ref().map_or(0, |text| text.len()) + cost_of_members(claims.members());
        Self { provider, claims: Rc::new(claims), generation, payload, valid, cost }
    }

    /// A token that its provider was asked about. It is remembered with the provider's answer, not here.
    pub(crate) fn of_answer(provider: usize, claims: Rc<Claims>, payload: Option<String>) -> Self {
        let payload = payload.map(String::into_boxed_str);
        Self { provider, claims, generation: 0, payload, valid: (0, u64::MAX), cost: 0 }
    }

    pub(crate) fn is_valid_at(&self, now: u64) -> bool {
        (self.valid.0..=self.valid.1).contains(&now)
    }

    /// Memory it takes, estimated from above.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }
}

fn cost_of_members(members: &serde_json::Map<String, Value>) -> usize {
    /// Members that a node of the map has room for; a node is at least half full, but for the first.
    const NODE: usize = 11;
    let slot = size_of::<String>() + size_of::<Value>();
    let nodes = 1 + members.len() / (NODE / 2);
    let inside: usize = members.iter().map(|(name, value)| name.len() + cost_of(value)).sum();
    64 + nodes * (NODE * slot + 4 * NODE) + inside
}

/// What a value has on the heap; its depth is bounded by the parser.
fn cost_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => 16 + text.len(),
        // A list grows by doubling.
        Value::Array(list) => 16 + 2 * list.len() * size_of::<Value>() + list.iter().map(cost_of).sum::<usize>(),
        Value::Object(members) => cost_of_members(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn verified(payload: &str) -> Verified {
        Verified::new(0, Claims::parse(payload.as_bytes()).unwrap(), 0, 10, None)
    }

    #[test]
    fn is_valid_between_its_dates() {
        let token = verified(r#"{"nbf":100,"iat":90,"exp":200}"#);
        for (now, valid) in [(89, false), (90, true), (209, true), (210, false)] {
            assert_eq!(token.is_valid_at(now), valid, "{now}");
        }
        assert!(verified("{}").is_valid_at(0) && verified("{}").is_valid_at(u64::MAX));
    }

    #[test]
    fn small_objects_are_known_to_be_dear() {
        // Many one-member objects take much more memory than text.
        let objects = format!(r#"{{"a":[{}]}}"#, vec![r#"{"a":1}"#; 500].join(","));
        let text = format!(r#"{{"a":"{}"}}"#, "x".repeat(objects.len()));
        assert!(verified(&objects).cost() > 40 * verified(&text).cost());
    }
}
