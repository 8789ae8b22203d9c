//! Header lists: reading, editing, and the ABI's form of them.

use gatewright_core::pairs;

use crate::message::Fields;

/// A list from the guest with more pairs than this becomes an empty one, silently (proxy-wasm C++ host, `limits.h`).
const MAX_PAIRS: usize = 1024;

/// Comparing a field's name.
pub(crate) trait Name {
    fn is(&self, name: &str) -> bool;
}

impl Name for Vec<u8> {
    fn is(&self, name: &str) -> bool {
        self.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The first value of a field as text, empty without one.
pub(crate) fn text(fields: &Fields, name: &str) -> String {
    value(fields, name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
}

/// The first value of a field.
pub(crate) fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a Vec<u8>> {
    fields.iter().find(|(n, _)| n.is(name)).map(|(_, value)| value)
}

pub(crate) fn encode(fields: &Fields) -> Vec<u8> {
    pairs::encode(fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())))
}

/// A list that a guest passed. One with too many pairs, or a malformed one, is empty and nobody is told.
pub(crate) fn decode(bytes: &[u8]) -> Fields {
    let spans = pairs::decode(bytes).unwrap_or_default();
    if spans.len() > MAX_PAIRS {
        return Fields::new();
    }
    let slice = |at: u32, length: u32| {
        let (at, length) = (at as usize, length as usize);
        bytes.get(at..at.saturating_add(length)).unwrap_or_default().to_vec()
    };
    let field = |s: &pairs::Span| (slice(s.name, s.name_len).to_ascii_lowercase(), slice(s.value, s.value_len));
    spans.iter().map(field).collect()
}

/// Sets the only field of a name: in the place of the first, else at the end.
pub(crate) fn replace(fields: &mut Fields, name: &[u8], value: &[u8]) {
    let at = fields.iter().position(|(n, _)| n.eq_ignore_ascii_case(name));
    fields.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    let at = at.unwrap_or(fields.len()).min(fields.len());
    fields.insert(at, (name.to_ascii_lowercase(), value.to_vec()));
}

pub(crate) fn remove(fields: &mut Fields, name: &[u8]) {
    fields.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
}

/// What `content-length` says, if it is there and a number.
pub(crate) fn content_length(fields: &Fields) -> Option<usize> {
    text(fields, "content-length").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_1025_pairs_becomes_empty() {
        let fields: Fields = (0..1024).map(|n| (format!("x-{n}").into_bytes(), Vec::new())).collect();
        assert_eq!(decode(&encode(&fields)).len(), 1024);
        let more: Fields = (0..1025).map(|n| (format!("x-{n}").into_bytes(), Vec::new())).collect();
        assert_eq!(decode(&encode(&more)).len(), 0);
    }

    #[test]
    fn replacing_leaves_one_field_in_the_first_ones_place() {
        let field = |n: &str, v: &str| (n.as_bytes().to_vec(), v.as_bytes().to_vec());
        let mut fields = vec![field("a", "1"), field("b", "2"), field("a", "3")];
        replace(&mut fields, b"A", b"4");
        assert_eq!(fields, [field("a", "4"), field("b", "2")]);
    }
}
