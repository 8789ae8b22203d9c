//! Numbers of two spellings compared.

use std::cmp::Ordering;

use serde_json::Number;

/// How two numbers compare: whole numbers exactly.
pub(super) fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

/// Whether it is a multiple. Fractions are compared with the precision that decimal ones have in binary.
pub(super) fn is_multiple(number: &Number, of: &Number) -> bool {
    if let (Some(number), Some(of)) = (whole(number), whole(of)) {
        return number.checked_rem(of) == Some(0);
    }
    let quotient = number.as_f64().zip(of.as_f64()).map(|(number, of)| number / of);
    quotient.is_some_and(|quotient| {
        let distance = (quotient - quotient.round()).abs();
        quotient.is_finite() && distance <= 1e-9 * quotient.abs().max(1.0)
    })
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}
