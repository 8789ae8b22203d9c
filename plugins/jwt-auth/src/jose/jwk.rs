//! One public key or shared secret (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2), checked when it is read so that using it cannot fail.

use std::fmt;

use serde_json::{Map, Value};

use super::algorithm::KeyType;
use super::rsa::RsaPublicKey;
use super::verify::host;
use super::{Algorithm, base64url, der};

/// Bits an RSA modulus has at least (RFC 7518 §3.3).
pub const MIN_RSA_BITS: usize = 2048;
/// Bits an RSA modulus has at most: the work of one verification grows with its square.
pub const MAX_RSA_BITS: usize = 8192;
/// Bytes a shared secret has at most.
const MAX_SECRET: usize = 1024;
/// Members that only a private key has. Finding one published is worth a warning (RFC 7518 §6.2.2, §6.3.2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// A key that signatures can be verified with.
pub struct Key {
    id: Option<Box<str>>,
    algorithm: Option<Algorithm>,
    pub(super) material: Material,
    /// The `SubjectPublicKeyInfo` as an argument of the proxy's function, for keys that the proxy can verify with.
    pub(super) host_argument: Option<Vec<u8>>,
}

/// The key itself, ready to verify.
pub(super) enum Material {
    Rsa(RsaPublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    Octets(Vec<u8>),
}

impl Key {
    /// Reads a JWK. Its private members, if any, are left alone.
    ///
    /// # Errors
    /// Says why the key cannot verify signatures, and what would do.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, String> {
        check_purpose(jwk)?;
        let id = string(jwk, "kid")?.map(Into::into);
        let algorithm = match string(jwk, "alg")? {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or("`alg` is not a signature algorithm known here")?),
        };
        let material = Material::from_jwk(jwk)?;
        if algorithm.is_some_and(|algorithm| !material.fits(algorithm)) {
            return Err("`alg` does not go with this type or size of key".into());
        }
        if Algorithm::ALL.into_iter().all(|algorithm| !material.fits(algorithm)) {
            return Err("`k` is too short; use at least 32 random bytes".into());
        }
        let host_argument = material.spki().map(|spki| host::public_key_argument(&spki));
        Ok(Self { id, algorithm, material, host_argument })
    }

    /// `kid`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the key may verify a signature of this algorithm. The key decides, not the token (RFC 8725 §3.1): its `alg` where
    /// it has one, else its type.
    #[must_use]
    pub fn accepts(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.material.fits(algorithm)
    }
}

/// The members of a private key that a JWK shows, if it should not: an asymmetric key is published without them.
pub(crate) fn private_member(jwk: &Map<String, Value>) -> Option<&'static str> {
    PRIVATE.into_iter().find(|name| jwk.contains_key(*name))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The material may be a secret.
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .field("type", &self.material.key_type())
            .finish_non_exhaustive()
    }
}

impl Material {
    fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, String> {
        match (string(jwk, "kty")?, string(jwk, "crv")?) {
            (Some("RSA"), _) => rsa(jwk),
            (Some("EC"), Some("P-256")) => {
                let point = point::<32>(jwk)?;
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).map(Self::P256).map_err(|_| off_curve())
            }
            (Some("EC"), Some("P-384")) => {
                let point = point::<48>(jwk)?;
                p384::ecdsa::VerifyingKey::from_sec1_bytes(&point).map(Self::P384).map_err(|_| off_curve())
            }
            (Some("EC"), Some("P-521")) => {
                let point = point::<66>(jwk)?;
                p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).map(Self::P521).map_err(|_| off_curve())
            }
            (Some("OKP"), Some("Ed25519")) => ed25519(jwk),
            (Some("oct"), _) => octets(jwk),
            (Some("EC" | "OKP"), _) => Err("`crv` is not one of P-256, P-384, P-521 (EC) or Ed25519 (OKP)".into()),
            _ => Err("`kty` is not one of RSA, EC, OKP, oct".into()),
        }
    }

    fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa(_) => KeyType::Rsa,
            Self::P256(_) => KeyType::P256,
            Self::P384(_) => KeyType::P384,
            Self::P521(_) => KeyType::P521,
            Self::Ed25519(_) => KeyType::Ed25519,
            Self::Octets(_) => KeyType::Octets,
        }
    }

    /// Whether type and size allow the algorithm. An HMAC key is at least as long as the hash (RFC 7518 §3.2).
    fn fits(&self, algorithm: Algorithm) -> bool {
        let long_enough = match self {
            Self::Octets(secret) => secret.len() >= algorithm.hash().size(),
            _ => true,
        };
        algorithm.key_type() == self.key_type() && long_enough
    }

    fn spki(&self) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(key) => Some(der::rsa_public_key(key)),
            Self::P256(key) => Some(der::p256_public_key(key)),
            Self::P384(key) => Some(der::p384_public_key(key)),
            Self::P521(_) | Self::Ed25519(_) | Self::Octets(_) => None,
        }
    }
}

