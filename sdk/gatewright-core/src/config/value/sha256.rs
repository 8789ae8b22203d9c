//! SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::text::{Text, text_value};
use crate::config::error::ConfigError;
use crate::syntax::hex_digit;

/// A SHA-256 digest, written as 64 hexadecimal digits. How a configuration names a secret without holding it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Hex([u8; 32]);

impl Sha256Hex {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Sha256Hex {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        // The text is not repeated: it may be the secret itself, where its digest belongs.
        let refuse =
            |found: String| ConfigError::new(format!("a SHA-256 digest has 64 hexadecimal digits; found {found}"));
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refuse("other characters".to_owned()));
        }
        if text.len() != 64 {
            return Err(refuse(text.len().to_string()));
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = pair.iter().fold(0, |sum, digit| sum << 4 | hex_digit(*digit).unwrap_or_default());
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Hex({self})")
    }
}

impl Text for Sha256Hex {
    const NOUN: &'static str = "a SHA-256 digest";
    const PATTERN: &'static str = "^[0-9A-Fa-f]{64}$";
    const EXAMPLES: &'static [&'static str] = &["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"];
}

text_value!(Sha256Hex);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// FIPS 180-4 example for "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_equals_the_digest_of_its_text() {
        assert_eq!(Sha256Hex::of("abc").to_string(), ABC);
        assert_eq!(ABC.parse::<Sha256Hex>().unwrap(), Sha256Hex::of(b"abc"));
        assert_eq!(ABC.to_uppercase().parse::<Sha256Hex>().unwrap(), Sha256Hex::of("abc"));
        assert_eq!(serde_json::to_value(Sha256Hex::of("abc")).unwrap(), json!(ABC));
        assert_eq!(Sha256Hex::of("abc").as_bytes()[..2], [0xba, 0x78]);
        assert_eq!(format!("{:?}", Sha256Hex::of("abc")), format!("Sha256Hex({ABC})"));
        examples_parse::<Sha256Hex>();
    }

    #[test]
    fn what_is_wrong_but_never_the_text() {
        let cases = [
            (json!(ABC.trim_end_matches('d')), "a SHA-256 digest has 64 hexadecimal digits; found 63"),
            (json!(""), "a SHA-256 digest has 64 hexadecimal digits; found 0"),
            (json!("s3cret"), "a SHA-256 digest has 64 hexadecimal digits; found other characters"),
            (json!(ABC.replace('d', "g")), "a SHA-256 digest has 64 hexadecimal digits; found other characters"),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Sha256Hex>(value), message);
        }
    }
}
