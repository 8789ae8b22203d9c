//! Bytes, many at a time. On wasm, what the compiler makes of a comparison or a search is a call that goes byte by byte, or by four.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = ONES << 7;

/// Whether these are the same bytes. How long that takes does not tell where they differ.
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((ones, one), (others, other)) = (one.as_chunks::<32>(), other.as_chunks::<32>());
    let blocks = ones.iter().zip(others).fold(0, |found, (one, other)| found | difference(one, other));
    let ((ones, one), (others, other)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let words = ones.iter().zip(others).fold(blocks, |found, (one, other)| found | (word(one) ^ word(other)));
    one.iter().zip(other).fold(words, |found, (one, other)| found | u64::from(one ^ other)) == 0
}

/// Where a byte is first.
pub(crate) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let pattern = ONES * u64::from(wanted);
    for (index, block) in blocks.iter().enumerate() {
        let (words, _) = block.as_chunks::<8>();
        if words.iter().fold(0, |found, chunk| found | zeros(word(chunk) ^ pattern)) != 0 {
            return block.iter().position(|byte| *byte == wanted).map(|at| index * 32 + at);
        }
    }
    rest.iter().position(|byte| *byte == wanted).map(|at| blocks.len() * 32 + at)
}

fn difference(one: &[u8; 32], other: &[u8; 32]) -> u64 {
    let ((ones, _), (others, _)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    ones.iter().zip(others).fold(0, |found, (one, other)| found | (word(one) ^ word(other)))
}

/// Not zero if a byte of the word is.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

fn word(chunk: &[u8; 8]) -> u64 {
    u64::from_ne_bytes(*chunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn one_other_byte_makes_a_difference() {
        for length in 0..75 {
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
        fn finds_what_the_standard_library_finds(bytes in proptest::collection::vec(0_u8..16, 0..80), high in 0_u8.., wanted in 0_u8..17) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte ^ high).collect();
            let wanted = wanted ^ high;
            proptest::prop_assert_eq!(find(&bytes, wanted), bytes.iter().position(|byte| *byte == wanted));
        }
    }
}
