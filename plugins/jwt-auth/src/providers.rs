//! The providers of a configuration, made ready.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gatewright::Setup;
use gatewright::config::{ConfigError, HeaderName};

use crate::binding::Binding;
use crate::claim_path::ClaimPath;
use crate::config::{self, ClaimHeader};
use crate::jose::token::Header;
use crate::jose::{Algorithm, Claims, Expectations, Refusal};
use crate::keys::Keys;
use crate::opaque::Opaque;
use crate::places::Places;
use crate::seconds;

/// The providers of one route, in the order of its configuration. Routes that name the same providers share one set.
pub(crate) struct Providers {
    /// Tells sets apart: a token that one set found good is not good for another, which may ask for another audience.
    pub(crate) id: u32,
    list: Vec<Provider>,
    by_issuer: HashMap<String, usize>,
    /// The one that can be asked about tokens that say nothing themselves.
    opaque: Option<usize>,
    pub(crate) places: Places,
}

/// A provider made ready.
pub(crate) struct Provider {
    pub(crate) name: Rc<str>,
    /// For its JSON Web Tokens.
    pub(crate) keys: Option<Keys>,
    /// For its other tokens.
    pub(crate) opaque: Option<Opaque>,
    pub(crate) clock_skew: u64,
    pub(crate) forward: bool,
    pub(crate) claim_to_headers: Vec<ClaimHeader>,
    pub(crate) forward_payload_header: Option<HeaderName>,
    pub(crate) binding: Binding,
    expectations: Expectations,
    typ: Option<String>,
    algorithms: Vec<Algorithm>,
    required_claims: Vec<ClaimPath>,
}

/// The sets of all routes.
#[derive(Default)]
pub(crate) struct Registry {
    sets: RefCell<Vec<(Vec<config::Provider>, Rc<Providers>)>>,
}

impl Registry {
    /// The set of these providers, made ready if no route has asked for it yet.
    pub(crate) fn get(&self, wanted: &[config::Provider], setup: &Setup) -> Result<Rc<Providers>, ConfigError> {
        let known = |sets: &[(Vec<config::Provider>, Rc<Providers>)]| {
            sets.iter().find(|(providers, _)| providers == wanted).map(|(_, set)| Rc::clone(set))
        };
        if let Some(set) = known(&self.sets.borrow()) {
            return Ok(set);
        }
        let id = u32::try_from(self.sets.borrow().len()).unwrap_or(u32::MAX);
        let set = Rc::new(Providers::new(id, wanted, setup)?);
        self.sets.borrow_mut().push((wanted.to_vec(), Rc::clone(&set)));
        Ok(set)
    }
}

impl Providers {
    fn new(id: u32, providers: &[config::Provider], setup: &Setup) -> Result<Self, ConfigError> {
        let (mut list, mut by_issuer): (Vec<Provider>, _) = (Vec::new(), HashMap::new());
        for (number, provider) in providers.iter().enumerate() {
            let ready = Provider::new(provider, setup).map_err(|error| error.index(number).within("providers"))?;
            if ready.keys.is_some() {
                by_issuer.insert(provider.issuer.clone(), number);
            }
            list.push(ready);
        }
        let opaque = list.iter().position(|provider| provider.opaque.is_some());
        Ok(Self { id, list, by_issuer, opaque, places: Places::new(providers) })
    }

    /// A provider by its number.
    pub(crate) fn get(&self, number: usize) -> Option<&Provider> {
        self.list.get(number)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.list.iter()
    }

    /// The provider that a token names, and its number.
    pub(crate) fn of(&self, claims: &Claims) -> Result<(usize, &Provider), Refusal> {
        let issuer = claims.issuer().ok_or(Refusal::ClaimMissing("iss"))?;
        let number = *self.by_issuer.get(issuer).ok_or(Refusal::Issuer)?;
        Ok((number, self.get(number).ok_or(Refusal::Issuer)?))
    }

    /// The provider that can be asked about opaque tokens, and its number.
    pub(crate) fn of_opaque(&self) -> Option<(usize, &Provider)> {
        let number = self.opaque?;
        Some((number, self.get(number)?))
    }
}

impl Provider {
    fn new(provider: &config::Provider, setup: &Setup) -> Result<Self, ConfigError> {
        let expectations = expectations(provider);
        let keys = provider.jwks.as_ref();
        let keys = keys.map(|source| Keys::new(source, &provider.name, &provider.issuer, setup)).transpose()?;
        let opaque = provider.introspection.as_ref();
        let opaque = opaque.map(|config| Opaque::new(config, &expectations, setup)).transpose();
        Ok(Self {
            name: provider.name.as_str().into(),
            keys,
            opaque: opaque.map_err(|error| error.within("introspection"))?,
            clock_skew: expectations.clock_skew,
            forward: provider.forward,
            claim_to_headers: provider.claim_to_headers.clone(),
            forward_payload_header: provider.forward_payload_header.clone(),
            binding: Binding::new(provider, setup)?,
            expectations,
            typ: provider.typ.clone(),
            algorithms: provider.algorithms.iter().map(|name| name.0).collect(),
            required_claims: provider.required_claims.clone(),
        })
    }

    /// Everything that is cheaper to check than a signature.
    pub(crate) fn check(&self, header: &Header, claims: &Claims, now: u64) -> Result<(), Refusal> {
        if !self.algorithms.is_empty() && !self.algorithms.contains(&header.algorithm) {
            return Err(Refusal::Algorithm);
        }
        if self.typ.as_deref().is_some_and(|typ| !header.is_type(typ)) {
            return Err(Refusal::Type);
        }
        claims.validate(&self.expectations, now)?;
        self.check_complete(claims)
    }

    /// Whether the claims are there that every token of this provider must have.
    pub(crate) fn check_complete(&self, claims: &Claims) -> Result<(), Refusal> {
        let complete = self.required_claims.iter().all(|claim| claim.find(claims).is_some());
        if complete { Ok(()) } else { Err(Refusal::RequiredClaim) }
    }
}

fn expectations(provider: &config::Provider) -> Expectations {
    Expectations {
        issuer: Some(provider.issuer.clone()),
        audiences: provider.audiences.clone(),
        subjects: provider.subjects.clone(),
        clock_skew: seconds::of(provider.clock_skew),
        require_expiration: provider.require_expiration,
        max_lifetime: provider.max_lifetime.map(seconds::of),
    }
}
