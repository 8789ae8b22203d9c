//! The small grammars of a request that policies read themselves: names, queries, cookies.
//!
//! There is one reading, for all policies: where two read differently, a request means one thing to the policy that checks it and
//! another to the one that acts on it.

pub mod cookie;
pub mod query;

/// Whether the byte may stand in a token, such as a method or a field's name (RFC 9110 §5.6.2).
#[must_use]
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether this is a token (RFC 9110 §5.6.2): at least one byte, and none but of its kind.
#[must_use]
pub fn is_token(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

/// The value of a hexadecimal digit, in any case.
#[must_use]
pub const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn tokens_are_what_rfc_9110_lists() {
        let others: Vec<u8> = (0..=255).filter(|byte| !is_token_byte(*byte)).collect();
        let mut expected: Vec<u8> = (0..=b' ').collect();
        expected.extend_from_slice(b"\"(),/:;<=>?@[\\]{}");
        expected.extend(0x7f..=0xff);
        assert_eq!(others, expected);
        assert!(is_token("x-a") && is_token(b"~") && !is_token("") && !is_token("a b"));
    }

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for byte in 0..=u8::MAX {
            assert_eq!(hex_digit(byte).map(u32::from), char::from(byte).to_digit(16), "{byte}");
        }
    }
}
