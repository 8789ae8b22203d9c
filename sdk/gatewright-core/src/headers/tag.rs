//! Tells field names apart without comparing them.

use crate::bytes::equal;

/// A digest of a field name, whatever its case: length and three of its characters. Names of different tags differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    #[inline]
    pub(super) fn of(name: &[u8]) -> Self {
        let folded = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or_default() | 0x20);
        let (first, middle, last) = (folded(name.first()), folded(name.get(name.len() / 2)), folded(name.last()));
        // A cut length is no harm: tags need not tell everything.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        Self(u32::from(name.len() as u8) | first << 8 | middle << 16 | last << 24)
    }
}

/// Which tags occur in a list, roughly: most of what policies ask for is not there, and a bit says so.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen(u64);

impl Seen {
    #[inline]
    pub(super) fn add(&mut self, tag: Tag) {
        self.0 |= Self::bit(tag);
    }

    /// `false`: no field of this tag was ever added.
    #[inline]
    pub(super) fn may_have(self, tag: Tag) -> bool {
        self.0 & Self::bit(tag) != 0
    }

    #[inline]
    fn bit(tag: Tag) -> u64 {
        // Fibonacci hashing: the upper six bits.
        1 << (tag.0.wrapping_mul(0x9e37_79b1) >> 26)
    }
}

/// Whether two names are one (RFC 9110 §5.1). Mostly both are in lower case already.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (equal(one, other) || one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    const NAMES: [&str; 8] =
        ["", "a", "te", ":path", "accept", "accept-encoding", "x-request-id", "content-security-policy-report-only"];

    #[test]
    fn a_name_has_one_tag_in_any_case_and_is_the_same() {
        for name in NAMES {
            let upper = name.to_ascii_uppercase();
            assert_eq!(Tag::of(name.as_bytes()), Tag::of(upper.as_bytes()));
            assert!(same(name.as_bytes(), upper.as_bytes()));
        }
    }

    #[test]
    fn other_names_are_not_the_same() {
        for one in NAMES {
            assert!(NAMES.iter().filter(|other| same(one.as_bytes(), other.as_bytes())).count() == 1, "{one}");
            for at in 0..one.len() {
                let mut changed = one.as_bytes().to_vec();
                changed[at] ^= 1;
                assert!(!same(one.as_bytes(), &changed), "{one} at {at}");
            }
        }
    }

    #[test]
    fn what_was_added_may_be_there() {
        let mut seen = Seen::default();
        for name in NAMES {
            let tag = Tag::of(name.as_bytes());
            seen.add(tag);
            assert!(seen.may_have(tag));
        }
        let absent = (0..100).filter(|number| !seen.may_have(Tag::of(format!("x-none-{number}").as_bytes())));
        assert!(absent.count() > 50);
    }
}
