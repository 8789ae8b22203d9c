//! The canonical form of a decoded value.

use std::borrow::Cow;

use super::octets::{is_plain_text, pair, wide};
use super::{Condition, Conditions};

/// How often what was decoded is decoded again. What is encoded more often is [`Condition::TooDeep`].
pub const MAX_ROUNDS: usize = 4;

/// The canonical form of a value that was decoded once.
pub fn canonical_text<'a>(decoded: &'a [u8], conditions: &mut Conditions) -> Cow<'a, [u8]> {
    if is_plain_text(decoded) {
        return Cow::Borrowed(decoded);
    }
    controls(decoded, conditions);
    let mut value = Cow::Borrowed(decoded);
    for round in 0..=MAX_ROUNDS {
        let Some(next) = unwrap_once(&value, conditions) else { return value };
        if round == MAX_ROUNDS {
            conditions.add(Condition::TooDeep);
            return value;
        }
        controls(&next, conditions);
        value = Cow::Owned(next);
    }
    value
}

fn controls(value: &[u8], conditions: &mut Conditions) {
    for byte in value {
        match byte {
            0 => conditions.add(Condition::Nul),
            1..=31 | 127 => conditions.add(Condition::ControlCharacter),
            _ => {}
        }
    }
}

/// Decodes one layer of encodings and folds; `None` if there is nothing to do.
fn unwrap_once(value: &[u8], conditions: &mut Conditions) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    let mut changed = false;
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let step = match byte {
            b'%' => percent(after, conditions),
            0x80.. => Some(character(rest, conditions)),
            _ => None,
        };
        let step = step.unwrap_or(Step { bytes: Octets::of(*byte), taken: 1, changed: false });
        out.extend_from_slice(step.bytes.as_slice());
        changed |= step.changed;
        rest = rest.get(step.taken..).unwrap_or_default();
    }
    changed.then_some(out)
}

/// What some bytes become.
struct Step {
    bytes: Octets,
    taken: usize,
    changed: bool,
}

/// Up to four bytes.
struct Octets([u8; 4], usize);

impl Octets {
    fn of(byte: u8) -> Self {
        Self([byte, 0, 0, 0], 1)
    }

    fn of_char(character: char) -> Self {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        Self(bytes, length)
    }

    fn as_slice(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }
}

fn percent(after: &[u8], conditions: &mut Conditions) -> Option<Step> {
    if let Some(octet) = pair(after) {
        conditions.add(Condition::DoubleEncoding);
        return Some(Step { bytes: Octets::of(octet), taken: 3, changed: true });
    }
    let character = wide(after)?;
    conditions.add(Condition::PercentU);
    Some(Step { bytes: Octets::of_char(character), taken: 6, changed: true })
}

/// The character at the beginning, which is no ASCII.
fn character(bytes: &[u8], conditions: &mut Conditions) -> Step {
    let (code, length, least) = match sequence(bytes) {
        Some(sequence) => sequence,
        None => {
            conditions.add(Condition::InvalidUtf8);
            return broken(bytes);
        }
    };
    let overlong = code < least;
    let Some(character) = char::from_u32(code) else {
        conditions.add(Condition::InvalidUtf8);
        return Step { bytes: Octets::of(bytes.first().copied().unwrap_or_default()), taken: 1, changed: false };
    };
    if overlong {
        conditions.add(Condition::OverlongUtf8);
    }
    let folded = look_alike(character);
    if folded == character {
        return Step { bytes: Octets::of_char(character), taken: length, changed: overlong };
    }
    conditions.add(Condition::FullWidth);
    let bytes = if folded == TWO_DOTS { Octets([b'.', b'.', 0, 0], 2) } else { Octets::of_char(folded) };
    Step { bytes, taken: length, changed: true }
}

