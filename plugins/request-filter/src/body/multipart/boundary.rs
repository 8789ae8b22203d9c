//! Delimiters between parts (RFC 2046, section 5.1.1).

use crate::value::Refusal;

/// The line that stands between parts.
#[derive(Debug)]
pub(super) struct Delimiter {
    /// CR LF, two hyphens and the boundary.
    line: Vec<u8>,
}

/// What stands at the head of a stretch of contents.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How many bytes are contents for certain.
    pub(super) contents: usize,
    /// How many bytes the delimiter behind them has; 0 without one.
    pub(super) delimiter: usize,
    /// A delimiter stands there behind a single CR or LF: a delimiter to some readers only.
    pub(super) bare: bool,
}

impl Delimiter {
    /// A boundary has 1 to 70 characters of a small set, and does not end in a space.
    pub(super) fn new(boundary: &[u8]) -> Result<Self, Refusal> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
        let valid = (1..=70).contains(&boundary.len()) && boundary.iter().all(allowed) && !boundary.ends_with(b" ");
        if !valid {
            return Err(BAD_BOUNDARY);
        }
        Ok(Self { line: [b"\r\n--", boundary].concat() })
    }

    /// The first delimiter: it has no line break before it.
    pub(super) fn first(&self) -> &[u8] {
        self.line.get(2..).unwrap_or_default()
    }

    /// Splits a stretch of contents at its first delimiter. What may be the beginning of one is left for later.
    ///
    /// Linear: no line break stands in a boundary, so a comparison never goes past the next place to compare.
    pub(super) fn find(&self, stretch: &[u8]) -> Found {
        let mut rest = stretch;
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            rest = rest.get(at..).unwrap_or_default();
            let found = |delimiter, bare| Found { contents: stretch.len().saturating_sub(rest.len()), delimiter, bare };
            if rest.starts_with(&self.line) {
                return found(self.line.len(), false);
            }
            let behind = rest.get(1..).unwrap_or_default();
            if behind.starts_with(self.first()) {
                return found(0, true);
            }
            if self.line.starts_with(rest) || self.first().starts_with(behind) {
                return found(0, false);
            }
            rest = behind;
        }
        Found { contents: stretch.len(), delimiter: 0, bare: false }
    }
}

const BAD_BOUNDARY: Refusal = Refusal::bad("multipart_bad_boundary");
