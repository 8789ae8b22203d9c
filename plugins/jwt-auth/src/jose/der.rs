//! The DER forms that a proxy's `verify_signature` wants, from the plain numbers that JOSE sends.
//!
//! Whether the numbers are good is not decided here: a point lies on its curve since the key was read, and `r` and `s` of a signature
//! are parsed by the curve's crate, which holds them between 1 and the order of the group. A verifier that skips the
//! second accepts a signature of zeros for every message (CVE-2022-21449).

use super::rsa::RsaPublicKey;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
/// `AlgorithmIdentifier` of RSA keys (RFC 3279 §2.3.1): rsaEncryption, NULL.
const RSA_ENCRYPTION: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// `AlgorithmIdentifier` of keys on P-256 (RFC 5480 §2.1.1): id-ecPublicKey, secp256r1.
const ON_P256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// `AlgorithmIdentifier` of keys on P-384: id-ecPublicKey, secp384r1.
const ON_P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";

/// The `SubjectPublicKeyInfo` of an RSA key (RFC 3279 §2.3.1).
#[must_use]
pub fn rsa_public_key(key: &RsaPublicKey) -> Vec<u8> {
    let numbers = [integer(key.modulus()), integer(&key.exponent().to_be_bytes())].concat();
    public_key(RSA_ENCRYPTION, &element(SEQUENCE, &numbers))
}

/// The `SubjectPublicKeyInfo` of a P-256 key (RFC 5480 §2).
#[must_use]
pub fn p256_public_key(key: &p256::ecdsa::VerifyingKey) -> Vec<u8> {
    public_key(ON_P256, key.to_sec1_point(false).as_bytes())
}

/// The `SubjectPublicKeyInfo` of a P-384 key (RFC 5480 §2).
#[must_use]
pub fn p384_public_key(key: &p384::ecdsa::VerifyingKey) -> Vec<u8> {
    public_key(ON_P384, key.to_sec1_point(false).as_bytes())
}

/// The `ECDSA-Sig-Value` (RFC 3279 §2.2.3) of a P-256 signature in JOSE's form, which is `r` and `s` of 32 bytes each (RFC 7518 §3.4).
///
/// `None` for any other length, and for numbers that no signer makes.
#[must_use]
pub fn p256_signature(raw: &[u8]) -> Option<Vec<u8>> {
    p256::ecdsa::Signature::from_slice(raw).ok().and_then(|_| signature(raw))
}

/// As [`p256_signature`] for P-384: 48 bytes each.
#[must_use]
pub fn p384_signature(raw: &[u8]) -> Option<Vec<u8>> {
    p384::ecdsa::Signature::from_slice(raw).ok().and_then(|_| signature(raw))
}

fn signature(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(raw.len() / 2)?;
    Some(element(SEQUENCE, &[integer(r), integer(s)].concat()))
}

fn public_key(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let bits = element(BIT_STRING, &[&[0], key].concat());
    element(SEQUENCE, &[algorithm, &bits].concat())
}

/// A positive number in the fewest bytes that do not make it negative (X.690 §8.3).
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(first..).unwrap_or_default();
    match digits.first() {
        Some(0..0x80) => element(INTEGER, digits),
        _ => element(INTEGER, &[&[0], digits].concat()),
    }
}

/// Tag, length in the fewest bytes (X.690 §10.1), content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = length.get(length.iter().position(|byte| *byte != 0).unwrap_or(length.len())..).unwrap_or_default();
    let long = match length {
        [] => vec![0],
        [short @ 0..0x80] => vec![*short],
        _ => [&[0x80 | length.len() as u8], length].concat(),
    };
    [&[tag], long.as_slice(), content].concat()
}

#[cfg(test)]
mod tests {
    use p256::pkcs8::EncodePublicKey;
    use proptest::prelude::*;

    use super::{RsaPublicKey, p256_public_key, p256_signature, p384_public_key, p384_signature, rsa_public_key};
    use crate::jose::jwk::Material;
    use crate::jose::testing::key;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const P256_ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    fn one(size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        *bytes.last_mut().unwrap() = 1;
        bytes
    }

    #[test]
    fn writes_the_shortest_integers_and_keeps_them_positive() {
        let small = [one(32), one(32)].concat();
        assert_eq!(p256_signature(&small), Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]));
        let mut high = small;
        high[0] = 0x80;
        let der = p256_signature(&high).unwrap();
        assert_eq!(der[..6], [0x30, 38, 2, 33, 0, 0x80]);
    }

    #[test]
    fn keys_are_written_as_the_crates_write_them() {
        for id in ["rsa-2048", "rsa-2048-other", "rsa-3072-e3", "p-256", "p-256-other", "p-384"] {
            let (ours, theirs) = match key(id).material {
                Material::Rsa(key) => (rsa_public_key(&key), rsa_by_the_crate(&key)),
                Material::P256(key) => (p256_public_key(&key), der(p256::PublicKey::from(key))),
                Material::P384(key) => (p384_public_key(&key), der(p384::PublicKey::from(key))),
                _ => panic!("{id}"),
            };
            assert_eq!(ours, theirs, "{id}");
        }
    }

    fn der(key: impl EncodePublicKey) -> Vec<u8> {
        key.to_public_key_der().unwrap().into_vec()
    }

    fn rsa_by_the_crate(key: &RsaPublicKey) -> Vec<u8> {
        use rsa::pkcs8::EncodePublicKey as _;
        let (n, e) = (rsa::BigUint::from_bytes_be(key.modulus()), rsa::BigUint::from(key.exponent()));
        rsa::RsaPublicKey::new(n, e).unwrap().to_public_key_der().unwrap().into_vec()
    }

    proptest! {
        #[test]
        fn signatures_are_written_as_the_crate_writes_them(raw in any::<[u8; 64]>(), zeros in 0..33_usize) {
            let mut raw = raw;
            raw[..zeros].fill(0);
            let theirs = p256::ecdsa::Signature::from_slice(&raw).ok().map(|theirs| theirs.to_der().as_bytes().to_vec());
            prop_assert_eq!(p256_signature(&raw), theirs);
        }
    }

    #[test]
    fn refuses_zero_and_the_order() {
        let mut below = P256_ORDER;
        below[31] -= 1;
        assert!(p256_signature(&[below, below].concat()).is_some());
        let good = one(32);
        for bad in [vec![0; 32], P256_ORDER.to_vec(), vec![0xff; 32]] {
            assert_eq!(p256_signature(&[bad.clone(), good.clone()].concat()), None);
            assert_eq!(p256_signature(&[good.clone(), bad].concat()), None);
        }
        assert_eq!(p384_signature(&[0; 96]), None);
        assert_eq!(p384_signature(&[0xff; 96]), None);
    }

    #[test]
    fn refuses_every_other_length() {
        for length in (0..200).filter(|length| *length != 64) {
            assert_eq!(p256_signature(&vec![1; length]), None, "{length}");
        }
        for length in (0..200).filter(|length| *length != 96) {
            assert_eq!(p384_signature(&vec![1; length]), None, "{length}");
        }
    }
}
