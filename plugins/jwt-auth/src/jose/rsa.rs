//! RSA signature verification (RFC 8017 §8.1.2, §8.2.2): what a public key can do, and nothing that needs a secret.
//!
//! The `rsa` crate takes ten times as long for it in WebAssembly, as it multiplies without Montgomery's trick there, and a policy
//! that is slow on forged tokens is easily kept busy. All numbers here are public, so nothing needs constant time. The crate
//! is what the tests compare with.

mod montgomery;

use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

use self::montgomery::Montgomery;
use super::algorithm::Hash;

/// The public part of an RSA key.
pub struct RsaPublicKey {
    modulus: Box<[u8]>,
    exponent: u64,
    arithmetic: Montgomery,
}

impl RsaPublicKey {
    /// A key of this modulus, which is odd, big-endian, and without leading zero bytes.
    pub(super) fn new(modulus: Vec<u8>, exponent: u64) -> Self {
        let arithmetic = Montgomery::new(&modulus);
        Self { modulus: modulus.into(), exponent, arithmetic }
    }

    /// `n`, big-endian, without leading zero bytes.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// `e`.
    #[must_use]
    pub fn exponent(&self) -> u64 {
        self.exponent
    }

    /// Whether a signature is a number below the modulus, in as many bytes. Without this check, `s + n` would be a second
    /// signature that nobody made.
    #[must_use]
    pub fn has_range_of(&self, signature: &[u8]) -> bool {
        signature.len() == self.modulus.len() && signature < self.modulus()
    }

    /// RSASSA-PKCS1-v1_5 over `input`. The encoding that must come out is made and compared whole: a verifier that reads it instead
    /// can be made to skip over garbage (Bleichenbacher's forgery for small exponents).
    #[must_use]
    pub fn verify_pkcs1(&self, hash: Hash, input: &[u8], signature: &[u8]) -> bool {
        let Some(encoded) = self.raise(signature) else { return false };
        let tail = [digest_info(hash), &digest(hash, &[input])].concat();
        let Some(padding) = encoded.len().checked_sub(tail.len() + 3) else { return false };
        encoded == [&[0, 1], vec![0xff; padding].as_slice(), &[0], &tail].concat()
    }

    /// RSASSA-PSS over `input`, with MGF1 of the same hash and a salt of its length (RFC 7518 §3.5).
    #[must_use]
    pub fn verify_pss(&self, hash: Hash, input: &[u8], signature: &[u8]) -> bool {
        let bits = self.modulus.len() * 8 - self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.raise(signature).is_some_and(|encoded| is_pss(hash, input, &encoded, bits - 1).is_some())
    }

    /// The signature to the power of the public exponent, in as many bytes as the modulus.
    fn raise(&self, signature: &[u8]) -> Option<Vec<u8>> {
        self.has_range_of(signature).then(|| self.arithmetic.power(signature, self.exponent))
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaPublicKey").field("bits", &(self.modulus.len() * 8)).finish_non_exhaustive()
    }
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2); `bits` is the length of the encoded message.
fn is_pss(hash: Hash, input: &[u8], encoded: &[u8], bits: usize) -> Option<()> {
    // Where the modulus has a bit more than whole bytes, the message is a byte shorter than the modulus.
    let (front, encoded) = encoded.split_at_checked(encoded.len() - bits.div_ceil(8))?;
    let (masked, end) = encoded.split_at_checked(encoded.len().checked_sub(hash.size() + 1)?)?;
    let (seed, trailer) = end.split_at_checked(hash.size())?;
    let unused = encoded.len() * 8 - bits;
    let top = u8::MAX.checked_shr(u32::try_from(unused).ok()?)?;
    if front.iter().any(|byte| *byte != 0) || trailer != [0xbc] || masked.first()? & !top != 0 {
        return None;
    }
    let mask = mgf1(hash, seed, masked.len());
    let mut block: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    *block.first_mut()? &= top;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(hash.size())?)?;
    let (one, zeros) = padding.split_last()?;
    let padded = *one == 1 && zeros.iter().all(|byte| *byte == 0);
    let expected = digest(hash, &[&[0; 8], &digest(hash, &[input]), salt]);
    (padded && expected == seed).then_some(())
}

/// The mask generation function (RFC 8017 §B.2.1).
fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + hash.size());
    for counter in 0_u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(digest(hash, &[seed, &counter.to_be_bytes()]));
    }
    mask.truncate(length);
    mask
}

fn digest(hash: Hash, parts: &[&[u8]]) -> Vec<u8> {
    fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut hasher = D::new();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finalize().to_vec()
    }
    match hash {
        Hash::Sha256 => of::<Sha256>(parts),
        Hash::Sha384 => of::<Sha384>(parts),
        Hash::Sha512 => of::<Sha512>(parts),
    }
}

/// What stands before the hash (RFC 8017 §9.2, note 1).
fn digest_info(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        Hash::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        Hash::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    }
}

#[cfg(test)]
mod tests;
