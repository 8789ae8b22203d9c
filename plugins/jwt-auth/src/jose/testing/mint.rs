//! Signs tokens with the private test keys: with `jsonwebtoken`, so that we do not only agree with ourselves.

use jsonwebtoken::{Algorithm as Alg, EncodingKey, crypto};
use p521::ecdsa::signature::hazmat::PrehashSigner;
use p521::pkcs8::DecodePrivateKey;

use sha2::{Digest, Sha512};

use crate::jose::{Algorithm, base64url};

const RSA: &[u8] = include_bytes!("../../../tests/keys/rsa-2048.pem");
const RSA_OTHER: &[u8] = include_bytes!("../../../tests/keys/rsa-2048-other.pem");
const RSA_E3: &[u8] = include_bytes!("../../../tests/keys/rsa-3072-e3.pem");
const P256: &[u8] = include_bytes!("../../../tests/keys/p-256.pem");
const P256_OTHER: &[u8] = include_bytes!("../../../tests/keys/p-256-other.pem");
const P384: &[u8] = include_bytes!("../../../tests/keys/p-384.pem");
const P521: &str = include_str!("../../../tests/keys/p-521.pem");
const ED25519: &[u8] = include_bytes!("../../../tests/keys/ed25519.pem");

/// A token signed with the test key of this `kid`, which its header names.
pub(in crate::jose) fn mint(algorithm: Algorithm, id: &str, payload: &str) -> String {
    sign(algorithm, id, &format!(r#"{{"alg":"{}","kid":"{id}"}}"#, algorithm.name()), payload)
}

/// A token with this header, signed with the test key of this `kid`.
pub(in crate::jose) fn sign(algorithm: Algorithm, id: &str, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    let signature = match algorithm {
        Algorithm::Es512 => sign_es512(&input),
        _ => crypto::sign(input.as_bytes(), &signing_key(id), algorithm.name().parse::<Alg>().unwrap()).unwrap(),
    };
    format!("{input}.{signature}")
}

/// `jsonwebtoken` does not know ES512.
fn sign_es512(input: &str) -> String {
    let secret = p521::SecretKey::from_pkcs8_pem(P521).unwrap();
    let key = p521::ecdsa::SigningKey::from_slice(&secret.to_bytes()).unwrap();
    let signature: p521::ecdsa::Signature = key.sign_prehash(&Sha512::digest(input)).unwrap();
    base64url::encode(&signature.to_bytes())
}

fn signing_key(id: &str) -> EncodingKey {
    match id {
        "rsa-2048" => EncodingKey::from_rsa_pem(RSA),
        "rsa-2048-other" => EncodingKey::from_rsa_pem(RSA_OTHER),
        "rsa-3072-e3" => EncodingKey::from_rsa_pem(RSA_E3),
        "p-256" => EncodingKey::from_ec_pem(P256),
        "p-256-other" => EncodingKey::from_ec_pem(P256_OTHER),
        "p-384" => EncodingKey::from_ec_pem(P384),
        "ed25519" => EncodingKey::from_ed_pem(ED25519),
        "secret-64" => {
            let secret = super::jwk(id)["k"].as_str().unwrap().to_owned();
            Ok(EncodingKey::from_secret(&base64url::decode(secret.as_bytes()).unwrap()))
        }
        other => panic!("no test key {other}"),
    }
    .unwrap()
}
