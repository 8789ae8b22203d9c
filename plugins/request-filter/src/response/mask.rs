//! Makes parts of a body unreadable.

use std::collections::HashSet;
use std::ops::Range;

use super::numbers;
use crate::config::Mask;

/// What is masked.
pub(super) struct Masks {
    fields: HashSet<Vec<u8>>,
    cards: bool,
    ibans: bool,
    emails: bool,
}

/// What takes the place of some bytes.
enum Edit {
    /// This text.
    Text(Range<usize>, &'static [u8]),
    /// As many `*` as there are letters and digits; in quotes where JSON has a number.
    Stars(Range<usize>, Quotes),
}

/// The first byte of what is masked, and the end of it all, where quotes are needed.
type Quotes = Option<usize>;

impl Masks {
    pub(super) fn new(settings: &Mask) -> Self {
        Self {
            fields: settings.json_fields.iter().map(|name| name.clone().into_bytes()).collect(),
            cards: settings.cards,
            ibans: settings.ibans,
            emails: settings.emails,
        }
    }

    /// The body with everything masked; `None` if there was nothing to mask.
    pub(super) fn masked(&self, body: &[u8], json: bool) -> Option<Vec<u8>> {
        let edits = self.edits(body, json);
        if edits.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(body.len() + 2 * edits.len());
        let mut done = 0;
        for edit in &edits {
            let range = edit.range();
            out.extend_from_slice(body.get(done..range.start).unwrap_or_default());
            done = edit.write(body, &mut out);
        }
        out.extend_from_slice(body.get(done..).unwrap_or_default());
        Some(out)
    }

    /// What is to be replaced, in order and without overlap.
    fn edits(&self, body: &[u8], json: bool) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = 0;
        let mut string: Option<usize> = None;
        while let Some(byte) = body.get(at) {
            match byte {
                b'"' if json && string.is_some() => {
                    let key = body.get(string.take().unwrap_or(at)..at).unwrap_or_default();
                    if let Some(value) = self.field(key, body, at + 1) {
                        at = value.end;
                        edits.push(Edit::Text(value, b"\"***\""));
                        continue;
                    }
                }
                b'"' if json => string = Some(at + 1),
                b'\\' if string.is_some() => at += 1,
                _ => {
                    if let Some(edit) = self.at(body, at, json && string.is_none()) {
                        at = edit.end();
                        edits.push(edit);
                        continue;
                    }
                }
            }
            at += 1;
        }
        edits
    }

    fn at(&self, body: &[u8], at: usize, bare: bool) -> Option<Edit> {
        let byte = body.get(at)?;
        let rest = body.get(at..)?;
        let begins =
            at.checked_sub(1).and_then(|before| body.get(before)).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if self.emails && *byte == b'@' {
            // All but the first character of what stands before it.
            let local = numbers::email(body, at)?;
            return Some(Edit::Stars(local.start + 1..local.end, None));
        }
        if self.cards && begins && byte.is_ascii_digit() {
            let last_four = numbers::card(rest)?;
            return Some(Edit::Stars(at..at + last_four.start, bare.then_some(at + last_four.end)));
        }
        if self.ibans && begins && byte.is_ascii_uppercase() {
            let last_four = numbers::iban(rest)?;
            return Some(Edit::Stars(at..at + last_four.start, None));
        }
        None
    }

    /// The value of the member whose name ends before `after`, if it is one to mask.
    fn field(&self, key: &[u8], body: &[u8], after: usize) -> Option<Range<usize>> {
        if self.fields.is_empty() {
            return None;
        }
        let colon = skip_space(body, after);
        if body.get(colon) != Some(&b':') || !self.is_masked(key) {
            return None;
        }
        let start = skip_space(body, colon + 1);
        Some(start..end_of_value(body, start))
    }

    fn is_masked(&self, key: &[u8]) -> bool {
        if !key.contains(&b'\\') {
            return self.fields.contains(key);
        }
        let quoted = [b"\"", key, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).is_ok_and(|key| self.fields.contains(key.as_bytes()))
    }
}

impl Edit {
    fn range(&self) -> &Range<usize> {
        match self {
            Self::Text(range, _) | Self::Stars(range, _) => range,
        }
    }

    /// Where the search goes on.
    fn end(&self) -> usize {
        match self {
            Self::Text(range, _) => range.end,
            // An address ends at its `@`, which must not be found again.
            Self::Stars(range, quotes) => quotes.unwrap_or(range.end + 1),
        }
    }

    /// Writes what takes the bytes' place, and says how much of the body is done.
    fn write(&self, body: &[u8], out: &mut Vec<u8>) -> usize {
        let (range, quotes) = match self {
            Self::Text(range, text) => {
                out.extend_from_slice(text);
                return range.end;
            }
            Self::Stars(range, quotes) => (range, quotes),
        };
        let hidden = body.get(range.clone()).unwrap_or_default();
        let stars = hidden.iter().map(|byte| if matches!(byte, b' ' | b'-') { *byte } else { b'*' });
        let Some(end) = quotes else {
            out.extend(stars);
            return range.end;
        };
        out.push(b'"');
        out.extend(stars);
        out.extend_from_slice(body.get(range.end..*end).unwrap_or_default());
        out.push(b'"');
        *end
    }
}

fn skip_space(body: &[u8], from: usize) -> usize {
    let space = body.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    from + space
}

/// The end of the JSON value that begins here; objects and lists with everything in them.
fn end_of_value(body: &[u8], start: usize) -> usize {
    let (mut at, mut depth, mut in_string) = (start, 0usize, false);
    while let Some(byte) = body.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return at + 1;
                }
            }
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    body.len()
}

#[cfg(test)]
mod tests;
