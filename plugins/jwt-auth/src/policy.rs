//! The policy.

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::{Context, Fault, Flow, Identity, Phases, Policy, Request, Setup};

use crate::authenticator::Authenticator;
use crate::challenge::Challenges;
use crate::config::Config;
use crate::denial::Denial;
use crate::outcome::Outcome;
use crate::places::{Found, Place, Presented};
use crate::providers::{Providers, Registry};
use crate::requirements::{Evidence, Requirement};
use crate::revocation::{DenyList, Revocations};
use crate::verified::Verified;

/// Authenticates requests by JSON Web Token.
pub struct JwtAuth {
    providers: Rc<Providers>,
    authenticator: Authenticator,
    revocations: Rc<dyn Revocations>,
    requires: Requirement,
    outcome: Outcome,
    challenges: Challenges,
}

impl Policy for JwtAuth {
    type Config = Config;
    const PHASES: Phases = Phases::REQUEST_HEADERS;

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        config.check()?;
        let providers = setup.shared(Registry::default).get(&config.providers, setup)?;
        let revocations = DenyList::new(&config.revoked, &config.provider_names());
        Ok(Self {
            authenticator: Authenticator::new(&config, Rc::clone(&providers), setup),
            revocations: Rc::new(revocations.map_err(|error| error.within("revoked"))?),
            requires: config.requires,
            outcome: Outcome::new(&providers),
            challenges: Challenges::new(config.realm, config.problem_json, &config.providers),
            providers,
        })
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let (place, token) = match self.providers.places.find(request.headers()) {
            Found::None => (None, None),
            Found::Several => return Ok(self.refuse(Denial::SeveralTokens, None)),
            Found::One(presented) => match self.authenticate(&presented, &request, cx).await? {
                Ok(verified) => (Some(presented.place), Some(verified)),
                // Of several, none says how it wants to be refused.
                Err(denial @ Denial::SeveralTokens) => return Ok(self.refuse(denial, None)),
                Err(denial) => return Ok(self.refuse(denial, Some(presented.place))),
            },
        };
        if let Err(denial) = self.authorize(token.as_deref(), cx) {
            return Ok(self.refuse(denial, place));
        }
        self.outcome.clean(&mut request);
        if let (Some(place), Some(verified)) = (place, token) {
            self.pass_on(&mut request, place, &verified, cx);
        }
        Ok(request.forward().into())
    }
}

impl JwtAuth {
    /// Whether the token is good, here and now, for whoever presents it.
    async fn authenticate(
        &self,
        presented: &Presented<'_>,
        request: &Request,
        cx: &Context,
    ) -> Result<Result<Rc<Verified>, Denial<'_>>, Fault> {
        let verified = match self.authenticator.verify(presented, cx).await? {
            Ok(verified) => verified,
            Err(_) if presented.is_list() => return Ok(Err(Denial::SeveralTokens)),
            Err(refusal) => return Ok(Err(Denial::Token(refusal))),
        };
        let places = &self.providers.places;
        if !places.takes(presented.place, verified.provider) {
            return Ok(Err(Denial::Place));
        }
        let Some(provider) = self.providers.get(verified.provider) else { return Ok(Err(Denial::Place)) };
        if let Some(claim) = self.revocations.revoked_by(&provider.name, &verified.claims, cx.now().seconds()) {
            return Ok(Err(Denial::Revoked(claim)));
        }
        let is_dpop = places.is_dpop(presented.place);
        let bound = provider.binding.check(&verified.claims, &presented.token, is_dpop, request, cx)?;
        Ok(bound.map(|()| verified))
    }

    /// Whether the token is enough for this route.
    fn authorize(&self, verified: Option<&Verified>, cx: &Context) -> Result<(), Denial<'_>> {
        let path_variable = |name: &str| cx.path_variable(name);
        let evidence = verified.and_then(|verified| {
            let provider = self.providers.get(verified.provider)?;
            Some(Evidence {
                provider: &provider.name,
                claims: &verified.claims,
                clock_skew: provider.clock_skew,
                now: cx.now().seconds(),
                path_variable: &path_variable,
            })
        });
        self.requires.check(evidence.as_ref()).map_err(Denial::Unmet)
    }

    /// Tells the upstream, and the policies after this one, what the token says.
    fn pass_on(&self, request: &mut Request, place: Place, verified: &Verified, cx: &Context) {
        let Some(provider) = self.providers.get(verified.provider) else { return };
        self.outcome.apply(request, provider, verified, place, &self.providers.places);
        cx.insert(Identity::new(Rc::clone(&provider.name), verified.claims.shared()));
    }

    fn refuse(&self, denial: Denial<'_>, place: Option<Place>) -> Flow {
        let is_dpop = place.is_some_and(|place| self.providers.places.is_dpop(place));
        self.challenges.reply(denial, is_dpop).into()
    }
}
