//! A message on a queue: header, number, content.

use super::super::record::{HEADER_BYTES, header};

const HEADER: [u8; HEADER_BYTES] = header(*b"GWBM", 1, 0);
/// Bytes before the content.
pub(super) const OVERHEAD: usize = HEADER_BYTES + 8;

pub(super) fn encode(generation: u64, content: &[u8]) -> Vec<u8> {
    [HEADER.as_slice(), &generation.to_le_bytes(), content].concat()
}

/// Number and content; `None` for what another layout sent.
pub(super) fn decode(mut message: Vec<u8>, max: usize) -> Option<(u64, Vec<u8>)> {
    let (generation, content) = message.strip_prefix(HEADER.as_slice())?.split_first_chunk()?;
    if content.len() > max {
        return None;
    }
    let generation = u64::from_le_bytes(*generation);
    message.drain(..OVERHEAD);
    Some((generation, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_whole_messages_of_this_layout_are_read() {
        let message = encode(7, b"hello");
        assert_eq!(decode(message.clone(), 5), Some((7, b"hello".to_vec())));
        assert_eq!(decode(message.clone(), 4), None);
        assert_eq!(decode(message[..OVERHEAD - 1].to_vec(), 5), None);
        assert_eq!(decode(message[1..].to_vec(), 5), None);
        assert_eq!(decode(Vec::new(), 5), None);
    }
}
