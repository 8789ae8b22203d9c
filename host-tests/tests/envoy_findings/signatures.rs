//! The host's `verify_signature`: which algorithms it has, and in which form it wants keys and signatures.

use std::fmt::Write;

use crate::setup::{probe, result, start};
use crate::vectors::{EC_KEY, ES256, ES256_RAW, PS256, RS256, RSA_KEY, TEXT};

#[test]
fn verify_signature_knows_rs256_and_es256_in_der_only() {
    let mut stage = start(probe());
    let mut verify = |hash: &str, key: &str, signature: &str, text: &[u8]| {
        let argument = message(&[hash.as_bytes(), &unhex(key), &unhex(signature), text]);
        let found = result(&mut *stage, "request-headers", &format!("foreign verify_signature {argument}"));
        // VerifySignatureResult{result = 1}: present and true, or left out.
        found.starts_with("0x0801")
    };
    assert!(verify("sha256", RSA_KEY, RS256, TEXT));
    assert!(!verify("sha256", RSA_KEY, RS256, b"header.payloae"), "another text");
    assert!(!verify("sha384", RSA_KEY, RS256, TEXT), "another hash");
    assert!(verify("sha256", EC_KEY, ES256, TEXT));
    assert!(!verify("sha256", EC_KEY, ES256_RAW, TEXT), "a JWS signature has to be converted");
    assert!(!verify("sha256", RSA_KEY, PS256, TEXT), "no PSS");
}

#[test]
fn an_unknown_foreign_function_is_not_found() {
    const NOT_FOUND: &str = "status 1";
    assert_eq!(result(&mut *start(probe()), "request-headers", "foreign no_such_function"), NOT_FOUND);
}

/// A protobuf message of byte fields, numbered from 1, in hex.
fn message(fields: &[&[u8]]) -> String {
    let mut bytes = Vec::new();
    for (number, value) in (1u8..).zip(fields) {
        bytes.extend([number << 3 | 2, value.len() as u8 & 0x7f | 0x80, (value.len() >> 7) as u8]);
        bytes.extend_from_slice(value);
    }
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
