//! Tokens: minted with test keys, and damaged on purpose.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::vars::Vars;

/// A token in the making. Its header says what it likes; what signs it is `sign_with`, or else the header's `alg`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtSpec {
    /// PEM file (PKCS #8), relative to the plugin's tests.
    key: Option<String>,
    /// Secret of an HMAC, in place of a key.
    secret: Option<String>,
    header: Map<String, Value>,
    #[serde(default)]
    claims: Map<String, Value>,
    sign_with: Option<String>,
}

/// Which part of a token to damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tamper {
    /// One bit of the signature is flipped.
    Signature,
    /// One bit of the payload is flipped: still JSON, with one letter of another case.
    Payload,
}

impl JwtSpec {
    /// The token in its compact form, with `${name}` filled in. `now` is in seconds since the Unix epoch.
    pub(super) fn mint(&self, vars: &Vars, folder: &Path, now: u64) -> Result<String> {
        let claims = timed(&Value::Object(vars.fill_members(&self.claims)?), now);
        let header = Value::Object(vars.fill_members(&self.header)?).to_string();
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.sign(folder, &input)?;
        Ok(format!("{input}.{signature}"))
    }

    fn sign(&self, folder: &Path, input: &str) -> Result<String> {
        let name = self.sign_with.as_deref().or_else(|| self.header.get("alg").and_then(Value::as_str));
        let name = name.context("header.alg: no algorithm; write it, or `sign_with` to sign with another")?;
        if name == "none" {
            return Ok(String::new());
        }
        let Ok(algorithm) = name.parse::<Algorithm>() else {
            bail!("{name:?} is no algorithm that tokens are signed with here; write `sign_with: RS256`, say");
        };
        let key = self.signing_key(folder, algorithm)?;
        crypto::sign(input.as_bytes(), &key, algorithm).with_context(|| format!("signing with {name}"))
    }

    fn signing_key(&self, folder: &Path, algorithm: Algorithm) -> Result<EncodingKey> {
        use Algorithm as A;
        let file = match (&self.key, &self.secret) {
            (None, Some(secret)) => return Ok(EncodingKey::from_secret(secret.as_bytes())),
            (Some(file), None) => folder.join(file),
            _ => bail!("a token is signed with a `key` (PEM file) or a `secret`; write one of them"),
        };
        let pem = fs::read(&file).with_context(|| format!("reading key {}", file.display()))?;
        let key = match algorithm {
            A::HS256 | A::HS384 | A::HS512 => Ok(EncodingKey::from_secret(&pem)),
            A::ES256 | A::ES384 => EncodingKey::from_ec_pem(&pem),
            A::EdDSA => EncodingKey::from_ed_pem(&pem),
            _ => EncodingKey::from_rsa_pem(&pem),
        };
        key.with_context(|| format!("{} is no key for {algorithm:?}", file.display()))
    }
}

impl Tamper {
    /// The damaged token.
    pub(super) fn apply(self, token: &str) -> Result<String> {
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let index = if self == Self::Signature { 2 } else { 1 };
        let part = parts.get_mut(index).context("the token has no such part")?;
        let mut bytes = URL_SAFE_NO_PAD.decode(part.as_bytes())?;
        match self {
            Self::Signature => flip_first(&mut bytes)?,
            Self::Payload => flip_letter(&mut bytes)?,
        }
        *part = URL_SAFE_NO_PAD.encode(bytes);
        Ok(parts.join("."))
    }
}

fn flip_first(bytes: &mut [u8]) -> Result<()> {
    let first = bytes.first_mut().context("the token has no signature to damage")?;
    *first ^= 1;
    Ok(())
}

/// Flips the case of the last letter before a quote, which leaves JSON.
fn flip_letter(bytes: &mut [u8]) -> Result<()> {
    let mut letters = bytes.windows(2).enumerate();
    let found = letters.rfind(|(_, pair)| matches!(pair, [letter, b'"'] if letter.is_ascii_alphabetic()));
    let index = found.context("the token's claims have no text to damage; add `sub: someone`")?.0;
    if let Some(letter) = bytes.get_mut(index) {
        *letter ^= 0x20;
    }
    Ok(())
}

/// Replaces `now`, `now+300` and `now-10` by seconds since the Unix epoch (RFC 7519, NumericDate).
fn timed(value: &Value, now: u64) -> Value {
    match value {
        Value::String(text) => moment(text, now).map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(|item| timed(item, now)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), timed(value, now))).collect(),
        other => other.clone(),
    }
}

fn moment(text: &str, now: u64) -> Option<i64> {
    let offset = text.strip_prefix("now")?;
    let now = i64::try_from(now).ok()?;
    if offset.is_empty() {
        return Some(now);
    }
    let signed = offset.starts_with(['+', '-']);
    now.checked_add(offset.parse().ok().filter(|_| signed)?)
}
