//! Who calls, as one policy found out and another one may ask.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

/// Verified claims about the caller, left by the policy that authenticated the request with [`Context::insert`](crate::Context::insert).
/// Policies of different crates share this type, so that none needs to know another.
#[derive(Clone, PartialEq)]
pub struct Identity {
    provider: Rc<str>,
    claims: Rc<Map<String, Value>>,
}

impl Identity {
    /// An identity with these claims, as a JWT has them (RFC 7519 §4), vouched for by `provider`: a name of the configuration, not of the token.
    #[must_use]
    pub fn new(provider: Rc<str>, claims: Rc<Map<String, Value>>) -> Self {
        Self { provider, claims }
    }

    /// Name of who vouched for the claims, in the configuration of the policy that asked.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// All claims.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A claim by its name, or by JSON Pointer (RFC 6901) if `name` begins with `/`.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        let Some(pointer) = name.strip_prefix('/') else { return self.claims.get(name) };
        let (first, rest) = pointer.find('/').map_or((pointer, ""), |slash| pointer.split_at(slash));
        self.claims.get(&first.replace("~1", "/").replace("~0", "~"))?.pointer(rest)
    }

    /// A claim as text: a string as it is, a number or boolean as JSON writes it. Null, lists and objects are no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        match self.claim(name)? {
            Value::String(text) => Some(Cow::Borrowed(text)),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(Cow::Owned(value.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl fmt::Debug for Identity {
    /// Nothing of the claims: they are about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        let claims = json!({"sub": "anna", "level": 3, "https://x/y": "url", "realm": {"tier": "gold"}, "roles": ["a"], "no": null, "a/b": {"c~d": "odd"}});
        let Value::Object(claims) = claims else { panic!("an object") };
        let identity = Identity::new("corporate".into(), Rc::new(claims));
        assert_eq!(identity.provider(), "corporate");
        assert_eq!(identity.text("sub").as_deref(), Some("anna"));
        assert_eq!(identity.text("level").as_deref(), Some("3"));
        assert_eq!(identity.text("https://x/y").as_deref(), Some("url"));
        assert_eq!(identity.text("/realm/tier").as_deref(), Some("gold"));
        assert_eq!(identity.text("/roles/0").as_deref(), Some("a"));
        assert_eq!(identity.text("/a~1b/c~0d").as_deref(), Some("odd"));
        for none in ["roles", "realm", "no", "absent", "/realm/absent"] {
            assert_eq!(identity.text(none), None, "{none}");
        }
        assert_eq!(identity.claim("roles"), Some(&json!(["a"])));
        assert!(!format!("{identity:?}").contains("anna"));
    }
}
