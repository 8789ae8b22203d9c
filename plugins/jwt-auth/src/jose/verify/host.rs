//! Verifying with the proxy's foreign function `verify_signature`, which Envoy has.
//!
//! Arguments and answer are protobuf messages. `VerifySignatureArguments`: 1 `hash_function` string, 2 `public_key` bytes (a
//! SubjectPublicKeyInfo), 3 `signature` bytes (DER for ECDSA), 4 `text` bytes. The answer: 1 `result` bool, 2 `error` string.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use gatewright::host::{Host, Status};

use super::{Verdict, Verifier, VerifyError};
use crate::jose::jwk::Material;
use crate::jose::{Algorithm, Key, der};

/// Tags of the arguments: field number and wire type "length-delimited".
const PUBLIC_KEY: u8 = 2 << 3 | 2;
const SIGNATURE: u8 = 3 << 3 | 2;
const TEXT: u8 = 4 << 3 | 2;

/// What one worker knows about its proxy, from its first signature on.
#[derive(Debug, Default)]
pub struct HostMemory {
    support: Cell<HostSupport>,
    failures: Cell<u64>,
    /// The arguments of the last call, kept for its allocation.
    arguments: RefCell<Vec<u8>>,
}

/// Whether the proxy has the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostSupport {
    /// Not asked yet.
    #[default]
    Unknown,
    /// It answered.
    Present,
    /// It does not know the function, and is not asked again.
    Missing,
}

impl HostMemory {
    /// Whether the proxy has the function, as far as known.
    #[must_use]
    pub fn support(&self) -> HostSupport {
        self.support.get()
    }

    /// How often the proxy has the function but gave no usable answer. Above 0, verifying is slow and an operator should know.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.get()
    }
}

/// Verifies RS256, RS384, RS512, ES256 and ES384 by asking the proxy.
pub struct HostVerifier<'a> {
    host: &'a dyn Host,
    memory: &'a HostMemory,
}

impl<'a> HostVerifier<'a> {
    /// Verifies through `host`; `memory` is this worker's.
    #[must_use]
    pub fn new(host: &'a dyn Host, memory: &'a HostMemory) -> Self {
        Self { host, memory }
    }

    fn ask(&self, arguments: &[u8]) -> Result<Verdict, VerifyError> {
        match self.host.call_foreign("verify_signature", arguments) {
            Err(Status::NotFound | Status::Unimplemented) => {
                self.memory.support.set(HostSupport::Missing);
                return Err(VerifyError::Unavailable);
            }
            Err(status) => Err(VerifyError::Host(status)),
            Ok(answer) => read_answer(&answer),
        }
        .inspect(|_| self.memory.support.set(HostSupport::Present))
        .inspect_err(|_| self.memory.failures.set(self.memory.failures.get().saturating_add(1)))
    }
}

impl Verifier for HostVerifier<'_> {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &Key,
        signing_input: &[u8],
        signature: &[u8],
    ) -> Result<Verdict, VerifyError> {
        if self.memory.support() == HostSupport::Missing {
            return Err(VerifyError::Unavailable);
        }
        let (Some(hash), Some(public_key)) = (hash_function(algorithm), &key.host_argument) else {
            return Err(VerifyError::Unavailable);
        };
        let Some(signature) = host_signature(algorithm, key, signature) else {
            return Ok(Verdict::Invalid);
        };
        // A foreign function does not call back, so nobody else holds the buffer; if one did, a fresh one serves.
        let mut fresh = Vec::new();
        let mut kept = self.memory.arguments.try_borrow_mut().ok();
        let arguments = kept.as_deref_mut().unwrap_or(&mut fresh);
        arguments.clear();
        arguments.extend_from_slice(hash);
        arguments.extend_from_slice(public_key);
        put(arguments, SIGNATURE, &signature);
        put(arguments, TEXT, signing_input);
        self.ask(arguments)
    }
}

/// The argument `public_key`, which is the same for all signatures of a key.
pub(in crate::jose) fn public_key_argument(spki: &[u8]) -> Vec<u8> {
    let mut argument = Vec::new();
    put(&mut argument, PUBLIC_KEY, spki);
    argument
}

/// The argument `hash_function` for the algorithms that the proxy can do: PSS and EdDSA it cannot.
fn hash_function(algorithm: Algorithm) -> Option<&'static [u8]> {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => Some(b"\x0a\x06sha256"),
        Algorithm::Rs384 | Algorithm::Es384 => Some(b"\x0a\x06sha384"),
        Algorithm::Rs512 => Some(b"\x0a\x06sha512"),
        _ => None,
    }
}

/// The signature as the proxy wants it; `None` when it cannot be one of this key.
fn host_signature<'s>(algorithm: Algorithm, key: &Key, signature: &'s [u8]) -> Option<Cow<'s, [u8]>> {
    if !key.accepts(algorithm) {
        return None;
    }
    match &key.material {
        Material::Rsa(rsa) => rsa.has_range_of(signature).then_some(Cow::Borrowed(signature)),
        Material::P256(_) => der::p256_signature(signature).map(Cow::Owned),
        Material::P384(_) => der::p384_signature(signature).map(Cow::Owned),
        Material::P521(_) | Material::Ed25519(_) | Material::Octets(_) => None,
    }
}

/// Appends a length-delimited field.
fn put(message: &mut Vec<u8>, tag: u8, value: &[u8]) {
    message.push(tag);
    let mut length = value.len();
    while length > 0x7f {
        message.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(value);
}

fn read_answer(answer: &[u8]) -> Result<Verdict, VerifyError> {
    let (valid, error) = fields(answer).ok_or(VerifyError::Answer("not a VerifySignatureResult"))?;
    // A signature that does not verify also comes with an error text. These texts say that nothing was verified.
    let mentions = |what: &[u8]| error.windows(what.len()).any(|window| window == what);
    match valid {
        true if error.is_empty() => Ok(Verdict::Valid),
        true => Err(VerifyError::Answer("both a success and an error")),
        false if mentions(b"initialize") => Err(VerifyError::Answer("the proxy cannot use the key")),
        false if mentions(b"not supported") => Err(VerifyError::Answer("the proxy does not have the hash")),
        false => Ok(Verdict::Invalid),
    }
}

/// `result` and `error` of an answer; `None` when it is not such a message.
fn fields(mut message: &[u8]) -> Option<(bool, &[u8])> {
    let (mut valid, mut error) = (false, &[][..]);
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        match tag & 7 {
            0 => {
                let value = varint(&mut message)?;
                if tag >> 3 == 1 {
                    valid = value == 1;
                }
            }
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let (value, rest) = message.split_at_checked(length)?;
                message = rest;
                if tag >> 3 == 2 {
                    error = value;
                }
            }
            _ => return None,
        }
    }
    Some((valid, error))
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
