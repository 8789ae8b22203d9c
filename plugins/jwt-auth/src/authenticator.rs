//! From the bytes of a token to claims that can be believed.

use std::rc::Rc;

use gatewright::host::Host;
use gatewright::{Context, Fault, Setup};

use crate::cache::{Forged, Key, Known, TokenCache};
use crate::config::{self, Config};
use crate::introspection;
use crate::jose::token::LastHeader;
use crate::jose::{Claims, HostMemory, PreferHost, Refusal, Token, Verifier, base64url};
use crate::keys::KeySet;
use crate::places::Presented;
use crate::providers::{Provider, Providers};
use crate::verified::Verified;

/// Verifies tokens, and remembers what it found.
pub(crate) struct Authenticator {
    providers: Rc<Providers>,
    cache: Rc<TokenCache>,
    last_header: Rc<LastHeader>,
    /// What this worker knows about the proxy's own way to verify signatures.
    memory: Rc<HostMemory>,
    host: Rc<dyn Host>,
    max_token_size: usize,
}

/// A token that is good but for its signature.
struct Unsigned<'t> {
    token: Token<'t>,
    claims: Claims,
    number: usize,
}

impl Authenticator {
    pub(crate) fn new(config: &Config, providers: Rc<Providers>, setup: &Setup) -> Self {
        let services = setup.services();
        let cache = setup.shared(TokenCache::new);
        cache.grow(config.token_cache);
        Self {
            providers,
            cache,
            last_header: setup.shared(LastHeader::default),
            memory: setup.shared(HostMemory::default),
            host: services.host(),
            max_token_size: config.max_token_size.as_usize(),
        }
    }

    /// What a token says, if one of the providers signed it and it is valid now.
    pub(crate) async fn verify(
        &self,
        presented: &Presented<'_>,
        cx: &Context,
    ) -> Result<Result<Rc<Verified>, Refusal>, Fault> {
        let token = &*presented.token;
        if token.len() > self.max_token_size {
            return Ok(Err(Refusal::TooLarge));
        }
        if let Some((number, provider)) = self.providers.of_opaque()
            && introspection::is_opaque(token)
            && !presented.is_list()
            // Nobody is shown a token that is meant for somebody else.
            && self.providers.places.takes(presented.place, number)
        {
            return ask(number, provider, token, cx).await;
        }
        let (key, now) = (self.cache.key(self.providers.id, token), cx.now().seconds());
        if let Some(known) = self.recall(&key, now, cx).await? {
            return Ok(known);
        }
        match self.parse(token, now) {
            Ok(unsigned) => self.verify_signature(key, unsigned, cx).await,
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Everything but the signature.
    fn parse<'t>(&self, token: &'t [u8], now: u64) -> Result<Unsigned<'t>, Refusal> {
        let token = Token::parse_with(token, self.max_token_size, &self.last_header)?;
        let claims = Claims::parse(&token.payload)?;
        let (number, provider) = self.providers.of(&claims)?;
        provider.check(&token.header, &claims, now)?;
        Ok(Unsigned { token, claims, number })
    }

    async fn verify_signature(
        &self,
        key: Key<'_>,
        unsigned: Unsigned<'_>,
        cx: &Context,
    ) -> Result<Result<Rc<Verified>, Refusal>, Fault> {
        let Unsigned { token, claims, number } = unsigned;
        let provider = self.providers.get(number);
        let Some((provider, keys)) = provider.and_then(|provider| Some((provider, provider.keys.as_ref()?))) else {
            return Ok(Err(Refusal::Issuer));
        };
        let mut set = keys.current(cx).await?;
        let mut found = self.check_signature(&token, &set);
        let key_id = token.header.key_id.as_deref();
        let may_change = !keys.are_fixed() && may_be_newer(found, key_id, &set);
        if may_change && let Some(newer) = keys.newer(&set, key_id, cx).await {
            found = self.check_signature(&token, &newer);
            set = newer;
        }
        if let Err(refusal) = found {
            if refusal == Refusal::Signature && !may_change {
                self.cache.insert_forged(&key, Forged { provider: number, generation: set.generation });
            }
            return Ok(Err(refusal));
        }
        let verified = Rc::new(remembered(number, provider, &token, claims, set.generation));
        self.cache.insert(&key, &verified);
        // Waiting for keys takes time, in which a token may expire.
        let valid = verified.is_valid_at(cx.now().seconds());
        Ok(if valid { Ok(verified) } else { Err(Refusal::Expired) })
    }

    fn check_signature(&self, token: &Token<'_>, set: &KeySet) -> Result<(), Refusal> {
        let verifier = PreferHost::new(&*self.host, &self.memory);
        // What the proxy cannot verify is verified here, so this always ends with an answer.
        verifier.verify_token(token, &set.keys).unwrap_or(Err(Refusal::Signature)).map(drop)
    }

    /// What is known about a token, if the keys are still those that judged it.
    async fn recall(
        &self,
        key: &Key<'_>,
        now: u64,
        cx: &Context,
    ) -> Result<Option<Result<Rc<Verified>, Refusal>>, Fault> {
        let Some(known) = self.cache.get(key, now) else { return Ok(None) };
        let (number, generation) = match &known {
            Known::Good(verified) => (verified.provider, verified.generation),
            Known::Forged(forged) => (forged.provider, forged.generation),
        };
        let Some(provider) = self.providers.get(number) else { return Ok(None) };
        let Some(keys) = &provider.keys else { return Ok(None) };
        if keys.current(cx).await?.generation != generation {
            return Ok(None);
        }
        Ok(Some(match known {
            // Waiting for keys takes time, in which a token may expire.
            Known::Good(verified) if !verified.is_valid_at(cx.now().seconds()) => Err(Refusal::Expired),
            Known::Good(verified) => Ok(verified),
            Known::Forged(_) => Err(Refusal::Signature),
        }))
    }
}

/// Whether another key set could judge a token differently. Without a `kid` that the set knows nothing says that the right key was tried.
fn may_be_newer(found: Result<(), Refusal>, key_id: Option<&str>, set: &KeySet) -> bool {
    match found {
        Err(Refusal::UnknownKey) => true,
        Err(Refusal::Signature) => key_id.is_none_or(|id| !set.keys.knows(id)),
        _ => false,
    }
}

/// What the provider says of a token that says nothing itself.
async fn ask(
    number: usize,
    provider: &Provider,
    token: &[u8],
    cx: &Context,
) -> Result<Result<Rc<Verified>, Refusal>, Fault> {
    let Some(opaque) = &provider.opaque else { return Ok(Err(Refusal::Parts)) };
    let claims = match opaque.claims(token, cx).await? {
        Ok(claims) => claims,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = provider.check_complete(&claims) {
        return Ok(Err(refusal));
    }
    let payload = provider.forward_payload_header.as_ref();
    let payload = payload.map(|_| base64url::encode(&serde_json::to_vec(claims.members()).unwrap_or_default()));
    Ok(Ok(Rc::new(Verified::of_answer(number, claims, payload))))
}

fn remembered(number: usize, provider: &Provider, token: &Token<'_>, claims: Claims, generation: u64) -> Verified {
    let payload = provider.forward_payload_header.as_ref().map(|_| base64url::encode(&token.payload));
    Verified::new(number, claims, generation, provider.clock_skew, payload)
}

impl Config {
    /// Names of the providers, for whatever refers to them.
    pub(crate) fn provider_names(&self) -> Vec<&str> {
        self.providers.iter().map(|provider: &config::Provider| provider.name.as_str()).collect()
    }
}
