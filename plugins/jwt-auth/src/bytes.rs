//! Bytes, eight at a time. On wasm, what the compiler makes of a comparison or a search is a call that goes byte by byte, or by four.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = ONES << 7;

/// Whether these are the same bytes. How long that takes does not tell where they differ.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((ones, one_end), (others, other_end)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let words = ones.iter().zip(others).fold(0, |found, (one, other)| found | (word(one) ^ word(other)));
    let rest = one_end.iter().zip(other_end).fold(0, |found, (one, other)| found | (one ^ other));
    words | u64::from(rest) == 0
}

/// Where a byte is first.
pub(crate) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
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

fn word(chunk: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn one_other_byte_makes_a_difference() {
        for length in 0..40 {
            let one: Vec<u8> = (0..length).collect();
            assert!(equal(&one, &one.clone()));
            assert!(!equal(&one, &[one.as_slice(), b"\0"].concat()), "{length}");
            for at in 0..one.len() {
                for bit in 0..8 {
                    let mut other = one.clone();
                    other[at] ^= 1 << bit;
                    assert!(!equal(&one, &other), "{length} {at} {bit}");
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
