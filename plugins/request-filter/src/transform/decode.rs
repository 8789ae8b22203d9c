//! Steps that undo an encoding.

use crate::normalise::{Conditions, decode_component};

/// References by name that stand for a character with a meaning. Longer names first where one begins another.
const NAMED: [(&[u8], u8); 24] = [
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"amp", b'&'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"nbsp", b' '),
    (b"colon", b':'),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"semi", b';'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"equals", b'='),
    (b"excl", b'!'),
    (b"num", b'#'),
    (b"grave", b'`'),
    (b"lcub", b'{'),
    (b"rcub", b'}'),
    (b"lsqb", b'['),
    (b"rsqb", b']'),
    (b"tab", b'\t'),
    (b"newline", b'\n'),
];

pub(super) fn percent(value: &[u8]) -> Vec<u8> {
    decode_component(value, false, &mut Conditions::default()).into_owned()
}

pub(super) fn html(value: &[u8]) -> Vec<u8> {
    rewrite(value, b'&', |after| {
        let (code, taken) = match after.first()? {
            b'#' => numeric(after)?,
            _ => {
                let named = |(name, _): &&(&[u8], u8)| {
                    after.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
                };
                let (name, byte) = NAMED.iter().find(named)?;
                (u32::from(*byte), name.len())
            }
        };
        let semicolon = usize::from(after.get(taken) == Some(&b';'));
        Some((char::from_u32(code)?, taken + semicolon))
    })
}

fn numeric(after: &[u8]) -> Option<(u32, usize)> {
    let hexadecimal = matches!(after.get(1), Some(b'x' | b'X'));
    let start = if hexadecimal { 2 } else { 1 };
    let (code, digits) = number(after.get(start..)?, if hexadecimal { 16 } else { 10 }, 10)?;
    Some((code, start + digits))
}

pub(super) fn js(value: &[u8]) -> Vec<u8> {
    rewrite(value, b'\\', |after| {
        let first = *after.first()?;
        let escape = match first {
            b'x' => exactly(after, 1, 2),
            b'u' if after.get(1) == Some(&b'{') => {
                let found = after.get(2..).and_then(|digits| number(digits, 16, 8));
                found.map(|(code, length)| (code, length + 3))
            }
            b'u' => exactly(after, 1, 4),
            b'0'..=b'7' => number(after, 8, 3),
            _ => None,
        };
        let (code, taken) = escape.unwrap_or((u32::from(plain(first)), 1));
        // A byte beyond ASCII goes on as it is, after its backslash.
        if first >= 0x80 { None } else { Some((char::from_u32(code)?, taken)) }
    })
}

fn plain(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'v' => 11,
        b'f' => 12,
        b'b' => 8,
        other => other,
    }
}

fn exactly(after: &[u8], from: usize, digits: usize) -> Option<(u32, usize)> {
    let (code, found) = number(after.get(from..from + digits)?, 16, digits)?;
    (found == digits).then_some((code, from + digits))
}

/// A number at the beginning, of at most so many digits, and how many there were.
fn number(digits: &[u8], radix: u32, most: usize) -> Option<(u32, usize)> {
    let digits = digits.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    let (code, length) =
        digits.fold((0u32, 0), |(code, length), digit| (code.saturating_mul(radix).saturating_add(digit), length + 1));
    (length > 0).then_some((code, length))
}

/// Replaces what begins with `mark`: `decode` says by what, and how much of what follows the mark belongs to it.
fn rewrite(value: &[u8], mark: u8, decode: impl Fn(&[u8]) -> Option<(char, usize)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let decoded = if *byte == mark { decode(after) } else { None };
        rest = match decoded {
            Some((character, taken)) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                after.get(taken..).unwrap_or_default()
            }
            None => {
                out.push(*byte);
                after
            }
        };
    }
    out
}