/// Refuses a key that its owner published for something else (RFC 7517 §4.2, §4.3).
fn check_purpose(jwk: &Map<String, Value>) -> Result<(), String> {
    if string(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err("`use` is not \"sig\"".into());
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(_) => Err("`key_ops` is not a list that contains \"verify\"".into()),
    }
}

fn rsa(jwk: &Map<String, Value>) -> Result<Material, String> {
    let modulus = unsigned(bytes(jwk, "n")?);
    let exponent = unsigned(bytes(jwk, "e")?);
    // Before any arithmetic: its time grows with the size.
    if modulus.len() > MAX_RSA_BITS / 8 {
        return Err(format!("`n` has more than {MAX_RSA_BITS} bits"));
    }
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if bits < MIN_RSA_BITS {
        return Err(format!("`n` has {bits} bits; use at least {MIN_RSA_BITS}"));
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !odd(&modulus) {
        return Err("`n` is even, so it is no RSA modulus".into());
    }
    let number = exponent.iter().try_fold(0, |number: u64, byte| Some(number.checked_mul(256)? | u64::from(*byte)));
    match number.filter(|number| odd(&exponent) && (3..1 << 33).contains(number)) {
        Some(number) => Ok(Material::Rsa(RsaPublicKey::new(modulus, number))),
        None => Err("`e` is not an odd number from 3 to 2^33; the usual one is AQAB".into()),
    }
}

/// The uncompressed point (SEC 1 §2.3.3) of coordinates that are each exactly `SIZE` bytes long (RFC 7518 §6.2.1.2).
fn point<const SIZE: usize>(jwk: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x.len() != SIZE || y.len() != SIZE {
        return Err(format!(
            "`x` and `y` are {} and {} bytes; on this curve each has exactly {SIZE}",
            x.len(),
            y.len()
        ));
    }
    Ok([&[4], x.as_slice(), y.as_slice()].concat())
}

fn ed25519(jwk: &Map<String, Value>) -> Result<Material, String> {
    let x = <[u8; 32]>::try_from(bytes(jwk, "x")?)
        .map_err(|x| format!("`x` is {} bytes; Ed25519 has exactly 32", x.len()))?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x).map_err(|_| off_curve())?;
    // A key of small order verifies signatures that nobody made.
    if key.is_weak() { Err("`x` is a point of small order".into()) } else { Ok(Material::Ed25519(key)) }
}

fn octets(jwk: &Map<String, Value>) -> Result<Material, String> {
    let secret = bytes(jwk, "k")?;
    if secret.len() > MAX_SECRET {
        return Err(format!("`k` is longer than {MAX_SECRET} bytes"));
    }
    // A published key as an HMAC secret is the classic confusion: everybody can sign with it (RFC 8725 §2.1).
    if secret.windows(11).any(|window| window == b"-----BEGIN ") {
        return Err("`k` is a PEM file; use random bytes".into());
    }
    Ok(Material::Octets(secret))
}

fn off_curve() -> String {
    "the point is not on its curve".into()
}

/// The number without the zero bytes that some libraries put in front, against RFC 7518 §6.3.1.1. They do not change it.
fn unsigned(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, String> {
    let text = string(jwk, name)?.ok_or_else(|| format!("`{name}` is missing"))?;
    base64url::decode(text.as_bytes()).ok_or_else(|| format!("`{name}` is not unpadded base64url"))
}

fn string<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(format!("`{name}` is not a string")),
    }
}

#[cfg(test)]
mod tests;
