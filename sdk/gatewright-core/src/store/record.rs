//! Records: what kind of value it is, in which layout, then numbers.

/// Bytes of a [`header`].
pub(super) const HEADER_BYTES: usize = 8;

/// What a record starts with: its kind, the version of its layout and one parameter of the layout.
pub(super) const fn header(kind: [u8; 4], layout: u16, parameter: u16) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = kind;
    let ([e, f], [g, h]) = (layout.to_le_bytes(), parameter.to_le_bytes());
    [a, b, c, d, e, f, g, h]
}

/// A record of numbers.
pub(super) fn encode(header: [u8; HEADER_BYTES], words: &[u64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES + 8 * words.len());
    out.extend_from_slice(&header);
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out
}

/// The numbers of a record; `None` if it is not exactly of this layout.
pub(super) fn decode<const N: usize>(header: [u8; HEADER_BYTES], value: &[u8]) -> Option<[u64; N]> {
    words(value.strip_prefix(header.as_slice())?)
}

/// Exactly `N` little-endian numbers.
pub(super) fn words<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    let chunks: &[[u8; 8]; N] = chunks.try_into().ok()?;
    Some(chunks.map(u64::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_the_exact_layout_is_read() {
        let ours = header(*b"TEST", 1, 2);
        let value = encode(ours, &[7, 8]);
        assert_eq!(decode(ours, &value), Some([7, 8]));
        assert_eq!(decode::<3>(ours, &value), None);
        assert_eq!(decode::<1>(ours, &value), None);
        assert_eq!(decode::<2>(header(*b"TEST", 2, 2), &value), None);
        assert_eq!(decode::<2>(header(*b"TEST", 1, 3), &value), None);
        assert_eq!(decode::<2>(ours, &value[..value.len() - 1]), None);
        assert_eq!(decode::<2>(ours, b""), None);
    }
}
