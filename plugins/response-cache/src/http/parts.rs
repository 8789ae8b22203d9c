//! Parts of one representation put together (RFC 9110 §15.3.7.3). Whether they are of one is for the caller to know.

use super::range::{ContentRange, Span};

/// A part: where it lies, and its bytes.
pub type Part<'a> = (ContentRange, &'a [u8]);

/// Both parts as one, if they overlap or touch; `None` if there is a gap, or if they do not agree on the length of the whole. Where both
/// have a byte, it is that of `newer`.
#[must_use]
pub fn united(older: Part<'_>, newer: Part<'_>) -> Option<(ContentRange, Vec<u8>)> {
    let (old, new) = (older.0.span, newer.0.span);
    let length = match (older.0.length, newer.0.length) {
        (Some(one), Some(other)) if one != other => return None,
        (one, other) => one.or(other),
    };
    let gap = |one: Span, other: Span| other.first > one.last.saturating_add(1);
    if gap(old, new) || gap(new, old) {
        return None;
    }
    let mut body = before(older, new.first)?.to_vec();
    body.extend_from_slice(newer.1);
    body.extend_from_slice(after(older, new.last)?);
    let span = Span { first: old.first.min(new.first), last: old.last.max(new.last) };
    Some((ContentRange { span, length }, body))
}

/// The bytes of a part before an offset of the representation.
fn before<'a>(part: Part<'a>, offset: u64) -> Option<&'a [u8]> {
    let count = usize::try_from(offset.saturating_sub(part.0.span.first)).ok()?;
    part.1.get(..count.min(part.1.len()))
}

/// The bytes of a part after an offset of the representation.
fn after<'a>(part: Part<'a>, offset: u64) -> Option<&'a [u8]> {
    let count = usize::try_from(offset.saturating_add(1).saturating_sub(part.0.span.first)).ok()?;
    part.1.get(count.min(part.1.len())..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const WHOLE: &[u8] = b"0123456789";

    fn part(first: u64, last: u64, length: Option<u64>) -> Part<'static> {
        (ContentRange { span: Span { first, last }, length }, &WHOLE[first as usize..=last as usize])
    }

    #[test]
    fn rfc9110_15_3_7_3_parts_with_a_gap_or_of_another_length_stay_apart() {
        assert_eq!(united(part(0, 2, None), part(4, 5, None)), None);
        assert_eq!(united(part(4, 5, None), part(0, 2, None)), None);
        assert_eq!(united(part(0, 2, Some(10)), part(3, 5, Some(11))), None);
    }

    #[test]
    fn where_both_have_a_byte_the_newer_counts() {
        let range = |first, last| ContentRange { span: Span { first, last }, length: None };
        assert_eq!(united((range(0, 3), b"aaaa"), (range(1, 2), b"BB")), Some((range(0, 3), b"aBBa".to_vec())));
    }

    proptest! {
        #[test]
        fn what_is_put_together_is_what_it_was_cut_from(a in 0u64..10, b in 0u64..10, c in 0u64..10, d in 0u64..10) {
            let (one, other) = (part(a.min(b), a.max(b), Some(10)), part(c.min(d), c.max(d), None));
            if let Some((range, body)) = united(one, other) {
                prop_assert_eq!(range.length, Some(10));
                prop_assert_eq!(body, range.span.of(WHOLE, 0).unwrap());
            } else {
                prop_assert!(one.0.span.last + 1 < other.0.span.first || other.0.span.last + 1 < one.0.span.first);
            }
        }
    }
}
