//! Which bytes a value has: what most patterns need is not there, and that is seen without looking for it.

use crate::octets::{equal_bytes, has_pair};

/// A set of kinds of bytes: each letter whatever its case, each mark of ASCII, digits, and what is not visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Shape(u64);

static KINDS: [u64; 256] = kinds();

impl Shape {
    /// Everything.
    pub(crate) const ALL: Self = Self(u64::MAX);
    pub(crate) const SPACE: Self = Self(1 << 27);
    /// Control characters.
    pub(crate) const CONTROL: Self = Self(1 << 28);
    /// Every value has it, the empty one too.
    const ANY: Self = Self(1 << 29);
    /// Bytes beyond ASCII.
    pub(crate) const HIGH: Self = Self(1 << 30);
    /// There is a letter in upper case.
    pub(crate) const UPPER: Self = Self(1 << 31);
    /// There are two spaces next to each other.
    pub(crate) const RUN: Self = Self(1 << 63);

    /// The kinds of the bytes of a value.
    pub(crate) fn of(value: &[u8]) -> Self {
        let kind = |byte: &u8| KINDS.get(usize::from(*byte)).copied().unwrap_or(u64::MAX);
        let (words, rest) = value.as_chunks::<8>();
        // Written out: a loop over eight bytes costs as much for itself as for what it does.
        let set = words.iter().fold(Self::ANY.0, |set, [a, b, c, d, e, f, g, h]| {
            set | kind(a) | kind(b) | kind(c) | kind(d) | kind(e) | kind(f) | kind(g) | kind(h)
        });
        let set = Self(rest.iter().fold(set, |set, byte| set | kind(byte)));
        let spaces = |word| (equal_bytes(word, b' '), equal_bytes(word, b' '));
        if set.meets(Self::SPACE) && has_pair(value, spaces) { set.and(Self::RUN) } else { set }
    }

    /// The kinds of these bytes, at compile time.
    pub(crate) const fn marks(bytes: &[u8]) -> Self {
        let mut set = 0;
        let mut rest = bytes;
        while let [byte, others @ ..] = rest {
            set |= kind(*byte);
            rest = others;
        }
        Self(set)
    }

    /// The kind of a byte, but for the case of letters.
    pub(super) const fn folded(byte: u8) -> Self {
        Self(kind(byte.to_ascii_lowercase()))
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the sets have something in common.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of the other set is in this one.
    pub(crate) const fn holds(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether a value of this shape is its own canonical form for certain: visible ASCII and spaces, without `%`.
    pub(crate) const fn is_plain(self) -> bool {
        !self.meets(Self::CONTROL.and(Self::HIGH).and(Self::marks(b"%")))
    }

    /// How common it is that a value has one of these, at a guess.
    pub(super) fn commonness(self) -> u32 {
        let usual = [(b"/.-".as_slice(), 12), (b":,;=_()+", 6)];
        let weight = |bit: u32| match bit {
            0..=25 => 9,
            26 => 18,
            27 => 12,
            _ => usual.iter().find(|(marks, _)| Self::marks(marks).0 >> bit & 1 == 1).map_or(1, |(_, weight)| *weight),
        };
        (0..64).filter(|bit| self.0 >> bit & 1 == 1).map(weight).sum()
    }
}

const fn kinds() -> [u64; 256] {
    let mut kinds = [0; 256];
    let mut rest = kinds.as_mut_slice();
    let mut byte = 0u8;
    while let [first, others @ ..] = rest {
        *first = kind(byte);
        byte = byte.wrapping_add(1);
        rest = others;
    }
    kinds
}

const fn kind(byte: u8) -> u64 {
    let bit = match byte {
        b'a'..=b'z' => byte - b'a',
        b'A'..=b'Z' => return 1 << (byte - b'A') | Shape::UPPER.0,
        b'0'..=b'9' => 26,
        b' ' => 27,
        0..=31 | 127 => 28,
        0x80.. => 30,
        b'!'..=b'/' => 32 + (byte - b'!'),
        b':'..=b'@' => 47 + (byte - b':'),
        b'['..=b'`' => 54 + (byte - b'['),
        b'{'..=b'}' => 60 + (byte - b'{'),
        // The one that least is said of gives its place to `RUN`.
        b'~' => return kind(b'^'),
    };
    1 << bit
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_mark_and_letter_has_a_kind_of_its_own() {
        let mut kinds = HashMap::<u64, Vec<u8>>::new();
        for byte in 0..=255u8 {
            kinds.entry(Shape::folded(byte).0).or_default().push(byte.to_ascii_lowercase());
        }
        for (kind, mut bytes) in kinds {
            bytes.dedup();
            bytes.sort_unstable();
            bytes.dedup();
            let several = [Shape::marks(b"0"), Shape::marks(b"^"), Shape::CONTROL, Shape::HIGH]
                .map(|shape| shape.0)
                .contains(&kind);
            assert_eq!(bytes.len() > 1, several, "{kind:#x} {bytes:?}");
        }
    }

    #[test]
    fn a_shape_is_that_of_each_byte() {
        let text = b"Aa0 \0\x01\x7f\xff/<>~'select * from x";
        for end in 0..=text.len() {
            let each = text[..end].iter().fold(Shape::ANY, |set, byte| set.and(Shape::marks(&[*byte])));
            assert_eq!(Shape::of(&text[..end]), each);
        }
        assert!(Shape::of(b"/a?b=c d").is_plain() && !Shape::of(b"12345678%").is_plain());
        for before in 0..18 {
            let text = |spaces: usize| [vec![b'a'; before], vec![b' '; spaces], vec![b'!'; 9]].concat();
            assert!(!Shape::of(&text(1)).meets(Shape::RUN) && Shape::of(&text(2)).meets(Shape::RUN), "{before}");
        }
        assert!(!Shape::of(b"a b c d e f g h i j k l m n").meets(Shape::RUN));
        assert!(Shape::of(b"A").meets(Shape::UPPER) && Shape::of(b"A").holds(Shape::of(b"a")));
    }
}
