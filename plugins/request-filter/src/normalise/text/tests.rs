use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn canonical(value: &[u8]) -> (Vec<u8>, Conditions) {
    let mut conditions = Conditions::default();
    let canonical = canonical_text(value, &mut conditions).into_owned();
    (canonical, conditions)
}

#[test]
fn every_spelling_of_a_less_than() {
    use Condition::{DoubleEncoding, FullWidth, OverlongUtf8, PercentU};
    let cases: &[(&[u8], &[Condition])] = &[
        (b"<", &[]),
        (b"%3c", &[DoubleEncoding]),
        (b"%253C", &[DoubleEncoding]),
        (b"%u003c", &[PercentU]),
        (b"%uff1c", &[PercentU, FullWidth]),
        ("\u{ff1c}".as_bytes(), &[FullWidth]),
        ("\u{fe64}".as_bytes(), &[FullWidth]),
        ("\u{ff05}3c".as_bytes(), &[FullWidth, DoubleEncoding]),
        (b"\xc0\xbc", &[OverlongUtf8]),
        (b"\xe0\x80\xbc", &[OverlongUtf8]),
        (b"\xf0\x80\x80\xbc", &[OverlongUtf8]),
        (b"\xfc\x80\x80\x80\x80\xbc", &[OverlongUtf8]),
        (b"%c0%bc", &[DoubleEncoding, OverlongUtf8]),
    ];
    for (spelling, conditions) in cases {
        let expected = (b"<".to_vec(), conditions.iter().copied().collect());
        assert_eq!(canonical(spelling), expected, "{}", spelling.escape_ascii());
    }
}

#[test]
fn digits_and_letters_in_circles_and_of_formulas() {
    let spelling = "①⑨⓪.Ⓐⓩ。𝐀𝐳𝖘𝒆𝓵𝕖𝙘𝚝𝟎𝟿𝟙/‥/";
    assert_eq!(canonical(spelling.as_bytes()).0, b"190.Az.Azselect091/../", "{spelling}");
    assert_eq!(canonical("\u{10ffff}".as_bytes()).0, "\u{10ffff}".as_bytes());
}

#[test]
fn text_stays_as_it_is() {
    for text in ["100%", "a%zz", "Zürich", "日本語", "a\tb\n", "%u12", "\u{1f600}"] {
        assert_eq!(canonical(text.as_bytes()).0, text.as_bytes(), "{text}");
    }
}

#[test]
fn what_begins_an_overlong_form_is_nothing_in_front_of_ascii() {
    assert_eq!(
        canonical(b"%c0%2e\xc0.\xc1%2fa\xc0"),
        (b"../a\xc0".to_vec(), [Condition::DoubleEncoding, Condition::InvalidUtf8].into_iter().collect())
    );
    assert_eq!(
        canonical(&[[0xc0; 99].as_slice(), b"."].concat()),
        (b".".to_vec(), [Condition::InvalidUtf8].into_iter().collect())
    );
    assert_eq!(canonical(b"a\xa0b\xc3\xa0").0, b"a b\xc3\xa0", "a blank of ISO 8859-1");
    assert_eq!(canonical(b"\xc2.\xc0\xff").0, b"\xc2.\xc0\xff");
}

#[test]
fn what_is_encoded_too_often_is_told() {
    let wrapped = |times: usize| format!("%{}41", "25".repeat(times));
    assert_eq!(canonical(wrapped(MAX_ROUNDS - 1).as_bytes()).0, b"A");
    assert!(canonical(wrapped(MAX_ROUNDS).as_bytes()).1.has(Condition::TooDeep));
}

#[test]
fn controls_are_told_however_they_are_written() {
    for nul in [&b"a\0"[..], b"a%00", b"a%2500", b"a\xc0\x80"] {
        assert!(canonical(nul).1.has(Condition::Nul), "{}", nul.escape_ascii());
    }
    assert!(canonical(b"%0a").1.has(Condition::ControlCharacter));
    assert!(canonical(b"\xff").1.has(Condition::InvalidUtf8));
    assert!(canonical(b"\xed\xa0\x80").1.has(Condition::InvalidUtf8));
}

/// The same, one thing after the other and without hurry.
fn naive(value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    for _ in 0..MAX_ROUNDS {
        value = fold(&percent_decoded(&value));
    }
    value
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let hex = |at: usize, length: usize| {
        let digits = value.get(at..at + length)?;
        digits
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then(|| u32::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
    };
    let (mut out, mut at) = (Vec::new(), 0);
    while at < value.len() {
        let wide = || hex(at + 2, 4).filter(|_| value[at + 1].eq_ignore_ascii_case(&b'u')).and_then(char::from_u32);
        if value[at] == b'%'
            && let Some(octet) = hex(at + 1, 2)
        {
            out.push(u8::try_from(octet).unwrap());
            at += 3;
        } else if value[at] == b'%'
            && value.len() > at + 1
            && let Some(character) = wide()
        {
            out.extend(character.to_string().bytes());
            at += 6;
        } else {
            out.push(value[at]);
            at += 1;
        }
    }
    out
}

fn fold(value: &[u8]) -> Vec<u8> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let mut out = Vec::new();
    let mut at = 0;
    while at < value.len() {
        if value[at] == 0xc0 && value.get(at + 1).is_some_and(|next| matches!(next, b' '..=b'$' | b'&'..=b'~' | 0xc0)) {
            at += 1;
            continue;
        }
        if let [0xc0, next @ 0x80..=0xbf, ..] = value[at..] {
            out.push(next & 0x3f);
            at += 2;
            continue;
        }
        let length = (1..=4).find(|length| at + length <= value.len() && text(&value[at..at + length]).is_ok());
        match length.map(|length| (length, text(&value[at..at + length]).unwrap())) {
            Some((length, character)) => {
                out.extend(character.replace('\u{ff1c}', "<").replace('\u{ff05}', "%").bytes());
                at += length;
            }
            None => {
                out.push(value[at]);
                at += 1;
            }
        }
    }
    out
}

/// Texts made of what matters.
fn odd_text() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&'static [u8]; 15] = [
        b"%",
        b"25",
        b"3c",
        b"a",
        b"%41",
        b"u003c",
        b"%u003C",
        b"\xc0\xbc",
        b"\xc0",
        b"\xef\xbc\x9c",
        b"\xef\xbc\x85",
        b"\xff",
        b"\0",
        b" ",
        b"F",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn agrees_with_a_naive_model(value in odd_text()) {
        let (canonical, conditions) = canonical(&value);
        if !conditions.has(Condition::TooDeep) {
            prop_assert_eq!(canonical, naive(&value));
        }
    }

    #[test]
    fn is_its_own_canonical_form(value in prop_oneof![odd_text(), prop::collection::vec(any::<u8>(), 0..40)]) {
        let (once, conditions) = canonical(&value);
        if !conditions.has(Condition::TooDeep) {
            prop_assert_eq!(&canonical(&once).0, &once);
        }
        prop_assert!(once.len() <= value.len());
    }
}
