//! What may come next, and tokens that are no strings.

/// What may come next in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// The document is whole.
    End,
}

impl Expect {
    pub(super) fn takes_value(self) -> bool {
        matches!(self, Self::Value | Self::ValueOrEnd)
    }

    pub(super) fn takes_key(self) -> bool {
        matches!(self, Self::Key | Self::KeyOrEnd)
    }

    pub(super) fn takes_end(self) -> bool {
        matches!(self, Self::ValueOrEnd | Self::KeyOrEnd | Self::CommaOrEnd)
    }
}

/// Whether the byte may stand in a number or a literal.
pub(super) fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

pub(super) fn is_literal(token: &[u8]) -> bool {
    matches!(token, b"true" | b"false" | b"null")
}

/// RFC 8259, section 6.
pub(super) fn is_number(token: &[u8]) -> bool {
    let unsigned = token.strip_prefix(b"-").unwrap_or(token);
    let (whole, rest) = digits(unsigned);
    let leading_zero = whole.len() > 1 && whole.first() == Some(&b'0');
    let Some(rest) = (!whole.is_empty() && !leading_zero).then_some(rest) else { return false };
    fraction(rest).and_then(exponent).is_some_and(<[u8]>::is_empty)
}

fn fraction(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b".").map_or(Some(rest), some_digits)
}

fn exponent(rest: &[u8]) -> Option<&[u8]> {
    let Some(power) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else { return Some(rest) };
    some_digits(power.strip_prefix(b"+").or_else(|| power.strip_prefix(b"-")).unwrap_or(power))
}

/// What follows at least one digit.
fn some_digits(bytes: &[u8]) -> Option<&[u8]> {
    let (digits, rest) = digits(bytes);
    (!digits.is_empty()).then_some(rest)
}

fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}
