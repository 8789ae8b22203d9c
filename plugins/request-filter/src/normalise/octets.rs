//! Percent-encoding.

use std::borrow::Cow;

use gatewright::syntax::hex_digit;

use super::{Condition, Conditions};

/// Decodes percent-encoding once, and `+` as a space where `plus` says so, as `application/x-www-form-urlencoded` has it. A `%` that
/// begins no encoding stays.
pub fn decode_component<'a>(bytes: &'a [u8], plus: bool, conditions: &mut Conditions) -> Cow<'a, [u8]> {
    let special = |byte: &u8| *byte == b'%' || (plus && *byte == b'+');
    let Some(first) = bytes.iter().position(special) else { return Cow::Borrowed(bytes) };
    let (head, mut rest) = bytes.split_at_checked(first).unwrap_or((bytes, &[]));
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(head);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, pair(after)) {
            (b'%', Some(octet)) => {
                out.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'%', None) => {
                conditions.add(if wide(after).is_some() { Condition::PercentU } else { Condition::InvalidPercent });
                out.push(b'%');
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

/// Whether a value is its own canonical form for certain: visible ASCII and spaces, without `%`.
#[must_use]
pub fn is_plain_text(bytes: &[u8]) -> bool {
    crate::octets::are_plain(bytes)
}

/// The octet that the two digits at the beginning stand for.
pub(super) fn pair(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    Some(hex_digit(*high)? << 4 | hex_digit(*low)?)
}

/// The character that `u` and the four digits at the beginning stand for; no surrogate.
pub(super) fn wide(digits: &[u8]) -> Option<char> {
    let (b'u' | b'U', digits) = digits.split_first()? else { return None };
    let [a, b, c, d, ..] = digits else { return None };
    let code = [a, b, c, d].into_iter().try_fold(0, |code, byte| Some(code << 4 | u32::from(hex_digit(*byte)?)))?;
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn decoded(text: &str, plus: bool) -> (Vec<u8>, Conditions) {
        let mut conditions = Conditions::default();
        let decoded = decode_component(text.as_bytes(), plus, &mut conditions).into_owned();
        (decoded, conditions)
    }

    #[test]
    fn once_and_no_further() {
        assert_eq!(decoded("a%2Fb%2fc", false), (b"a/b/c".to_vec(), Conditions::default()));
        assert_eq!(decoded("%2541+%c3%a4", true), (b"%41 \xc3\xa4".to_vec(), Conditions::default()));
        assert_eq!(decoded("a+b", false).0, b"a+b");
    }

    #[test]
    fn what_is_no_encoding_stays_and_is_told() {
        assert_eq!(decoded("100%", false), (b"100%".to_vec(), [Condition::InvalidPercent].into_iter().collect()));
        assert_eq!(decoded("%zz%4", false), (b"%zz%4".to_vec(), [Condition::InvalidPercent].into_iter().collect()));
        assert_eq!(decoded("%u0041", false), (b"%u0041".to_vec(), [Condition::PercentU].into_iter().collect()));
    }

    #[test]
    fn nothing_to_decode_is_not_copied() {
        assert!(matches!(decode_component(b"a+b", false, &mut Conditions::default()), Cow::Borrowed(_)));
    }
}
