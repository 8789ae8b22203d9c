//! Base64url as JOSE writes it: no padding, no white space, one spelling per value (RFC 7515 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// A byte that is no character of the alphabet, in [`VALUES`].
const NONE: u8 = 0xff;

/// The bytes that `text` stands for; `None` unless it is their only canonical spelling.
///
/// A decoder of our own: it was half of what reading a token cost, and the crate's takes three times as long in wasm. Which characters
/// are wrong does not matter here, so that is looked at once, at the end.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_chunks::<4>();
    let (end, end_length) = decode_end(rest)?;
    let mut bytes = vec![0; groups.len() * 3 + end_length];
    let (triples, last) = bytes.as_chunks_mut::<3>();
    let mut all = 0;
    for (triple, group) in triples.iter_mut().zip(groups) {
        let [a, b, c, d] = group.map(|character| u32::from(value(character)));
        all |= a | b | c | d;
        let bits = a << 18 | b << 12 | c << 6 | d;
        *triple = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
    }
    last.iter_mut().zip(end).for_each(|(byte, decoded)| *byte = decoded);
    (all < 64).then_some(bytes)
}

/// The canonical spelling of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The last, incomplete group, and how many bytes it stands for.
fn decode_end(rest: &[u8]) -> Option<([u8; 2], usize)> {
    let (values, length) = match *rest {
        [] => return Some(([0; 2], 0)),
        [a, b] => ([a, b, b'A'].map(value), 1),
        [a, b, c] => ([a, b, c].map(value), 2),
        _ => return None,
    };
    let [a, b, c] = values;
    // A second spelling of the same bytes would let one token pass for two, in caches and in deny lists: trailing bits must be zero.
    let spare = if length == 1 { b & 0xf } else { c & 3 };
    let good = a | b | c < 64 && spare == 0;
    good.then_some(([a << 2 | b >> 4, b << 4 | c >> 2], length))
}

fn value(character: u8) -> u8 {
    VALUES.get(usize::from(character)).copied().unwrap_or(NONE)
}

/// What each byte stands for as a character.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, and every character is below 256")]
const VALUES: [u8; 256] = {
    let (mut table, mut value) = ([NONE; 256], 0);
    while value < 64 {
        table[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use base64::alphabet::URL_SAFE;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

    use super::*;
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

    const STRICT: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new()
            .with_encode_padding(false)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone)
            .with_decode_allow_trailing_bits(false),
    );

    #[test]
    fn each_byte_means_in_each_place_what_the_crate_says() {
        for length in 1..=9 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'A'; length];
                    text[at] = byte;
                    assert_eq!(decode(&text), STRICT.decode(&text).ok(), "{}", text.escape_ascii());
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn decodes_as_the_crate_does(text in "[A-Za-z0-9_=+/ -]{0,40}|[A-Za-z0-9_-]{0,40}") {
            proptest::prop_assert_eq!(decode(text.as_bytes()), STRICT.decode(&text).ok());
        }

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
