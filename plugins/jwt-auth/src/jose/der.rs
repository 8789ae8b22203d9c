//! The DER forms that a proxy's `verify_signature` wants, from the plain numbers that JOSE sends.
//!
//! The encoding itself is the RustCrypto crates'. Their parsers hold what matters for security: a point must lie on its curve, and
//! `r` and `s` of a signature must lie between 1 and the order of the group. A verifier that skips the second accepts a signature of zeros
//! for every message (CVE-2022-21449).

use rsa::RsaPublicKey;
use rsa::pkcs8::EncodePublicKey;

/// The `SubjectPublicKeyInfo` of an RSA key (RFC 3279 §2.3.1).
#[must_use]
pub fn rsa_public_key(key: &RsaPublicKey) -> Option<Vec<u8>> {
    key.to_public_key_der().ok().map(|der| der.into_vec())
}

/// The `SubjectPublicKeyInfo` of a P-256 key (RFC 5480 §2).
#[must_use]
pub fn p256_public_key(key: &p256::ecdsa::VerifyingKey) -> Option<Vec<u8>> {
    p256::PublicKey::from(key).to_public_key_der().ok().map(|der| der.into_vec())
}

/// The `SubjectPublicKeyInfo` of a P-384 key (RFC 5480 §2).
#[must_use]
pub fn p384_public_key(key: &p384::ecdsa::VerifyingKey) -> Option<Vec<u8>> {
    p384::PublicKey::from(key).to_public_key_der().ok().map(|der| der.into_vec())
}

/// The `ECDSA-Sig-Value` (RFC 3279 §2.2.3) of a P-256 signature in JOSE's form, which is `r` and `s` of 32 bytes each (RFC 7518 §3.4).
///
/// `None` for any other length, and for numbers that no signer makes.
#[must_use]
pub fn p256_signature(raw: &[u8]) -> Option<Vec<u8>> {
    p256::ecdsa::Signature::from_slice(raw).ok().map(|signature| signature.to_der().as_bytes().to_vec())
}

/// As [`p256_signature`] for P-384: 48 bytes each.
#[must_use]
pub fn p384_signature(raw: &[u8]) -> Option<Vec<u8>> {
    p384::ecdsa::Signature::from_slice(raw).ok().map(|signature| signature.to_der().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::{p256_signature, p384_signature};
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
