//! Where the claims are that are checked when a token is read.

use serde_json::{Map, Value};

/// The claims whose types RFC 7519 says and `cnf`, found in one walk: looking for each would be eight.
#[derive(Default)]
pub(super) struct Registered<'a> {
    pub(super) iss: Option<&'a Value>,
    pub(super) sub: Option<&'a Value>,
    pub(super) jti: Option<&'a Value>,
    pub(super) aud: Option<&'a Value>,
    pub(super) exp: Option<&'a Value>,
    pub(super) nbf: Option<&'a Value>,
    pub(super) iat: Option<&'a Value>,
    pub(super) cnf: Option<&'a Value>,
}

impl<'a> Registered<'a> {
    pub(super) fn of(members: &'a Map<String, Value>) -> Self {
        let mut found = Self::default();
        for (name, value) in members {
            let claim = match name.as_str() {
                "iss" => &mut found.iss,
                "sub" => &mut found.sub,
                "jti" => &mut found.jti,
                "aud" => &mut found.aud,
                "exp" => &mut found.exp,
                "nbf" => &mut found.nbf,
                "iat" => &mut found.iat,
                "cnf" => &mut found.cnf,
                _ => continue,
            };
            *claim = Some(value);
        }
        found
    }
}
