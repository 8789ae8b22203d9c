//! The policy.

use std::collections::HashMap;
use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::host::{Host, LogLevel};
use gatewright::{Context, Fault, Flow, Phases, Policy, Reply, Request, Setup};

use crate::challenge;
use crate::config::{Config, HeaderSource, Provider};
use crate::jose::{Claims, Expectations, HostMemory, Jwks, PreferHost, Refusal, Token, Verifier};
use crate::source::{self, Found};

/// Authenticates requests by JSON Web Token.
pub struct JwtAuth {
    issuers: HashMap<String, Issuer>,
    sources: Vec<HeaderSource>,
    max_token_size: usize,
    realm: String,
    /// What this worker knows about the proxy's own way to verify signatures.
    memory: Rc<HostMemory>,
    host: Rc<dyn Host>,
}

/// The claims of a request's token, verified, for the policies after this one in the module.
#[derive(Clone)]
pub struct VerifiedClaims {
    /// Name of the provider whose token it is.
    pub provider: Rc<str>,
    /// The claims.
    pub claims: Claims,
}

/// A provider made ready.
struct Issuer {
    name: Rc<str>,
    expectations: Expectations,
    typ: Option<String>,
    keys: Jwks,
}

impl Policy for JwtAuth {
    type Config = Config;
    const PHASES: Phases = Phases::REQUEST_HEADERS;

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        config.check()?;
        let mut issuers = HashMap::new();
        for (index, provider) in config.providers.into_iter().enumerate() {
            let issuer = provider.issuer.clone();
            let ready = Issuer::new(provider, setup).map_err(|error| error.index(index).within("providers"))?;
            issuers.insert(issuer, ready);
        }
        Ok(Self {
            issuers,
            sources: config.from_headers,
            max_token_size: config.max_token_size.as_usize(),
            realm: config.realm,
            memory: setup.shared(HostMemory::default),
            host: setup.services().host(),
        })
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let token = match source::find(request.headers(), &self.sources) {
            Found::Token(token) => token,
            Found::None => return Ok(challenge::missing(&self.realm).into()),
            Found::Several => return Ok(challenge::invalid_request(&self.realm, "several_tokens").into()),
        };
        match self.verify(token, cx.now().seconds()) {
            Ok(verified) => cx.insert(verified),
            Err(refusal) => return Ok(self.refuse(refusal).into()),
        }
        Ok(request.forward().into())
    }
}

impl JwtAuth {
    /// Checks everything that is cheap before the signature.
    fn verify(&self, token: &[u8], now: u64) -> Result<VerifiedClaims, Refusal> {
        let token = Token::parse(token, self.max_token_size)?;
        let claims = Claims::parse(&token.payload)?;
        let issuer = claims.issuer().ok_or(Refusal::ClaimMissing("iss"))?;
        let issuer = self.issuers.get(issuer).ok_or(Refusal::Issuer)?;
        if issuer.typ.as_deref().is_some_and(|typ| !token.header.is_type(typ)) {
            return Err(Refusal::Type);
        }
        claims.validate(&issuer.expectations, now)?;
        let verifier = PreferHost::new(&*self.host, &self.memory);
        // What the proxy cannot verify is verified here, so this always ends with an answer.
        let key = verifier.verify_token(&token, &issuer.keys).unwrap_or(Err(Refusal::Signature));
        key.map(|_| VerifiedClaims { provider: Rc::clone(&issuer.name), claims })
    }

    fn refuse(&self, refusal: Refusal) -> Reply {
        challenge::invalid_token(&self.realm, refusal.code())
    }
}

impl Issuer {
    fn new(provider: Provider, setup: &Setup) -> Result<Self, ConfigError> {
        let (keys, warnings) = provider.jwks.inline.parse()?;
        for warning in warnings {
            let name = &provider.name;
            setup.services().log(LogLevel::Warn, || format!("jwt-auth: provider {name}: key not used: {warning}"));
        }
        let expectations = Expectations {
            issuer: Some(provider.issuer),
            audiences: provider.audiences,
            subjects: provider.subjects,
            clock_skew: provider.clock_skew.as_std().as_secs(),
            require_expiration: provider.require_expiration,
        };
        Ok(Self { name: provider.name.into(), expectations, typ: provider.typ, keys })
    }
}
