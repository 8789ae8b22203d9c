//! Which stored response fits a request (RFC 9111 §4.1).

use gatewright::Headers;
use gatewright::syntax::is_token;

use super::text::{digits, members, trim};

/// A request field that selects among the responses of one URL: its name in lower case and its value, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selecting {
    /// Name in lower case.
    pub name: String,
    /// The value; `None` where the request has no such field.
    pub value: Option<Vec<u8>>,
}

/// The names in `Vary`, in lower case, sorted; `None` if it has `*`, what is no name, or more than `max`: nothing fits then.
#[must_use]
pub fn names(response: &Headers, max: usize) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for member in response.all("vary").flat_map(members) {
        if member == b"*" || !is_token(member) || names.len() > max {
            return None;
        }
        names.push(String::from_utf8_lossy(member).to_ascii_lowercase());
    }
    names.sort();
    names.dedup();
    (names.len() <= max).then_some(names)
}

/// The selecting fields of a request.
pub fn selecting(names: Vec<String>, request: &Headers) -> Vec<Selecting> {
    names.into_iter().map(|name| Selecting { value: value(&name, request), name }).collect()
}

/// Whether a request has the same selecting fields as the one that the response answered.
#[must_use]
pub fn fits(stored: &[Selecting], content_language: Option<&[u8]>, request: &Headers) -> bool {
    stored.iter().all(|field| {
        let presented = value(&field.name, request);
        presented == field.value || (field.name == "accept-language" && prefers(presented.as_deref(), content_language))
    })
}

/// A field's value as it is compared: lines combined, no space around commas; for fields whose members have no order, in one order.
fn value(name: &str, request: &Headers) -> Option<Vec<u8>> {
    let mut lines = request.all(name).peekable();
    lines.peek()?;
    let mut list: Vec<Vec<u8>> = lines.flat_map(members).map(|member| normalised(name, member)).collect();
    if is_unordered(name) {
        list.sort();
        list.dedup();
    }
    Some(list.join(&b','))
}

/// Negotiation by weight: the order of the members means nothing (RFC 9110 §12.5.3, §12.5.4), nor does their case.
fn is_unordered(name: &str) -> bool {
    matches!(name, "accept-encoding" | "accept-language")
}

fn normalised(name: &str, member: &[u8]) -> Vec<u8> {
    if !is_unordered(name) {
        return member.to_vec();
    }
    let (range, weight) = weighted(member);
    let mut out = range.to_ascii_lowercase();
    if weight != 1000 {
        out.extend_from_slice(b";q=");
        out.extend_from_slice(weight.to_string().as_bytes());
    }
    out
}

/// A member and its weight in thousandths (RFC 9110 §12.4.2). One that cannot be read stays part of the member.
fn weighted(member: &[u8]) -> (&[u8], u64) {
    let parts = member.iter().position(|byte| *byte == b';').and_then(|at| member.split_at_checked(at));
    let Some((range, parameter)) = parts else { return (member, 1000) };
    let parameter = trim(parameter.get(1..).unwrap_or_default());
    let weight = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q=")).and_then(thousandths);
    weight.map_or((member, 1000), |weight| (trim(range), weight))
}

fn thousandths(text: &[u8]) -> Option<u64> {
    let (whole, fraction) = text.split_at_checked(1)?;
    let fraction = if fraction.is_empty() { fraction } else { fraction.strip_prefix(b".")? };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let scale = 10u64.pow(u32::try_from(3 - fraction.len()).unwrap_or(0));
    let weight = digits(whole)? * 1000 + digits(fraction).unwrap_or(0) * scale;
    (weight <= 1000).then_some(weight)
}

/// Whether the language of a stored response is the one that the request prefers over every other. Whatever the response was
/// selected by, it is what this request asks for first.
fn prefers(accept_language: Option<&[u8]>, content_language: Option<&[u8]>) -> bool {
    let (Some(accepted), Some(language)) = (accept_language, content_language) else { return false };
    let mut best: Option<(Vec<u8>, u64, bool)> = None;
    for member in members(accepted) {
        let (range, weight) = recompared(member);
        match &mut best {
            Some((_, known, unique)) if weight == *known => *unique = false,
            Some((_, known, _)) if weight < *known => {}
            best => *best = Some((range.to_vec(), weight, true)),
        }
    }
    best.is_some_and(|(range, weight, unique)| unique && weight > 0 && range.eq_ignore_ascii_case(language))
}

/// A normalised member and its weight.
fn recompared(member: &[u8]) -> (&[u8], u64) {
    let at = member.windows(3).position(|window| window == b";q=");
    let split = at.and_then(|at| member.split_at_checked(at));
    split.map_or((member, 1000), |(range, weight)| (range, weight.get(3..).and_then(digits).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
