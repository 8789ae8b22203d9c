//! Tokens that are good but not let in any more.

use std::collections::HashMap;

use gatewright::config::ConfigError;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::jose::Claims;

/// Knows which tokens were revoked before their time. It is asked at every request, for a token that is remembered as verified too.
pub(crate) trait Revocations {
    /// Which claim the token is revoked by at `now`, in seconds since the Unix epoch; `None` if it is not.
    fn revoked_by(&self, provider: &str, claims: &Claims, now: u64) -> Option<&'static str>;
}

/// What is revoked: one token, everything of a subject, or everything of a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// `jti` of a token.
    #[serde(default)]
    pub jti: Option<String>,
    /// `sub` of a subject.
    #[serde(default)]
    pub sub: Option<String>,
    /// `sid` of a session.
    #[serde(default)]
    pub sid: Option<String>,
    /// Name of the provider whose tokens are meant. Default: every provider's.
    #[serde(default)]
    pub provider: Option<String>,
    /// Until when, in seconds since the Unix epoch. Default: for good.
    #[serde(default)]
    pub until: Option<u64>,
}

/// The list of the configuration.
#[derive(Debug, Default)]
pub(crate) struct DenyList {
    entries: HashMap<(&'static str, String), Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    provider: Option<String>,
    until: Option<u64>,
}

/// Claims that name what can be revoked.
const CLAIMS: [&str; 3] = ["jti", "sub", "sid"];

impl DenyList {
    /// Reads the list.
    ///
    /// # Errors
    /// When an entry does not name exactly one thing, or an unknown provider.
    pub(crate) fn new(list: &[Revoked], providers: &[&str]) -> Result<Self, ConfigError> {
        let mut entries: HashMap<_, Vec<Entry>> = HashMap::new();
        for (index, revoked) in list.iter().enumerate() {
            let (claim, value) = revoked.what().map_err(|error| error.index(index))?;
            if let Some(name) = revoked.provider.as_deref().filter(|name| !providers.contains(name)) {
                let message = format!("`{name}` is no provider here; write one of `{}`", providers.join("`, `"));
                return Err(ConfigError::at("provider", message).index(index));
            }
            let entry = Entry { provider: revoked.provider.clone(), until: revoked.until };
            entries.entry((claim, value.to_owned())).or_default().push(entry);
        }
        Ok(Self { entries })
    }
}

impl Revocations for DenyList {
    fn revoked_by(&self, provider: &str, claims: &Claims, now: u64) -> Option<&'static str> {
        if self.entries.is_empty() {
            return None;
        }
        CLAIMS.into_iter().find(|claim| {
            let found = claims.get(claim).and_then(name).and_then(|name| self.entries.get(&(*claim, name)));
            found.is_some_and(|entries| entries.iter().any(|entry| entry.applies(provider, now)))
        })
    }
}

/// What a claim names. Some issuers number their sessions.
fn name(claim: &Value) -> Option<String> {
    match claim {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Entry {
    fn applies(&self, provider: &str, now: u64) -> bool {
        self.provider.as_deref().is_none_or(|name| name == provider) && self.until.is_none_or(|until| now < until)
    }
}

impl Revoked {
    fn what(&self) -> Result<(&'static str, &str), ConfigError> {
        match (&self.jti, &self.sub, &self.sid) {
            (Some(value), None, None) => Ok(("jti", value)),
            (None, Some(value), None) => Ok(("sub", value)),
            (None, None, Some(value)) => Ok(("sid", value)),
            _ => Err(ConfigError::new("write exactly one of `jti`, `sub`, `sid`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn list(entries: Value) -> Result<DenyList, ConfigError> {
        DenyList::new(&serde_json::from_value::<Vec<Revoked>>(entries).unwrap(), &["main", "partner"])
    }

    fn revoked(list: &DenyList, claims: &Value, now: u64) -> Option<&'static str> {
        list.revoked_by("main", &Claims::parse(claims.to_string().as_bytes()).unwrap(), now)
    }

    #[test]
    fn names_a_token_a_subject_or_a_session() {
        let list = list(json!([{"jti": "t1"}, {"sub": "anna"}, {"sid": "s1"}])).unwrap();
        assert_eq!(revoked(&list, &json!({"jti": "t1"}), 0), Some("jti"));
        assert_eq!(revoked(&list, &json!({"jti": "t2", "sub": "anna"}), 0), Some("sub"));
        assert_eq!(revoked(&list, &json!({"sid": "s1"}), 0), Some("sid"));
        assert_eq!(revoked(&self::list(json!([{"sid": "7"}])).unwrap(), &json!({"sid": 7}), 0), Some("sid"));
        // A name of one kind is none of another.
        for claims in [json!({"jti": "anna", "sub": "s1", "sid": "t1"}), json!({}), json!({"sid": ["s1"]})] {
            assert_eq!(revoked(&list, &claims, 0), None, "{claims}");
        }
    }

    #[test]
    fn ends_and_is_one_providers() {
        let list = list(
            json!([{"sub": "a", "until": 10}, {"sub": "b", "provider": "partner"}, {"sub": "c", "provider": "main"}]),
        )
        .unwrap();
        assert_eq!(revoked(&list, &json!({"sub": "a"}), 9), Some("sub"));
        assert_eq!(revoked(&list, &json!({"sub": "a"}), 10), None);
        assert_eq!(revoked(&list, &json!({"sub": "b"}), 0), None);
        assert_eq!(revoked(&list, &json!({"sub": "c"}), 0), Some("sub"));
    }

    #[test]
    fn an_entry_names_one_thing() {
        for (wrong, path) in [
            (json!([{}]), "[0]"),
            (json!([{"jti": "a"}, {"jti": "a", "sub": "b"}]), "[1]"),
            (json!([{"sub": "b", "provider": "other"}]), "[0].provider"),
        ] {
            assert_eq!(list(wrong.clone()).unwrap_err().path(), path, "{wrong}");
        }
    }
}
