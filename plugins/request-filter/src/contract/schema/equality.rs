//! When two values are the same (JSON Schema, section 4.2.2).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::number::compare;

/// 1 and 1.0 are the same value.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Some(Ordering::Equal),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| equal(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

/// Members of objects are sorted by name, so equal values have one spelling; but for numbers, which get one.
pub(super) fn unique(list: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    list.iter().all(|value| seen.insert(spelling(value)))
}

fn spelling(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| format!("{number}"))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(spelling).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut parts: Vec<String> =
                members.iter().map(|(name, value)| format!("{name:?}:{}", spelling(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        other => other.to_string(),
    }
}
