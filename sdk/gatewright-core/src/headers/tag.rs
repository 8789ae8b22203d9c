//! Tells field names apart without comparing them.

use crate::bytes::equal;

/// A digest of a field name, whatever its case: of its length and its first eight bytes. Names of different tags differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    #[inline]
    pub(super) fn of(name: &[u8]) -> Self {
        const LOWER: u64 = 0x2020_2020_2020_2020;
        let start = match name.first_chunk::<8>() {
            Some(start) => u64::from_le_bytes(*start),
            None => name.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        // Fibonacci hashing: the upper bits are the good ones.
        let mixed = ((start | LOWER) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self((mixed >> 32) as u32)
    }

    #[inline]
    fn slot(self) -> usize {
        (self.0 >> 26) as usize
    }
}

/// Where in a list the fields of a tag begin. Most of what policies ask for is not there, and an empty slot says so.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The first field of each slot; [`NONE`] without one.
    first: [u8; 64],
    /// Slots with more than one field.
    more: u64,
}

const NONE: u8 = u8::MAX;

impl Default for Places {
    fn default() -> Self {
        Self { first: [NONE; 64], more: 0 }
    }
}

impl Places {
    /// Notes that the field with this number has this tag.
    #[inline]
    pub(super) fn add(&mut self, tag: Tag, number: usize) {
        let Some(first) = self.first.get_mut(tag.slot()) else { return };
        if *first == NONE {
            // A list that is longer is looked through from there.
            *first = u8::try_from(number).unwrap_or(NONE).min(NONE - 1);
        } else {
            self.more |= 1 << tag.slot();
        }
    }

    /// The number of the first field that may have this tag; `None`: none has.
    #[inline]
    pub(super) fn first(&self, tag: Tag) -> Option<usize> {
        self.first.get(tag.slot()).filter(|first| **first != NONE).map(|first| usize::from(*first))
    }

    /// Whether a field after the first one may have this tag.
    #[inline]
    pub(super) fn may_have_more(&self, tag: Tag) -> bool {
        self.more & (1 << tag.slot()) != 0 || self.first(tag) == Some(usize::from(NONE - 1))
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
    fn the_first_of_a_tag_is_never_after_its_place_and_a_second_one_is_known() {
        let mut places = Places::default();
        let names: Vec<String> = (0..400).map(|number| format!("{number}-name")).collect();
        for (number, name) in names.iter().enumerate() {
            places.add(Tag::of(name.as_bytes()), number);
        }
        for (number, name) in names.iter().enumerate() {
            let tag = Tag::of(name.as_bytes());
            let first = places.first(tag).unwrap();
            assert!(first <= number);
            assert!(first == number || places.may_have_more(tag));
        }
    }

    #[test]
    fn most_of_what_was_not_added_is_known_to_be_missing() {
        let mut places = Places::default();
        NAMES.iter().enumerate().for_each(|(number, name)| places.add(Tag::of(name.as_bytes()), number));
        let absent = (0..100).filter(|number| places.first(Tag::of(format!("{number}-none").as_bytes())).is_none());
        assert!(absent.count() > 60);
    }
}