/// A byte that begins no character. The two that can only begin overlong forms of ASCII are nothing in front of ASCII or one of themselves:
/// decoders that do not look at the second byte's upper bits take `C0 2E` for `.`. What a `%` there means is known a round later.
fn broken(bytes: &[u8]) -> Step {
    if let [0xc0 | 0xc1, b' '..=b'$' | b'&'..=b'~' | 0xc0 | 0xc1, ..] = bytes {
        return Step { bytes: Octets([0; 4], 0), taken: 1, changed: true };
    }
    match bytes.first() {
        // A blank of ISO 8859-1, which MySQL takes for one.
        Some(0xa0) => Step { bytes: Octets::of(b' '), taken: 1, changed: true },
        first => Step { bytes: Octets::of(first.copied().unwrap_or_default()), taken: 1, changed: false },
    }
}

/// Code, length, and least code of that length. Takes lengths that UTF-8 once had, for overlong forms.
fn sequence(bytes: &[u8]) -> Option<(u32, usize, u32)> {
    let (first, rest) = bytes.split_first()?;
    let (length, head, least) = match first {
        0xc0..=0xdf => (2, first & 0x1f, 0x80),
        0xe0..=0xef => (3, first & 0x0f, 0x800),
        0xf0..=0xf7 => (4, first & 0x07, 0x1_0000),
        0xf8..=0xfb => (5, first & 0x03, 0x20_0000),
        0xfc..=0xfd => (6, first & 0x01, 0x400_0000),
        _ => return None,
    };
    let tail = rest.get(..length - 1)?;
    let code = tail
        .iter()
        .try_fold(u32::from(head), |code, byte| (byte & 0xc0 == 0x80).then_some(code << 6 | u32::from(byte & 0x3f)))?;
    Some((code, length, least))
}

/// Stands for `..`, which is no character.
const TWO_DOTS: char = char::MAX;

/// The ASCII character that some services take a character for: full-width forms (Unicode block FF00), digits and letters in circles
/// and of formulas, which names of hosts may be written with (compatibility forms, UTS 46), and those that "best fit" conversions to
/// older character sets turn into a character with a meaning.
fn look_alike(character: char) -> char {
    let nth = |first: u8, from: u32| char::from(first.wrapping_add((u32::from(character) - from) as u8));
    match character {
        '\u{ff01}'..='\u{ff5e}' => nth(b'!', 0xff01),
        '\u{24ea}' => '0',
        '\u{2460}'..='\u{2468}' => nth(b'1', 0x2460),
        '\u{24b6}'..='\u{24cf}' => nth(b'A', 0x24b6),
        '\u{24d0}'..='\u{24e9}' => nth(b'a', 0x24d0),
        '\u{1d400}'..='\u{1d6a3}' => letter(u32::from(character) - 0x1_d400),
        '\u{1d7ce}'..='\u{1d7ff}' => char::from(b'0' + ((u32::from(character) - 0x1_d7ce) % 10) as u8),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{2b9}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201f}' | '\u{2033}' | '\u{2ba}' => '"',
        '\u{2039}' | '\u{fe64}' | '\u{3008}' | '\u{2329}' => '<',
        '\u{203a}' | '\u{fe65}' | '\u{3009}' | '\u{232a}' => '>',
        '\u{2215}' | '\u{2044}' => '/',
        '\u{2216}' | '\u{fe68}' => '\\',
        '\u{2024}' | '\u{fe52}' | '\u{3002}' | '\u{ff61}' => '.',
        '\u{2025}' => TWO_DOTS,
        '\u{fe6a}' => '%',
        '\u{fe54}' | '\u{37e}' => ';',
        '\u{fe55}' => ':',
        '\u{fe59}' => '(',
        '\u{fe5a}' => ')',
        '\u{fe60}' => '&',
        '\u{fe66}' => '=',
        _ => character,
    }
}

/// A letter of formulas: alphabet after alphabet, capitals first.
fn letter(place: u32) -> char {
    let place = (place % 52) as u8;
    char::from(if place < 26 { b'A' + place } else { b'a' + (place - 26) })
}

#[cfg(test)]
mod tests;
