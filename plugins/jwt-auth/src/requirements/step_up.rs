//! How, and how long ago, the user authenticated (RFC 9470).

use serde_json::Value;

use super::{Evidence, Requirement};
use crate::seconds;

/// Whether the token shows what is asked.
pub(super) fn is_met(wanted: &Requirement, evidence: &Evidence<'_>) -> bool {
    let claim = |name| evidence.claims.get(name);
    let context = claim("acr").and_then(Value::as_str);
    if !wanted.acr_values.is_empty() && !wanted.acr_values.iter().any(|value| context == Some(value)) {
        return false;
    }
    let methods = claim("amr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !wanted.amr.iter().all(|method| methods.iter().any(|one| one.as_str() == Some(method))) {
        return false;
    }
    wanted.max_age.is_none_or(|age| is_recent(claim("auth_time"), seconds::of(age), evidence))
}

/// A time that has not come says nothing about the past.
fn is_recent(time: Option<&Value>, age: u64, evidence: &Evidence<'_>) -> bool {
    let Evidence { now, clock_skew, .. } = *evidence;
    let seconds = |value: &Value| value.as_u64().or_else(|| value.as_f64().filter(|at| *at >= 0.0).map(|at| at as u64));
    time.and_then(seconds).is_some_and(|time| {
        time <= now.saturating_add(clock_skew) && time.saturating_add(age).saturating_add(clock_skew) >= now
    })
}
