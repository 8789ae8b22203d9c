//! Values that are made when a file is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::jwt::{JwtSpec, Tamper};
use super::template;

/// How a value is made: a signed token, damaged perhaps, or the content of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Var {
    jwt: Option<JwtSpec>,
    tamper: Option<Tamper>,
    /// Relative to the plugin's tests.
    file: Option<String>,
}

/// The values of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(BTreeMap<String, String>);

impl Vars {
    /// Makes all values. `now` is the host's time, in seconds since the Unix epoch.
    pub(super) fn make(vars: &BTreeMap<String, Var>, folder: &Path, now: u64) -> Result<Self> {
        let make = |(name, var): (&String, &Var)| {
            let value = var.make(folder, now).with_context(|| format!("vars.{name}"))?;
            Ok((name.clone(), value))
        };
        vars.iter().map(make).collect::<Result<_>>().map(Self)
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
    fn make(&self, folder: &Path, now: u64) -> Result<String> {
        match (&self.jwt, self.tamper, &self.file) {
            (Some(jwt), None, None) => jwt.mint(folder, now),
            (Some(jwt), Some(tamper), None) => tamper.apply(&jwt.mint(folder, now)?),
            (None, None, Some(file)) => {
                let path = folder.join(file);
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
            }
            _ => bail!("a value is `jwt: {{key, header, claims}}`, with `tamper` perhaps, or `file: path`"),
        }
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Vars {
    fn from(values: [(&str, &str); N]) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
