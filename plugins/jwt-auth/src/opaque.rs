//! Tokens of a provider that only the provider itself can read.

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::{Context, Fault, Setup};

use crate::introspection::{Introspection, IntrospectionConfig};
use crate::jose::{Claims, Expectations, Refusal};

/// A provider that says itself whether a token is good.
pub(crate) struct Opaque {
    issuer: Option<String>,
    expectations: Expectations,
    introspection: Introspection,
}

impl Opaque {
    /// `expected` is what the provider's JSON Web Tokens must say.
    pub(crate) fn new(
        config: &IntrospectionConfig,
        expected: &Expectations,
        setup: &Setup,
    ) -> Result<Self, ConfigError> {
        // The answer may leave `iss` and `exp` out (RFC 7662 §2.2): whose token it is follows from who was asked.
        let expectations = Expectations { issuer: None, require_expiration: false, ..expected.clone() };
        let introspection = Introspection::new(config, setup)?;
        Ok(Self { issuer: expected.issuer.clone(), expectations, introspection })
    }

    /// What the provider says of a token, if it is good now. The caller bounds the token's size.
    pub(crate) async fn claims(&self, token: &[u8], cx: &Context) -> Result<Result<Rc<Claims>, Refusal>, Fault> {
        let claims = match self.introspection.claims(token, cx).await? {
            Ok(claims) => claims,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if claims.issuer().is_some_and(|issuer| self.issuer.as_deref() != Some(issuer)) {
            return Ok(Err(Refusal::Issuer));
        }
        Ok(claims.validate(&self.expectations, cx.now().seconds()).map(|()| claims))
    }
}
