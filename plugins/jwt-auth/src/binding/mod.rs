//! Tokens that only their holder can use (RFC 7800 `cnf`).

mod certificate;
mod dpop;
mod replay;
mod target;

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::{Context, Fault, Request, Setup};
use serde_json::{Map, Value};

use self::dpop::ProofCheck;
use self::replay::Replays;
use self::target::Origin;
use crate::config::Provider;
use crate::denial::Denial;
use crate::jose::{Claims, HostMemory};
use crate::seconds;

/// What a provider asks about the holder of a token.
pub(crate) struct Binding {
    require_certificate: bool,
    require_dpop: bool,
    /// Seconds.
    proof_max_age: u64,
    clock_skew: u64,
    origin: Option<Origin>,
    replays: Rc<Replays>,
    memory: Rc<HostMemory>,
}

impl Binding {
    pub(crate) fn new(provider: &Provider, setup: &Setup) -> Result<Self, ConfigError> {
        let dpop = &provider.dpop;
        let origin = match dpop.external_origin.as_deref() {
            None => None,
            Some(text) => Some(Origin::from_setting(text).map_err(|error| error.within("dpop"))?),
        };
        Ok(Self {
            require_certificate: provider.require_certificate_bound,
            require_dpop: dpop.required,
            proof_max_age: seconds::of(dpop.proof_max_age),
            clock_skew: seconds::of(provider.clock_skew),
            origin,
            replays: setup.shared(Replays::default),
            memory: setup.shared(HostMemory::default),
        })
    }

    /// Whether the request shows that its sender is the token's holder. A binding that is not understood is not met: ignoring it
    /// would make a bearer token of one that was issued not to be.
    pub(crate) fn check(
        &self,
        claims: &Claims,
        token: &[u8],
        is_dpop: bool,
        request: &Request,
        cx: &Context,
    ) -> Result<Result<(), Denial<'static>>, Fault> {
        let bound = match Confirmation::of(claims) {
            Ok(bound) => bound,
            Err(reason) => return Ok(Err(Denial::Binding(reason))),
        };
        if let Some(reason) = self.missing(&bound, is_dpop) {
            return Ok(Err(Denial::Binding(reason)));
        }
        if let Some(digest) = bound.certificate
            && !certificate::is_presented(digest, cx)
        {
            return Ok(Err(Denial::Binding("certificate_binding")));
        }
        let Some(thumbprint) = bound.key else { return Ok(Ok(())) };
        let check = ProofCheck { binding: self, thumbprint, token, request, cx };
        check.run()
    }

    fn missing(&self, bound: &Confirmation<'_>, is_dpop: bool) -> Option<&'static str> {
        match bound {
            Confirmation { certificate: None, .. } if self.require_certificate => Some("certificate_binding_missing"),
            Confirmation { key: None, .. } if self.require_dpop || is_dpop => Some("dpop_binding_missing"),
            // As a bearer token it would do for whoever stole it (RFC 9449 §7.2).
            Confirmation { key: Some(_), .. } if !is_dpop => Some("dpop_scheme"),
            _ => None,
        }
    }
}

/// What a token is bound to.
#[derive(Default)]
struct Confirmation<'a> {
    /// SHA-256 of a certificate in base64url (RFC 8705 §3.1).
    certificate: Option<&'a str>,
    /// Thumbprint of a key (RFC 9449 §6.1).
    key: Option<&'a str>,
}

impl<'a> Confirmation<'a> {
    fn of(claims: &'a Claims) -> Result<Self, &'static str> {
        if !claims.is_bound() {
            return Ok(Self::default());
        }
        match claims.get("cnf") {
            None => Ok(Self::default()),
            Some(Value::Object(members)) => Self::of_members(members).ok_or("confirmation_unknown"),
            Some(_) => Err("confirmation_unknown"),
        }
    }

    fn of_members(members: &'a Map<String, Value>) -> Option<Self> {
        let mut found = Self::default();
        for (name, value) in members {
            match name.as_str() {
                "x5t#S256" => found.certificate = Some(value.as_str()?),
                "jkt" => found.key = Some(value.as_str()?),
                _ => return None,
            }
        }
        (!members.is_empty()).then_some(found)
    }
}
