//! Looks at bytes eight at a time: every byte of a request is looked at, and most are ordinary.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Bytes that a token has (RFC 9110 §5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// Bytes that a host and its port have (RFC 3986 §3.2.2).
pub(crate) const HOST: u8 = 2;
/// Bytes of a path that stand for themselves wherever they are.
pub(crate) const PATH: u8 = 4;

static CLASSES: [u8; 256] = classes();

/// Whether all bytes are of the class.
pub(crate) fn are_all(bytes: &[u8], class: u8) -> bool {
    let of = |byte: &u8| CLASSES.get(usize::from(*byte)).copied().unwrap_or_default();
    let (words, rest) = bytes.as_chunks::<8>();
    // Written out: a loop over eight bytes costs as much for itself as for what it does.
    let common = words.iter().fold(class, |common, [a, b, c, d, e, f, g, h]| {
        common & of(a) & of(b) & of(c) & of(d) & of(e) & of(f) & of(g) & of(h)
    });
    rest.iter().fold(common, |common, byte| common & of(byte)) != 0
}

/// Whether every byte is visible ASCII, and none below this one, which is visible or a space.
pub(crate) fn are_from(least: u8, bytes: &[u8]) -> bool {
    // The first byte for which it is not so turns its high bit on, as no byte before it borrows from it or carries over.
    let low = ONES * u64::from(least);
    fold(bytes, 0, |odd, word| odd | word | word.wrapping_add(ONES) | word.wrapping_sub(low)) & HIGHS == 0
}

/// Whether every byte is visible ASCII or a space, and none is `%`.
pub(crate) fn are_plain(bytes: &[u8]) -> bool {
    let odd = |odd, word: u64| {
        let range = word | word.wrapping_add(ONES) | word.wrapping_sub(ONES * 0x20);
        odd | range | is_zero(word ^ (ONES * 0x25))
    };
    fold(bytes, 0, odd) & HIGHS == 0
}

/// Whether a byte of a first kind stands before one of a second. `kinds` has the high bits of the bytes of both, for eight at a time.
pub(crate) fn has_pair(bytes: &[u8], kinds: impl Fn(u64) -> (u64, u64)) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut before = 0;
    let mut in_word = |word: u64| {
        let (firsts, seconds) = kinds(word);
        let pairs = seconds & (firsts << 8 | before);
        before = firsts >> 56;
        pairs != 0
    };
    let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    words.iter().any(|word| in_word(u64::from_le_bytes(*word))) || in_word(last)
}

/// The high bit of each byte that is this one, and no other bit.
pub(crate) const fn equal_bytes(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * byte as u64);
    !((differing & !HIGHS).wrapping_add(!HIGHS) | differing | !HIGHS)
}

/// The high bit of each byte that is zero, and perhaps of one above it.
const fn is_zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// Goes over eight bytes at a time. The last ones may be seen twice; what is short is filled up with letters.
fn fold(bytes: &[u8], start: u64, step: impl Fn(u64, u64) -> u64) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<32>();
    // Four at a time: long values are tokens, and the loop costs a third of what it does.
    let all = blocks.iter().fold(start, |all, block| {
        block.as_chunks::<8>().0.iter().fold(all, |all, word| step(all, u64::from_le_bytes(*word)))
    });
    let (words, rest) = rest.as_chunks::<8>();
    let all = words.iter().fold(all, |all, word| step(all, u64::from_le_bytes(*word)));
    match bytes.last_chunk::<8>() {
        _ if rest.is_empty() => all,
        Some(last) => step(all, u64::from_le_bytes(*last)),
        None => step(all, short(rest)),
    }
}

fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    bytes.iter().fold(ONES * 0x61, |word, byte| word << 8 | u64::from(*byte))
}

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut rest = classes.as_mut_slice();
    let mut byte = 0u8;
    while let [first, others @ ..] = rest {
        *first = class(byte);
        byte = byte.wrapping_add(1);
        rest = others;
    }
    classes
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => TOKEN | HOST | PATH,
        b'!' | b'$' | b'&' | b'\'' | b'*' | b'+' => TOKEN | PATH,
        b'#' | b'%' | b'^' | b'`' | b'|' => TOKEN,
        b':' => HOST | PATH,
        b'[' | b']' => HOST,
        b'/' | b'(' | b')' | b',' | b'=' | b'@' => PATH,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const fn is_token(byte: u8) -> bool {
        matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~')
    }

    const fn is_of_host(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']')
    }

    const fn is_of_path(byte: u8) -> bool {
        matches!(byte, b'/' | b'.' | b'!' | b'$' | b'&'..=b'-' | b'0'..=b':' | b'=' | b'@'..=b'Z' | b'_' | b'a'..=b'z' | b'~')
    }

    /// Every function against a byte after the other.
    fn check(text: &[u8]) {
        let all = |good: fn(u8) -> bool| text.iter().all(|byte| good(*byte));
        for least in [b' ', b'-', b'a'] {
            let naive = text.iter().all(|byte| (least..0x7f).contains(byte));
            assert_eq!(are_from(least, text), naive, "{text:x?} from {least:x}");
        }
        assert_eq!(are_plain(text), all(|byte| (0x20..0x7f).contains(&byte) && byte != b'%'), "{text:x?}");
        assert_eq!(are_all(text, TOKEN), all(is_token), "{text:x?}");
        assert_eq!(are_all(text, HOST), all(is_of_host), "{text:x?}");
        assert_eq!(are_all(text, PATH), all(is_of_path), "{text:x?}");
        let pairs = |word| (equal_bytes(word, b'!'), equal_bytes(word, b'a') | equal_bytes(word, 0x80));
        let naive = text.windows(2).any(|pair| matches!(pair, [b'!', b'a' | 0x80]));
        assert_eq!(has_pair(text, pairs), naive, "{text:x?}");
    }

    #[test]
    fn each_byte_alone_and_among_others() {
        for byte in 0..=255u8 {
            for (before, after) in [(0, 0), (1, 1), (3, 0), (0, 5), (7, 9), (8, 0), (16, 5), (31, 2), (70, 1)] {
                check(&[vec![b'a'; before], vec![byte], vec![b'~'; after]].concat());
            }
        }
        check(b"");
    }

    proptest! {
        #[test]
        fn agrees_with_a_byte_after_the_other(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), 0x1eu8..0x30, 0x60u8..0x62, 0x7cu8..0x82, Just(b'a'), Just(b'z')], 0..28,
        )) {
            check(&bytes);
        }
    }
}
