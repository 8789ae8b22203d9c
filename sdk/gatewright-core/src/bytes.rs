//! Work on bytes, eight at a time.

/// Whether both are the same. On wasm, the compiler's own comparison is a call that goes byte by byte. It is not for secrets: how long
/// it takes tells where they differ.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    let ((ones, one_rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    one.len() == other.len()
        && ones.iter().zip(others).all(|(one, other)| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other))
        && one_rest.iter().zip(other_rest).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn any_other_byte_and_any_other_length_makes_a_difference() {
        let all: Vec<u8> = (0..40).collect();
        for length in 0..all.len() {
            let one = &all[..length];
            assert!(equal(one, &all.clone()[..length]));
            assert!(!equal(one, &all[..=length]));
            for at in 0..length {
                let mut other = one.to_vec();
                other[at] ^= 0x80;
                assert!(!equal(one, &other), "{length} bytes, the one at {at}");
            }
        }
    }
}
