//! Bytes, eight at a time. On wasm, what the compiler makes of a comparison or a search is a call that goes byte by byte, or by four.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = ONES << 7;

/// Whether these are the same bytes. How long that takes tells whether the lengths differ, but not where the bytes do.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((ones, one_end), (others, other_end)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let words = ones.iter().zip(others).fold(0, |found, (one, other)| found | (word(one) ^ word(other)));
    let rest = one_end.iter().zip(other_end).fold(0, |found, (one, other)| found | (one ^ other));
    words | u64::from(rest) == 0
}

/// Where a byte is first.
#[must_use]
pub fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    let pattern = ONES * u64::from(wanted);
    for (index, chunk) in words.iter().enumerate() {
        // Zero where the byte is; the lowest high bit of `zeros` marks the first zero byte exactly.
        let differs = word(chunk) ^ pattern;
        let zeros = differs.wrapping_sub(ONES) & !differs & HIGH_BITS;
        if zeros != 0 {
            return Some(index * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|byte| *byte == wanted).map(|at| words.len() * 8 + at)
}

/// What is before the first such byte, and what is behind it if there is one.
#[must_use]
pub fn split_once(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let at = find(bytes, separator).and_then(|at| bytes.split_at_checked(at));
    at.map_or((bytes, None), |(before, rest)| (before, rest.get(1..)))
}

fn word(chunk: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*chunk)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn any_other_byte_and_any_other_length_makes_a_difference() {
        let all: Vec<u8> = (0..40).collect();
        for length in 0..all.len() {
            let one = &all[..length];
            assert!(equal(one, &all.clone()[..length]));
            assert!(!equal(one, &all[..=length]));
            for at in 0..length {
                for bit in 0..8 {
                    let mut other = one.to_vec();
                    other[at] ^= 1 << bit;
                    assert!(!equal(one, &other), "{length} bytes, bit {bit} of the one at {at}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn finds_what_the_standard_library_finds(bytes in proptest::collection::vec(0_u8..4, 0..40), high in 0_u8.., wanted in 0_u8..5) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte ^ high).collect();
            let wanted = wanted ^ high;
            proptest::prop_assert_eq!(find(&bytes, wanted), bytes.iter().position(|byte| *byte == wanted));
        }
    }
}
