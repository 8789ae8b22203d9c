//! Cards, accounts and addresses in text.

use std::ops::Range;

/// The number of a payment card (ISO/IEC 7812) that begins here, and where its last four digits begin.
pub(super) fn card(text: &[u8]) -> Option<Range<usize>> {
    const MOST: usize = 19;
    let mut digits = Vec::with_capacity(MOST);
    let mut end = 0;
    let mut fourth_last = Vec::with_capacity(MOST);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits.push(u32::from(byte - b'0'));
                fourth_last.push(at);
                end = at + 1;
            }
            // One separator between digits.
            b' ' | b'-' if at == end && text.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        if digits.len() > MOST {
            return None;
        }
    }
    let last_four = fourth_last.len().checked_sub(4).and_then(|index| fourth_last.get(index));
    let whole = text.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let good = digits.len() >= 13 && whole && luhn(&digits);
    if good { Some(*last_four?..end) } else { None }
}

/// The international bank account number (ISO 13616) that begins here, and where its last four characters begin.
pub(super) fn iban(text: &[u8]) -> Option<Range<usize>> {
    const LENGTHS: Range<usize> = 15..35;
    let mut positions = Vec::with_capacity(LENGTHS.end);
    let mut end = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' => {
                positions.push(at);
                end = at + 1;
            }
            b' ' if at == end && positions.len() % 4 == 0 => {}
            _ => break,
        }
        if positions.len() >= LENGTHS.end {
            return None;
        }
    }
    // Words behind it may be taken for groups of it: the longest that checks out is it.
    (LENGTHS.start..=positions.len()).rev().find_map(|length| {
        let characters = positions.iter().take(length).filter_map(|at| text.get(*at)).copied().collect::<Vec<_>>();
        let end = positions.get(length - 1)? + 1;
        let whole = text.get(end).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        (whole && is_iban(&characters)).then_some(*positions.get(length - 4)?..end)
    })
}

/// The e-mail address around this `@`: its local part and its end.
pub(super) fn email(text: &[u8], at: usize) -> Option<Range<usize>> {
    const LOCAL: usize = 64;
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let before = text.get(..at)?.iter().rev().take(LOCAL).take_while(|byte| local(byte)).count();
    let domain = text.get(at + 1..)?;
    let length =
        domain.iter().take(253).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')).count();
    let domain = domain.get(..length)?;
    let dot = domain.iter().rposition(|byte| *byte == b'.')?;
    let top = domain.get(dot + 1..)?.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    (before > 0 && dot > 0 && top >= 2).then_some(at - before..at)
}

fn luhn(digits: &[u32]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(index, digit)| match (index % 2, digit * 2) {
        (0, _) => *digit,
        (_, double) if double > 9 => double - 9,
        (_, double) => double,
    });
    let sum: u32 = weighed.sum();
    digits.iter().any(|digit| *digit > 0) && sum.is_multiple_of(10)
}

/// Country, check digits, and a remainder of 1 by 97 with the first four characters moved to the end.
fn is_iban(characters: &[u8]) -> bool {
    let [a, b, c, d, rest @ ..] = characters else { return false };
    let head = [*a, *b, *c, *d];
    if !(a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return false;
    }
    let remainder = rest.iter().chain(&head).fold(0, |remainder: u32, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter.saturating_sub(b'A')) + 10) % 97,
    });
    remainder == 1
}
