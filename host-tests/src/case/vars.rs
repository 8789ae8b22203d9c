//! Values that are made when a file is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::jwt::{JwtSpec, Tamper};
use super::template;

/// How a value is made: a signed token, damaged perhaps, the content of a file, or the digest of a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Var {
    jwt: Option<JwtSpec>,
    tamper: Option<Tamper>,
    /// Relative to the plugin's tests.
    file: Option<String>,
    /// A text whose SHA-256 it is, in base64url.
    sha256: Option<String>,
}

/// The values of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(BTreeMap<String, String>);

impl Vars {
    /// Makes all values. `now` is the host's time, in seconds since the Unix epoch.
    pub(super) fn make(vars: &BTreeMap<String, Var>, folder: &Path, now: u64) -> Result<Self> {
        let (mut made, mut left) = (Self::default(), vars.iter().collect::<Vec<_>>());
        while !left.is_empty() {
            let (before, mut failed) = (left.len(), None);
            // One that names another can be made once that is.
            left.retain(|(name, var)| match var.make(&made, folder, now) {
                Ok(value) => made.0.insert((*name).clone(), value).is_some(),
                Err(error) => {
                    failed.get_or_insert(error.context(format!("vars.{name}")));
                    true
                }
            });
            if let Some(error) = failed.filter(|_| left.len() == before) {
                return Err(error);
            }
        }
        Ok(made)
    }

    /// The text with every `${name}` replaced.
    pub(super) fn fill(&self, text: &str) -> Result<String> {
        template::fill(text, &self.0)
    }

    /// The same for every text in a JSON value; names of members stay as they are.
    pub(super) fn fill_json(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(items) => items.iter().map(|item| self.fill_json(item)).collect::<Result<_>>()?,
            Value::Object(members) => Value::Object(self.fill_members(members)?),
            other => other.clone(),
        })
    }

    /// The same for every member of an object.
    pub(super) fn fill_members(&self, members: &Map<String, Value>) -> Result<Map<String, Value>> {
        members.iter().map(|(name, value)| Ok((name.clone(), self.fill_json(value)?))).collect()
    }
}

impl Var {
    /// `made` are the values that it may name.
    fn make(&self, made: &Vars, folder: &Path, now: u64) -> Result<String> {
        match (&self.jwt, self.tamper, &self.file, &self.sha256) {
            (Some(jwt), None, None, None) => jwt.mint(made, folder, now),
            (Some(jwt), Some(tamper), None, None) => tamper.apply(&jwt.mint(made, folder, now)?),
            (None, None, None, Some(text)) => Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(made.fill(text)?))),
            (None, None, Some(file), None) => {
                let path = folder.join(file);
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
            }
            _ => bail!(
                "a value is `jwt: {{key, header, claims}}`, with `tamper` perhaps, `file: path`, or `sha256: text`"
            ),
        }
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Vars {
    fn from(values: [(&str, &str); N]) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
