//! Keeping a body that passes, to store it when it is whole.

use std::rc::Rc;

use gatewright::{Piece, Response, Services};

use crate::cache::Cache;
use crate::complete;
use crate::found::Found;
use crate::http::text::digits;
use crate::rules::Plan;
use crate::store::{Body, Committed, Content, Fill, Key};

/// A response that is being received.
struct Capture {
    cache: Rc<Cache>,
    services: Services,
    key: Key,
    plan: Plan,
    /// The part that is stored already, where this is one too.
    known: Option<Found>,
    /// What has come so far.
    body: Vec<u8>,
    /// What the response says how long it is.
    announced: Option<u64>,
}

/// Stores a response, at once or when its body has passed. Whether it will be, as far as can be told.
pub(crate) fn start(
    cache: &Rc<Cache>,
    response: &mut Response,
    fill: Fill,
    key: &Key,
    plan: Plan,
    known: Option<Found>,
    services: &Services,
) -> bool {
    let announced = response.headers().single("content-length").ok().flatten().and_then(digits);
    let limit = cache.config.max_body.as_usize();
    if response.has_body() && announced.is_some_and(|length| length > cache.config.max_body.as_bytes()) {
        remember_uncacheable(cache, fill, services);
        return false;
    }
    let body = Vec::with_capacity(announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0).min(limit));
    let mut capture =
        Capture { cache: Rc::clone(cache), services: services.clone(), key: key.clone(), plan, known, body, announced };
    if !response.has_body() {
        // The length of a body that is not sent says nothing here.
        capture.announced = None;
        return capture.commit(fill);
    }
    let mut state = Some((capture, fill));
    response.watch_body(move |piece| state = state.take().and_then(|(capture, fill)| capture.take(fill, piece, limit)));
    true
}

/// Remembers that what the key answers cannot be stored, so that nobody waits for it.
pub(crate) fn remember_uncacheable(cache: &Cache, fill: Fill, services: &Services) {
    let ttl = cache.config.coalesce.uncacheable.map_or(std::time::Duration::from_secs(10), |ttl| ttl.as_std());
    if ttl.is_zero() {
        return;
    }
    if cache.shared.store.pass(fill, ttl, services.now()).is_err() {
        cache.metrics.store_error.increment();
    }
}

/// Stores a response with this body.
pub(crate) fn commit(cache: &Cache, fill: Fill, key: &Key, plan: &Plan, body: Body<'_>, services: &Services) -> bool {
    let meta = plan.meta.encode();
    let tags: Vec<&[u8]> = plan.tags.iter().map(Vec::as_slice).collect();
    let headers = plan.fields.encode();
    let content = Content {
        variant: variant(cache, plan),
        tags: &tags,
        meta: &meta,
        headers: &headers,
        body,
        keep_until: plan.keep_until,
    };
    let metrics = &cache.metrics;
    match cache.shared.store.commit(fill, key, &content, services.now()) {
        Ok(Committed::Stored) => {
            metrics.stored.increment();
            if let Body::Bytes(bytes) = body {
                metrics.stored_bytes.add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
            }
            return true;
        }
        // The store counts why.
        Ok(Committed::Fenced | Committed::NoRoom) => {}
        Err(_) => metrics.store_error.increment(),
    }
    false
}

/// The number of the variant: what selects it, and whether it is a part.
fn variant(cache: &Cache, plan: &Plan) -> u64 {
    let mut parts: Vec<&[u8]> = vec![if plan.meta.part.is_some() { b"part" } else { b"whole" }];
    for field in &plan.meta.selecting {
        parts.push(field.name.as_bytes());
        parts.push(if field.value.is_some() { b"=" } else { b"" });
        parts.push(field.value.as_deref().unwrap_or_default());
    }
    cache.shared.store.hash(&parts)
}

impl Capture {
    /// Takes the next piece; `None` when there is nothing more to do.
    fn take(mut self, fill: Fill, piece: &Piece, limit: usize) -> Option<(Self, Fill)> {
        if self.body.len().saturating_add(piece.data.len()) > limit {
            remember_uncacheable(&self.cache, fill, &self.services);
            return None;
        }
        self.body.extend_from_slice(&piece.data);
        if !piece.last {
            return Some((self, fill));
        }
        self.commit(fill);
        None
    }

    /// Stores what came, if it is whole.
    fn commit(mut self, fill: Fill) -> bool {
        let length = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
        if self.announced.is_some_and(|announced| announced != length) {
            return false;
        }
        if let Some(part) = &mut self.plan.meta.part {
            part.range = part.range.and_then(|range| range.received(length));
            if let Some(known) = self.known.take() {
                complete::unite(&self.cache, &known, &mut self.plan, &mut self.body);
            }
        }
        commit(&self.cache, fill, &self.key, &self.plan, Body::Bytes(&self.body), &self.services)
    }
}
