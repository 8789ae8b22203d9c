//! Ranges of a stored body (RFC 9110 §14), and partial responses (§15.3.7).

use super::text::{digits, members, trim};

/// Most ranges that are served at once; a request for more gets the whole.
const MAX_RANGES: usize = 16;

/// Bytes `first..=last` of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte.
    pub last: u64,
}

/// What `Range` asks for of a representation of known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// The whole: there is no `Range`, or none that can be read (RFC 9110 §14.2).
    Whole,
    /// These, at least one.
    Parts(Vec<Span>),
    /// Nothing that exists: `416`.
    Unsatisfiable,
}

/// `Content-Range` of one range (RFC 9110 §14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The bytes that the message has.
    pub span: Span,
    /// Length of the whole, if the sender knows it.
    pub length: Option<u64>,
}

impl ContentRange {
    /// What is left of it where only so many bytes came: they are the first ones, and what the sender said of the whole is not to be
    /// trusted. `None` if it is nothing, or if more came than was announced.
    #[must_use]
    pub fn received(self, bytes: u64) -> Option<Self> {
        if bytes == self.span.len() {
            return Some(self);
        }
        let last = self.span.first.checked_add(bytes.checked_sub(1)?)?;
        (last < self.span.last).then_some(Self { span: Span { last, ..self.span }, length: None })
    }
}

impl Span {
    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }

    /// A span is never empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        false
    }

    /// Whether all bytes of `other` are in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// These bytes of a body that begins at `offset` of the representation.
    #[must_use]
    pub fn of(self, body: &[u8], offset: u64) -> Option<&[u8]> {
        let start = usize::try_from(self.first.checked_sub(offset)?).ok()?;
        let length = usize::try_from(self.len()).ok()?;
        body.get(start..start.checked_add(length)?)
    }
}

/// Reads `Range` against a representation of `length` bytes.
#[must_use]
pub fn requested(field: Option<&[u8]>, length: u64) -> Ranges {
    let Some(set) = field.and_then(byte_set) else { return Ranges::Whole };
    let (mut parts, mut count) = (Vec::new(), 0);
    for member in members(set) {
        let Some(spec) = spec(member) else { return Ranges::Whole };
        count += 1;
        if count > MAX_RANGES {
            return Ranges::Whole;
        }
        parts.extend(spec.resolve(length));
    }
    match (count, parts.is_empty()) {
        (0, _) => Ranges::Whole,
        (_, true) => Ranges::Unsatisfiable,
        _ => united(parts),
    }
}

/// Whether two values of `Range` ask for the same, space and case aside.
#[must_use]
pub fn same_request(one: &[u8], other: &[u8]) -> bool {
    let squeezed = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|byte| !matches!(byte, b' ' | b'\t')).map(u8::to_ascii_lowercase).collect()
    };
    squeezed(one) == squeezed(other)
}

/// Reads `Content-Range: bytes first-last/length`; `None` for any other form.
#[must_use]
pub fn content_range(field: &[u8]) -> Option<ContentRange> {
    let (unit, rest) = field.split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"bytes ") {
        return None;
    }
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let (span, length) = rest.split_at_checked(slash)?;
    let length = match length.get(1..)? {
        b"*" => None,
        length => Some(digits(length)?),
    };
    let dash = span.iter().position(|byte| *byte == b'-')?;
    let (first, last) = span.split_at_checked(dash)?;
    let span = Span { first: digits(first)?, last: digits(last.get(1..)?)? };
    let valid = span.first <= span.last && length.is_none_or(|length| span.last < length);
    valid.then_some(ContentRange { span, length })
}

/// The value of `Content-Range` for a span of a representation.
#[must_use]
pub fn content_range_value(span: Span, length: u64) -> String {
    format!("bytes {}-{}/{length}", span.first, span.last)
}

/// A `multipart/byteranges` body (RFC 9110 §14.6) of parts of a whole body.
#[must_use]
pub fn multipart(body: &[u8], parts: &[Span], content_type: &[u8], boundary: &str) -> Vec<u8> {
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\ncontent-type: ").as_bytes());
        out.extend_from_slice(content_type);
        out.extend_from_slice(format!("\r\ncontent-range: {}\r\n\r\n", content_range_value(*part, length)).as_bytes());
        out.extend_from_slice(part.of(body, 0).unwrap_or_default());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// One member of a set of ranges.
enum Spec {
    From(u64, Option<u64>),
    Suffix(u64),
}

impl Spec {
    fn resolve(&self, length: u64) -> Option<Span> {
        let end = length.checked_sub(1)?;
        match *self {
            Self::From(first, last) => {
                let last = last.unwrap_or(end).min(end);
                (first <= last).then_some(Span { first, last })
            }
            Self::Suffix(0) => None,
            Self::Suffix(bytes) => Some(Span { first: length.saturating_sub(bytes), last: end }),
        }
    }
}

fn byte_set(field: &[u8]) -> Option<&[u8]> {
    let (unit, set) = trim(field).split_at_checked(6)?;
    unit.eq_ignore_ascii_case(b"bytes=").then_some(set)
}

fn spec(member: &[u8]) -> Option<Spec> {
    let dash = member.iter().position(|byte| *byte == b'-')?;
    let (first, last) = member.split_at_checked(dash)?;
    let last = last.get(1..)?;
    if first.is_empty() {
        return digits(last).map(Spec::Suffix);
    }
    let first = digits(first)?;
    let last = if last.is_empty() { None } else { Some(digits(last)?) };
    last.is_none_or(|last| first <= last).then_some(Spec::From(first, last))
}

/// Several ranges are sent apart unless they overlap or touch (RFC 9110 §14.2).
fn united(mut parts: Vec<Span>) -> Ranges {
    let overlaps = |parts: &[Span]| {
        parts.iter().enumerate().any(|(index, one)| {
            parts
                .iter()
                .skip(index + 1)
                .any(|other| one.first <= other.last.saturating_add(1) && other.first <= one.last.saturating_add(1))
        })
    };
    if overlaps(&parts) {
        parts.sort_by_key(|part| part.first);
        parts = parts.into_iter().fold(Vec::new(), |mut done: Vec<Span>, part| {
            match done.last_mut().filter(|last| part.first <= last.last.saturating_add(1)) {
                Some(last) => last.last = last.last.max(part.last),
                None => done.push(part),
            }
            done
        });
    }
    Ranges::Parts(parts)
}

#[cfg(test)]
mod tests;
