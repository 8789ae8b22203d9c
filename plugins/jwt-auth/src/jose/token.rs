//! The compact serialisation of a signed token (RFC 7515 §7.1).

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use gatewright::bytes;
use serde_json::{Map, Value};

use super::{Algorithm, Refusal, base64url, json};

/// How long a token may be unless the caller says otherwise, in bytes.
pub const MAX_SIZE: usize = 8 * 1024;

/// A token that is well formed. Nothing it says is true before its signature is verified.
pub struct Token<'a> {
    /// What the token says about its signature.
    pub header: Rc<Header>,
    /// The bytes that are signed: the first two parts as sent (RFC 7515 §5.2).
    pub signing_input: &'a [u8],
    /// The decoded payload.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
}

/// The header parameters that count. `jku`, `x5u`, `jwk` and `x5c` are not among them: a token does not choose its key (RFC 8725 §3.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`.
    pub typ: Option<String>,
}

impl<'a> Token<'a> {
    /// Parses a token of at most `max_size` bytes.
    ///
    /// # Errors
    /// Names the first check that the token fails.
    pub fn parse(text: &'a [u8], max_size: usize) -> Result<Self, Refusal> {
        Self::parse_with(text, max_size, &LastHeader::default())
    }

    /// As [`parse`](Self::parse), for one token after the other.
    ///
    /// # Errors
    /// Names the first check that the token fails.
    pub fn parse_with(text: &'a [u8], max_size: usize, last: &LastHeader) -> Result<Self, Refusal> {
        if text.len() > max_size {
            return Err(Refusal::TooLarge);
        }
        let (signing_input, [header, payload, signature]) = split(text).ok_or(Refusal::Parts)?;
        let header = last.parse(header)?;
        let payload = base64url::decode(payload).ok_or(Refusal::Encoding)?;
        let signature = base64url::decode(signature).ok_or(Refusal::Encoding)?;
        Ok(Self { header, signing_input, payload, signature })
    }
}

/// The header of the last token. The tokens that an issuer signs with one key have the same, to the byte, so most need no parsing.
#[derive(Default)]
pub struct LastHeader(RefCell<Option<(Vec<u8>, Rc<Header>)>>);

impl LastHeader {
    fn parse(&self, encoded: &[u8]) -> Result<Rc<Header>, Refusal> {
        let mut last = self.0.borrow_mut();
        if let Some((known, header)) = &*last
            && bytes::equal(known, encoded)
        {
            return Ok(Rc::clone(header));
        }
        let header = Rc::new(Header::parse(&base64url::decode(encoded).ok_or(Refusal::Encoding)?)?);
        *last = Some((encoded.to_vec(), Rc::clone(&header)));
        Ok(header)
    }
}

impl Header {
    /// Parses the decoded first part of a token.
    ///
    /// # Errors
    /// Names the first check that the header fails.
    pub fn parse(text: &[u8]) -> Result<Self, Refusal> {
        let mut members = json::parse_object(text).map_err(|_| Refusal::HeaderJson)?;
        for name in ["enc", "zip", "crit", "b64"] {
            if members.contains_key(name) {
                return Err(Refusal::Extension(name));
            }
        }
        let algorithm = string(&mut members, "alg")?.ok_or(Refusal::HeaderParameter("alg"))?;
        Ok(Self {
            algorithm: Algorithm::from_name(&algorithm).ok_or(Refusal::Algorithm)?,
            key_id: string(&mut members, "kid")?,
            typ: string(&mut members, "typ")?,
        })
    }

    /// Whether `typ` is `expected`, such as `at+jwt`: a media type, in any case, its `application/` left out or not (RFC 7515 §4.1.9).
    #[must_use]
    pub fn is_type(&self, expected: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| short_type(typ).eq_ignore_ascii_case(short_type(expected)))
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has the token can use it: a log must not have it.
        f.debug_struct("Token").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The signing input and the three parts, none of them empty.
fn split(text: &[u8]) -> Option<(&[u8], [&[u8]; 3])> {
    let first = bytes::find(text, b'.')?;
    let rest = text.get(first + 1..)?;
    let second = bytes::find(rest, b'.')?;
    let signature = rest.get(second + 1..)?;
    if bytes::find(signature, b'.').is_some() {
        return None;
    }
    let signing_input = text.get(..first + 1 + second)?;
    let parts = [text.get(..first)?, rest.get(..second)?, signature];
    parts.iter().all(|part| !part.is_empty()).then_some((signing_input, parts))
}

/// Takes out a parameter that must be a string where it is present.
fn string(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(Refusal::HeaderParameter(name)),
    }
}

fn short_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => typ,
    }
}

#[cfg(test)]
mod tests;
