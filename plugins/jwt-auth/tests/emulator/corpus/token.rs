//! Making the token of a case.

use jwt_auth::jose::base64url;
use serde_json::{Map, Value, json};

use super::Case;
use crate::support::{issuer, jwk, sign_text};

/// Order of the group of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Order of the group of Ed25519, the least significant byte first.
const ORDER_OF_ED25519: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(super) fn of(case: &Case, now: u64) -> String {
    let header = laid(json!({"alg": "RS256", "kid": "rsa-2048"}), &case.header);
    let claims = json!({"iss": issuer("main"), "aud": "orders", "sub": "anna", "exp": now + 300});
    let header_text = case.header_text.clone().unwrap_or_else(|| header.to_string());
    let payload = case.payload_text.clone().unwrap_or_else(|| laid(claims, &case.claims).to_string());
    let algorithm = case.sign_as.clone().unwrap_or_else(|| header["alg"].as_str().unwrap().to_owned());
    let signed = sign_text(&header_text, &payload, &algorithm, &key(case.key.as_deref().unwrap_or("rsa-2048")));
    let token = case.then.iter().fold(signed, |token, step| changed(&token, step));
    match &case.raw {
        None => token,
        Some(raw) => raw.replace("${token}", &token),
    }
}

/// A secret made of a public key is written `@n:rsa-2048`: its member `n`; `@jwk:`: all of it.
fn key(text: &str) -> String {
    let Some((what, name)) = text.strip_prefix('@').and_then(|text| text.split_once(':')) else {
        return text.to_owned();
    };
    let key = jwk(name);
    if what == "jwk" { key.to_string() } else { key[what].as_str().unwrap().to_owned() }
}

fn laid(mut base: Value, over: &Map<String, Value>) -> Value {
    for (name, value) in over {
        base[name] = value.clone();
    }
    base.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    base
}

fn changed(token: &str, step: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("{step} of {token}") };
    let resigned = |bytes: &[u8]| format!("{header}.{payload}.{}", base64url::encode(bytes));
    let mut bytes = base64url::decode(signature.as_bytes()).unwrap();
    let half = bytes.len() / 2;
    match step {
        "flip_signature" => bytes[half] ^= 1,
        "zero_signature" => bytes.fill(0),
        "ones_signature" => bytes.fill(0xff),
        "shorter_signature" => bytes.truncate(bytes.len() - 1),
        "longer_signature" => bytes.push(0),
        "overlong_rs" => bytes = [&[0], &bytes[..half], &[0], &bytes[half..]].concat(),
        "der_signature" => bytes = der(&bytes[..half], &bytes[half..]),
        "zero_r" => bytes[..half].fill(0),
        "zero_s" => bytes[half..].fill(0),
        "order_r" => bytes[..half].copy_from_slice(&ORDER),
        "order_s" => bytes[half..].copy_from_slice(&ORDER),
        "high_s" => {
            let s = difference(&ORDER, &bytes[half..]);
            bytes[half..].copy_from_slice(&s);
        }
        "s_plus_order" => add_little_endian(&mut bytes[half..], &ORDER_OF_ED25519),
        "drop_signature" => return format!("{header}.{payload}"),
        "five_parts" => return format!("{header}.{payload}.{signature}.e30.e30"),
        "dot_end" => return format!("{token}."),
        "dot_front" => return format!(".{token}"),
        "other_payload" => return format!("{header}.{}.{signature}", with_other_subject(payload)),
        other => return in_part(other, &parts),
    }
    resigned(&bytes)
}

/// Steps such as `pad_header`, on one part's text.
fn in_part(step: &str, parts: &[&str]) -> String {
    let (what, part) = step.split_once('_').unwrap();
    let number = ["header", "payload", "signature"].iter().position(|name| *name == part).unwrap();
    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    let text = &mut parts[number];
    match what {
        "empty" => text.clear(),
        "pad" => text.push('='),
        "space" => text.insert(4, ' '),
        "plus" => text.replace_range(4..5, "+"),
        "percent" => text.replace_range(4..5, "%"),
        "sloppy" => *text = sloppy(text),
        other => panic!("no step {other}"),
    }
    parts.join(".")
}

/// Another spelling of the same bytes for a lenient decoder: the bits to spare in the last character are set.
fn sloppy(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "no bits to spare in {text}");
    let last = ALPHABET.iter().position(|byte| byte == text.as_bytes().last().unwrap()).unwrap();
    format!("{}{}", &text[..text.len() - 1], char::from(ALPHABET[last | 1]))
}

fn with_other_subject(payload: &str) -> String {
    let mut claims: Value = serde_json::from_slice(&base64url::decode(payload.as_bytes()).unwrap()).unwrap();
    claims["sub"] = json!("root");
    base64url::encode(claims.to_string().as_bytes())
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
        [&[2, (sign.len() + number.len()) as u8], sign, &number].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

/// `a - b` for numbers with the most significant byte first.
fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = a
        .iter()
        .zip(b)
        .rev()
        .map(|(a, b)| {
            let digit = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(digit < 0);
            digit.rem_euclid(256) as u8
        })
        .collect();
    digits.reverse();
    digits
}

/// Adds a number with the least significant byte first to another.
fn add_little_endian(a: &mut [u8], b: &[u8]) {
    let mut carry = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        (*a, carry) = (digit as u8, digit >> 8);
    }
}
