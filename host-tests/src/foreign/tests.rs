//! The same vectors that a real Envoy is asked about.

use super::*;

#[path = "../../tests/envoy_findings/vectors.rs"]
mod vectors;
use vectors::{EC_KEY, ES256, ES256_RAW, PS256, RS256, RSA_KEY, TEXT};

const VALID: &[u8] = &[0x08, 1];

fn verify(hash: &str, key: &[u8], signature: &str, text: &[u8]) -> HostResult<Vec<u8>> {
    let mut message = Vec::new();
    for (number, value) in (1u8..).zip([hash.as_bytes(), key, &unhex(signature), text]) {
        message.extend([number << 3 | 2, value.len() as u8 & 0x7f | 0x80, (value.len() >> 7) as u8]);
        message.extend_from_slice(value);
    }
    verify_signature(&message)
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn error(answer: HostResult<Vec<u8>>) -> String {
    let answer = answer.unwrap();
    assert_eq!((answer[0], usize::from(answer[1])), (ERROR, answer.len() - 2));
    String::from_utf8(answer[2..].to_vec()).unwrap()
}

#[test]
fn it_knows_what_envoy_knows() {
    let (rsa, ec) = (unhex(RSA_KEY), unhex(EC_KEY));
    assert_eq!(verify("sha256", &rsa, RS256, TEXT).unwrap(), VALID);
    assert_eq!(verify("SHA256", &ec, ES256, TEXT).unwrap(), VALID);
    let refused = [
        verify("sha256", &rsa, RS256, b"header.payloae"),
        verify("sha384", &rsa, RS256, TEXT),
        verify("sha256", &ec, ES256_RAW, TEXT),
        verify("sha256", &rsa, PS256, TEXT),
    ];
    for answer in refused {
        assert_eq!(error(answer), "Failed to verify digest. Error code: 0");
    }
}

#[test]
fn a_key_or_hash_that_it_cannot_use_is_named() {
    assert_eq!(error(verify("md4", &unhex(RSA_KEY), RS256, TEXT)), "md4 is not supported.");
    assert_eq!(error(verify("sha256", b"no key", RS256, TEXT)), "Failed to initialize digest verify.");
    let cut = unhex(RSA_KEY);
    for end in 0..cut.len() {
        assert_eq!(error(verify("sha256", &cut[..end], RS256, TEXT)), "Failed to initialize digest verify.");
    }
}

#[test]
fn arguments_that_do_not_parse_are_a_bad_argument() {
    for message in [&[0x0a][..], &[0x0a, 5, 1], &[0x08, 1], &[0x3a, 0], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff]] {
        assert_eq!(verify_signature(message), Err(Status::BadArgument), "{message:?}");
    }
}
