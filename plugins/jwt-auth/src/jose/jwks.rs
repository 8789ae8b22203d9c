//! A set of keys (RFC 7517 §5), read key by key: one that cannot be used is skipped with a warning and does not spoil the rest.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::jwk::private_member;
use super::{Algorithm, Key, json};

/// Bytes a document has at most.
pub const MAX_SIZE: usize = 1024 * 1024;
/// Keys a document has at most.
pub const MAX_KEYS: usize = 1_000;
/// Keys tried for one token at most, so that a token without `kid` cannot make the verifier work through a whole set.
pub const MAX_CANDIDATES: usize = 16;
/// Characters of a `kid` that a warning repeats.
const MAX_WARNED_ID: usize = 64;

/// The usable keys of one issuer.
#[derive(Debug, Default)]
pub struct Jwks {
    keys: Vec<Key>,
    /// Indices of all keys, of those without `kid`, and of those of each `kid`, in the document's order.
    all: Vec<usize>,
    without_id: Vec<usize>,
    by_id: BTreeMap<Box<str>, Vec<usize>>,
}

/// What is wrong with one key of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its place in `keys`, from 0.
    pub index: usize,
    /// Its `kid`, shortened.
    pub key_id: Option<String>,
    /// What was found, and what to publish instead.
    pub reason: String,
    /// Whether the key is left out.
    pub skipped: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keys[{}]", self.index)?;
        if let Some(key_id) = &self.key_id {
            write!(f, " (kid `{key_id}`)")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why a document is no key set at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksError {
    /// More than [`MAX_SIZE`] bytes; this many.
    TooLarge(usize),
    /// Not JSON with one reading.
    Json(String),
    /// No list `keys`.
    NoKeys,
    /// More than [`MAX_KEYS`] keys; this many.
    TooManyKeys(usize),
}

impl Jwks {
    /// Reads a document. A set without one usable key is a valid answer: see [`Jwks::is_empty`].
    ///
    /// # Errors
    /// When the document as a whole is not a key set within the limits.
    pub fn parse(document: &[u8]) -> Result<(Self, Vec<Warning>), JwksError> {
        if document.len() > MAX_SIZE {
            return Err(JwksError::TooLarge(document.len()));
        }
        let members = json::parse_object(document).map_err(|error| JwksError::Json(error.to_string()))?;
        let Some(Value::Array(keys)) = members.get("keys") else {
            return Err(JwksError::NoKeys);
        };
        if keys.len() > MAX_KEYS {
            return Err(JwksError::TooManyKeys(keys.len()));
        }
        let (mut set, mut warnings) = (Self::default(), Vec::new());
        for (index, jwk) in keys.iter().enumerate() {
            set.read(index, jwk, &mut warnings);
        }
        Ok((set, warnings))
    }

    /// The keys to try for a token that names `algorithm` and maybe `key_id`. Without one these are all that accept the algorithm; else those
    /// whose `kid` is equal, and if there is none those that have no `kid`: it is a hint (RFC 7515 §4.1.4), which they do not contradict. At
    /// most [`MAX_CANDIDATES`], in the document's order.
    pub fn candidates(&self, algorithm: Algorithm, key_id: Option<&str>) -> impl Iterator<Item = &Key> {
        let indices = match key_id {
            None => self.all.as_slice(),
            Some(id) => self.by_id.get(id).unwrap_or(&self.without_id).as_slice(),
        };
        let keys = indices.iter().filter_map(|index| self.keys.get(*index));
        keys.filter(move |key| key.accepts(algorithm)).take(MAX_CANDIDATES)
    }

    /// Whether the set knows this `kid`. A token with another may be signed with a key published since.
    #[must_use]
    pub fn knows(&self, key_id: &str) -> bool {
        self.by_id.contains_key(key_id)
    }

    /// How many keys are usable.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn read(&mut self, index: usize, jwk: &Value, warnings: &mut Vec<Warning>) {
        let mut warn = |key_id: Option<&str>, skipped, reason: String| {
            let key_id = key_id.map(|id| id.chars().take(MAX_WARNED_ID).collect());
            warnings.push(Warning { index, key_id, reason, skipped });
        };
        let Value::Object(jwk) = jwk else {
            return warn(None, true, "not an object; write {...}".into());
        };
        match Key::from_jwk(jwk) {
            Ok(key) => {
                if let Some(name) = private_member(jwk) {
                    warn(
                        key.id(),
                        false,
                        format!("`{name}` belongs to the private key; publish the public members only"),
                    );
                }
                self.add(key);
            }
            Err(reason) => warn(id_of(jwk), true, reason),
        }
    }

    fn add(&mut self, key: Key) {
        let index = self.keys.len();
        match key.id() {
            Some(id) => self.by_id.entry(id.into()).or_default().push(index),
            None => self.without_id.push(index),
        }
        self.all.push(index);
        self.keys.push(key);
    }
}

impl fmt::Display for JwksError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(size) => write!(f, "{size} bytes; a key set has at most {MAX_SIZE}"),
            Self::Json(error) => write!(f, "not valid JSON: {error}"),
            Self::NoKeys => f.write_str("no list `keys`; write {\"keys\": [...]}"),
            Self::TooManyKeys(count) => write!(f, "{count} keys; a key set has at most {MAX_KEYS}"),
        }
    }
}

impl std::error::Error for JwksError {}

fn id_of(jwk: &Map<String, Value>) -> Option<&str> {
    jwk.get("kid").and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
