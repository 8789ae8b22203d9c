//! Functions that Envoy offers to modules by name, for the emulated proxy:
//! `world.foreign("verify_signature", foreign::verify_signature)`.

use gatewright_core::host::{HostResult, Status};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

/// Verifies an RSA (PKCS #1 v1.5) or ECDSA signature as Envoy's `verify_signature` does.
///
/// Arguments and answer are Envoy's protobuf messages `VerifySignatureArguments` (1 hash function, 2 key as SubjectPublicKeyInfo,
/// 3 signature, 4 text) and `VerifySignatureResult` (1 result, 2 error). Unlike Envoy it wants RSA keys of 2,048 bits and more.
///
/// # Errors
/// [`Status::BadArgument`] for arguments that do not parse.
pub fn verify_signature(arguments: &[u8]) -> HostResult<Vec<u8>> {
    let [hash, key, signature, text] = fields(arguments).ok_or(Status::BadArgument)?;
    let hash = hash.to_ascii_lowercase();
    if !matches!(hash.as_slice(), b"sha256" | b"sha384" | b"sha512") {
        return Ok(failed(&format!("{} is not supported.", String::from_utf8_lossy(&hash))));
    }
    let Some((algorithm, key)) = algorithm(&hash, key) else {
        return Ok(failed("Failed to initialize digest verify."));
    };
    match UnparsedPublicKey::new(algorithm, key).verify(text, signature) {
        Ok(()) => Ok(vec![RESULT, 1]),
        Err(_) => Ok(failed("Failed to verify digest. Error code: 0")),
    }
}

/// Field number and wire type of the answer's fields.
const RESULT: u8 = 1 << 3;
const ERROR: u8 = 2 << 3 | 2;

/// What precedes the key in a SubjectPublicKeyInfo (RFC 5280 section 4.1): the object identifier of its algorithm, as far as it
/// tells keys apart.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

/// How to verify with this hash and key, and the key without its wrapping.
fn algorithm<'a>(hash: &[u8], spki: &'a [u8]) -> Option<(&'static dyn VerificationAlgorithm, &'a [u8])> {
    let (kind, key) = spki_parts(spki)?;
    let has = |oid: &[u8]| kind.windows(oid.len()).any(|window| window == oid);
    let algorithm: &'static dyn VerificationAlgorithm = match hash {
        b"sha256" if has(RSA) => &signature::RSA_PKCS1_2048_8192_SHA256,
        b"sha384" if has(RSA) => &signature::RSA_PKCS1_2048_8192_SHA384,
        b"sha512" if has(RSA) => &signature::RSA_PKCS1_2048_8192_SHA512,
        b"sha256" if has(P256) => &signature::ECDSA_P256_SHA256_ASN1,
        b"sha384" if has(P384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    };
    Some((algorithm, key))
}

/// The algorithm identifier and the key of a SubjectPublicKeyInfo.
fn spki_parts(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, _) = element(spki, 0x30)?;
    let (kind, rest) = element(content, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    // A bit string starts with the number of bits that are not used.
    Some((kind, bits.strip_prefix(&[0])?))
}

/// The content of the DER element (X.690 section 8.1) that the bytes start with, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = match usize::from(*length) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (digits, rest) = rest.split_at_checked(long - 0x80).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    rest.split_at_checked(length)
}

/// The fields 1 to 4 of the arguments; a field that is missing is empty, of a field that comes twice the last counts.
fn fields(mut message: &[u8]) -> Option<[&[u8]; 4]> {
    let mut fields: [&[u8]; 4] = Default::default();
    while let Some((tag, rest)) = message.split_first() {
        let end = rest.iter().take(4).position(|byte| byte & 0x80 == 0)?;
        let (digits, rest) = rest.split_at_checked(end + 1)?;
        let length = digits.iter().rev().fold(0, |length, digit| length << 7 | usize::from(digit & 0x7f));
        let (value, rest) = rest.split_at_checked(length)?;
        let number = usize::from(tag >> 3).checked_sub(1).filter(|_| tag & 7 == 2)?;
        *fields.get_mut(number)? = value;
        message = rest;
    }
    Some(fields)
}

fn failed(error: &str) -> Vec<u8> {
    [&[ERROR, error.len().min(0x7f) as u8], error.as_bytes().get(..0x7f).unwrap_or(error.as_bytes())].concat()
}

#[cfg(test)]
mod tests;
