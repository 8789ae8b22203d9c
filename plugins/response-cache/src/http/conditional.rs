//! Validators (RFC 9110 §8.8) and conditions on them (§13), as a cache evaluates them (RFC 9111 §4.3.2).

use gatewright::Headers;

use super::date;
use super::text::members;

/// An entity tag (RFC 9110 §8.8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntityTag<'a> {
    /// It does not promise equality byte for byte.
    pub weak: bool,
    /// What stands between the quotes.
    pub opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// Reads a tag. One without quotes, which some servers send, is read as it stands.
    #[must_use]
    pub fn read(text: &'a [u8]) -> Option<Self> {
        let (weak, rest) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
        let quoted = rest.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        let opaque = quoted.unwrap_or(rest);
        let valid = !opaque.contains(&b'"') && (quoted.is_some() || (!weak && !opaque.is_empty()));
        valid.then_some(Self { weak, opaque })
    }

    /// The same representation, byte for byte (RFC 9110 §8.8.3.2).
    #[must_use]
    pub fn strongly_equals(self, other: Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// The same representation, as far as its meaning goes.
    #[must_use]
    pub fn weakly_equals(self, other: Self) -> bool {
        self.opaque == other.opaque
    }
}

/// What the conditions of a request for a stored response come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is none that a cache evaluates, or the response is to be sent.
    Send,
    /// The client has it already: `304`.
    NotModified,
}

/// Whether a request has conditions that only the origin may evaluate (RFC 9111 §4.3.2).
#[must_use]
pub fn is_for_origin(request: &Headers) -> bool {
    request.contains("if-match") || request.contains("if-unmodified-since")
}

/// Evaluates `If-None-Match`, or else `If-Modified-Since`, against a stored response that came at `came`, in seconds.
#[must_use]
pub fn evaluate(request: &Headers, stored: &Headers, came: u64) -> Condition {
    let not_modified = if request.contains("if-none-match") {
        none_match(request, stored)
    } else {
        request.single("if-modified-since").ok().flatten().is_some_and(|since| !modified_since(since, stored, came))
    };
    if not_modified { Condition::NotModified } else { Condition::Send }
}

/// Whether `If-Range` lets a range of a stored response be sent (RFC 9110 §13.1.5). Both sides must be strong.
#[must_use]
pub fn allows_range(request: &Headers, stored: &Headers) -> bool {
    let Some(condition) = request.get("if-range") else { return true };
    if let Some(tag) = quoted(condition) {
        return stored.get("etag").and_then(EntityTag::read).is_some_and(|known| known.strongly_equals(tag));
    }
    strong_date(stored) == Some(condition)
}

/// What tells a representation from every other one, byte for byte: a strong `ETag`, or where there is none a strong `Last-Modified`.
#[must_use]
pub fn strong_validator(stored: &Headers) -> Option<&[u8]> {
    match stored.get("etag") {
        Some(_) => strong_tag(stored),
        None => strong_date(stored),
    }
}

/// `ETag`, if it is strong and can be sent back as it is.
#[must_use]
pub fn strong_tag(stored: &Headers) -> Option<&[u8]> {
    stored.get("etag").filter(|tag| quoted(tag).is_some_and(|tag| !tag.weak))
}

/// `Last-Modified`, if it is strong: a minute older than the response (RFC 9110 §8.8.2.2).
fn strong_date(stored: &Headers) -> Option<&[u8]> {
    let modified = stored.get("last-modified")?;
    let (at, sent) = (date::parse(modified, 0)?, date::parse(stored.get("date")?, 0)?);
    (sent.saturating_sub(at) >= 60).then_some(modified)
}

/// Whether a response has something to validate it by.
#[must_use]
pub fn has_validator(headers: &Headers) -> bool {
    headers.contains("etag") || headers.contains("last-modified")
}

/// Whether a `304` is about this stored response (RFC 9111 §4.3.4): a strong validator in it must be the stored one.
#[must_use]
pub fn is_about(not_modified: &Headers, stored: &Headers) -> bool {
    let Some(newer) = not_modified.get("etag") else { return true };
    let known = stored.get("etag");
    match (EntityTag::read(newer), known.and_then(EntityTag::read)) {
        (Some(newer), Some(known)) if !newer.weak => newer.strongly_equals(known),
        (Some(newer), Some(known)) => newer.weakly_equals(known),
        (Some(newer), None) => newer.weak && known.is_none(),
        _ => known == Some(newer),
    }
}

fn none_match(request: &Headers, stored: &Headers) -> bool {
    let known = stored.get("etag");
    let tag = known.and_then(EntityTag::read);
    request.all("if-none-match").flat_map(members).any(|member| {
        let same = EntityTag::read(member).zip(tag).is_some_and(|(asked, known)| asked.weakly_equals(known));
        member == b"*" || same || known == Some(member)
    })
}

/// Compares with `Last-Modified`, else `Date`, else with when the response came (RFC 9111 §4.3.2). A date that cannot be read is no
/// condition.
fn modified_since(since: &[u8], stored: &Headers, came: u64) -> bool {
    let Some(since) = date::parse(since, came) else { return true };
    let at = |name: &str| stored.get(name).and_then(|text| date::parse(text, came));
    let modified = at("last-modified").or_else(|| at("date")).or_else(|| i64::try_from(came).ok());
    modified.is_none_or(|modified| modified > since)
}

fn quoted(text: &[u8]) -> Option<EntityTag<'_>> {
    EntityTag::read(text).filter(|_| text.ends_with(b"\""))
}

#[cfg(test)]
mod tests;
