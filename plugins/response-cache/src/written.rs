//! Responses to `POST` and `PATCH` that answer a later `GET`: those that say they are what the URL has from now on (RFC 9110 §9.3.3,
//! RFC 5789 §2).

use std::rc::Rc;

use gatewright::{Context, Request, Response, Timestamp};

use crate::asked::{self, Asked};
use crate::cache::Cache;
use crate::capture;
use crate::config::Method;
use crate::http::freshness::Exchanged;
use crate::http::invalidation;
use crate::rules::Answered;
use crate::store::{Fill, Key};
use crate::target::Target;

/// An unsafe request on its way, whose response may be stored.
pub(crate) struct Written {
    asked: Asked<'static>,
    fill: Fill,
    sent: Timestamp,
}

impl Written {
    /// Takes the right to store the response, before the request is sent. `None`: it cannot be stored.
    pub(crate) fn begin(cache: &Cache, request: &Request, cx: &Context) -> Option<Self> {
        let config = &cache.config;
        let stores = [("POST", Method::Post), ("PATCH", Method::Patch)]
            .iter()
            .any(|(name, method)| request.method() == *name && config.methods.contains(method));
        if !stores || asked::is_excluded(request, &config.bypass) {
            return None;
        }
        let asked = Asked::of(request, cx, config, &cache.shared.store);
        let fill = cache.shared.store.begin_write(&asked.key, cx.now()).unwrap_or_else(|_| {
            cache.metrics.store_error.increment();
            None
        })?;
        Some(Self { asked: asked.into_owned(), fill, sent: cx.now() })
    }

    /// The key of what would be stored.
    pub(crate) fn key(&self) -> &Key {
        &self.asked.key
    }

    pub(crate) fn fill(&self) -> &Fill {
        &self.fill
    }

    /// Stores the response if it may be. Whether it will be, as far as can be told.
    pub(crate) fn store(self, cache: &Rc<Cache>, response: &mut Response, cx: &Context) -> bool {
        let Self { asked, fill, sent } = self;
        let times = Exchanged { asked: sent, came: cx.now() };
        let answered = Answered { status: response.status(), headers: response.headers(), times };
        if answered.status != 200 || !is_of(&asked.target, answered) || !cache.rules.is_explicit(answered) {
            return false;
        }
        let for_storage = asked.for_storage(&cache.config);
        let Ok(plan) = cache.rules.plan(&asked.target, for_storage, &asked.headers, answered) else { return false };
        capture::start(cache, response, fill, &asked.key, plan, None, cx.services())
    }
}

/// Whether a response says that it is what the target has now (RFC 9110 §8.7).
fn is_of(target: &Target, answered: Answered<'_>) -> bool {
    let location = answered.headers.single("content-location").ok().flatten();
    let named = location.and_then(|text| invalidation::resolve(&target.scheme, &target.host, &target.path, text));
    named.is_some_and(|path| path == *target.path)
}
