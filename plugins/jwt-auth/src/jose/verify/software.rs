//! Verifying inside the module, with the RustCrypto crates for all but RSA.

use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Verdict, Verifier, VerifyError};
use crate::jose::jwk::Material;
use crate::jose::rsa::RsaPublicKey;
use crate::jose::{Algorithm, Key};

/// Verifies every algorithm, without the proxy.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrateVerifier;

impl Verifier for CrateVerifier {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &Key,
        signing_input: &[u8],
        signature: &[u8],
    ) -> Result<Verdict, VerifyError> {
        Ok(Verdict::of(key.accepts(algorithm) && is_valid(algorithm, &key.material, signing_input, signature)))
    }
}

fn is_valid(algorithm: Algorithm, material: &Material, input: &[u8], signature: &[u8]) -> bool {
    match material {
        Material::Rsa(key) => rsa(algorithm, key, input, signature),
        Material::P256(key) => p256::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_prehash(&Sha256::digest(input), &signature).is_ok()),
        Material::P384(key) => p384::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_prehash(&Sha384::digest(input), &signature).is_ok()),
        Material::P521(key) => p521::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_prehash(&Sha512::digest(input), &signature).is_ok()),
        Material::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(input, &signature).is_ok()),
        Material::Octets(secret) => hmac(algorithm, secret, input, signature),
    }
}

fn rsa(algorithm: Algorithm, key: &RsaPublicKey, input: &[u8], signature: &[u8]) -> bool {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => key.verify_pkcs1(algorithm.hash(), input, signature),
        Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => key.verify_pss(algorithm.hash(), input, signature),
        _ => false,
    }
}

/// Compares in constant time.
fn hmac(algorithm: Algorithm, secret: &[u8], input: &[u8], signature: &[u8]) -> bool {
    fn check<M: Mac + KeyInit>(secret: &[u8], input: &[u8], signature: &[u8]) -> bool {
        M::new_from_slice(secret).is_ok_and(|mac| mac.chain_update(input).verify_slice(signature).is_ok())
    }
    match algorithm {
        Algorithm::Hs256 => check::<Hmac<Sha256>>(secret, input, signature),
        Algorithm::Hs384 => check::<Hmac<Sha384>>(secret, input, signature),
        Algorithm::Hs512 => check::<Hmac<Sha512>>(secret, input, signature),
        _ => false,
    }
}
