//! Base64url as JOSE writes it: no padding, no white space, one spelling per value (RFC 7515 §2).

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A second spelling of the same bytes would let one token pass for two, in caches and in deny lists: trailing bits must be zero.
const STRICT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

/// The bytes that `text` stands for; `None` unless it is their only canonical spelling.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    STRICT.decode(text).ok()
}

/// The canonical spelling of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STRICT.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn decodes_the_example_of_rfc_7515_appendix_c() {
        assert_eq!(decode(b"A-z_4ME"), Some(vec![3, 236, 255, 224, 193]));
        assert_eq!(encode(&[3, 236, 255, 224, 193]), "A-z_4ME");
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in
            ["A-z_4MF", "A-z_4ME=", "A+z/4ME", "A-z_4ME\n", " A-z_4ME", "A-z_4", "A-z_\u{e9}", "A-z_%4ME", "A=z_"]
        {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_decodes_encodes_to_itself(text in "[A-Za-z0-9_=+/ -]{0,12}") {
            if let Some(bytes) = decode(text.as_bytes()) {
                proptest::prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn all_bytes_survive(bytes in proptest::collection::vec(0_u8.., 0..64)) {
            proptest::prop_assert_eq!(decode(encode(&bytes).as_bytes()), Some(bytes));
        }
    }
}
