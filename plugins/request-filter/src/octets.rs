//! Looks at bytes eight at a time: every byte of a request is looked at, and most are ordinary.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Whether every byte is visible ASCII or a space.
pub(crate) fn are_visible_ascii(bytes: &[u8]) -> bool {
    all(bytes, |word| ((word | word.wrapping_sub(ONES * 0x20) | is_zero(word ^ (ONES * 0x7f))) & HIGHS) == 0)
}

/// As [`are_visible_ascii`], and without `%`.
pub(crate) fn are_plain(bytes: &[u8]) -> bool {
    are_visible_ascii(bytes) && memchr::memchr(b'%', bytes).is_none()
}

/// Whether every byte is no control character. Bytes above ASCII are none.
pub(crate) fn are_without_controls(bytes: &[u8]) -> bool {
    all(bytes, |word| {
        let below_space = word.wrapping_sub(ONES * 0x20) & !word;
        ((below_space | is_zero(word ^ (ONES * 0x7f))) & HIGHS) == 0
    })
}

/// The high bit of each byte that is zero, and perhaps of one above it.
const fn is_zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// The high bit of each byte that is this one, and no other bit.
pub(crate) const fn equal_bytes(word: u64, byte: u8) -> u64 {
    let zero_where_equal = word ^ (ONES * byte as u64);
    !((zero_where_equal & !HIGHS).wrapping_add(!HIGHS) | zero_where_equal | !HIGHS)
}

/// What is left of less than eight bytes, filled up with zeros.
pub(crate) fn last_word(rest: &[u8]) -> u64 {
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Whether the test holds for every eight bytes; the rest is filled with spaces.
fn all(bytes: &[u8], test: impl Fn(u64) -> bool) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [b' '; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    words.iter().all(|word| test(u64::from_le_bytes(*word))) && test(u64::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_byte_alone_and_among_others() {
        for byte in 0..=255u8 {
            for (before, after) in [(0, 0), (3, 0), (7, 9), (16, 5)] {
                let text = [vec![b'a'; before], vec![byte], vec![b'~'; after]].concat();
                let shown = format!("{byte:#x} after {before}");
                assert_eq!(are_visible_ascii(&text), (0x20..0x7f).contains(&byte), "{shown}");
                assert_eq!(are_plain(&text), (0x20..0x7f).contains(&byte) && byte != b'%', "{shown}");
                assert_eq!(are_without_controls(&text), byte >= 0x20 && byte != 0x7f, "{shown}");
            }
        }
        assert!(are_plain(b"") && are_without_controls(b""));
    }

    proptest! {
        #[test]
        fn agrees_with_a_byte_after_the_other(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x1eu8..0x22, 0x7cu8..0x82], 0..24)) {
            prop_assert_eq!(are_visible_ascii(&bytes), bytes.iter().all(|byte| (0x20..0x7f).contains(byte)));
            prop_assert_eq!(are_without_controls(&bytes), bytes.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f));
        }
    }
}
