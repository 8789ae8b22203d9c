//! Tokens, minted with the private halves of jwt-auth's test keys.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p521::ecdsa::signature::hazmat::PrehashSigner;
use p521::pkcs8::DecodePrivateKey;
use serde_json::Value;
use sha2::{Digest, Sha512};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "orders";

/// The public halves.
pub(crate) fn jwks() -> Value {
    serde_json::from_str(&file("jwks.json")).unwrap()
}

/// A token that passes.
pub(crate) fn good() -> String {
    mint("RS256", "rsa-2048")
}

/// A token of this algorithm, signed with the key of this name. It expires in 2100.
pub(crate) fn mint(algorithm: &str, key: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}","kid":"{key}"}}"#);
    let claims = format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":4102444800}}"#);
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = match algorithm {
        "ES512" => sign_es512(&input),
        _ => crypto::sign(input.as_bytes(), &encoding_key(algorithm, key), algorithm.parse::<Algorithm>().unwrap())
            .unwrap(),
    };
    format!("{input}.{signature}")
}

/// The same token with another signature of the same length.
pub(crate) fn tampered(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// `jsonwebtoken` does not know ES512.
fn sign_es512(input: &str) -> String {
    let secret = p521::SecretKey::from_pkcs8_pem(&file("p-521.pem")).unwrap();
    let key = p521::ecdsa::SigningKey::from_slice(&secret.to_bytes()).unwrap();
    let signature: p521::ecdsa::Signature = key.sign_prehash(&Sha512::digest(input)).unwrap();
    URL_SAFE_NO_PAD.encode(signature.to_bytes())
}

fn encoding_key(algorithm: &str, key: &str) -> EncodingKey {
    let pem = file(&format!("{key}.pem"));
    let made = match algorithm.split_at(2).0 {
        "ES" => EncodingKey::from_ec_pem(pem.as_bytes()),
        "Ed" => EncodingKey::from_ed_pem(pem.as_bytes()),
        _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
    };
    made.unwrap()
}

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/jwt-auth/tests/keys");
    std::fs::read_to_string(folder.join(name)).unwrap()
}
