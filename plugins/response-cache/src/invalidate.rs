//! What unsafe requests make out of date (RFC 9111 §4.4, RFC 9875 §3).

use std::rc::Rc;

use gatewright::{Context, Fault, Flow, Request};

use crate::cache::Cache;
use crate::http::status::is_non_error;
use crate::http::{groups, invalidation};
use crate::rules;
use crate::status_field::{self, Forwarded};
use crate::store::{MAX_SELECTORS, Purge, Selector};
use crate::target::Target;
use crate::written::Written;

/// Forwards an unsafe request, and removes what it has made out of date before the client knows that it was carried out.
pub(crate) async fn forward(cache: &Rc<Cache>, request: Request, cx: &Context) -> Result<Flow, Fault> {
    let target = Target::of(&request).into_owned();
    let written = Written::begin(cache, &request, cx);
    let mut stored = false;
    let mut response = request.forward().await;
    if is_non_error(response.status()) && !response.is_reply() {
        remove(cache, &target, &target.path, written.as_ref())?;
        for path in invalidation::same_origin(&target.scheme, &target.host, &target.path, response.headers()) {
            remove(cache, &target, &path, written.as_ref())?;
        }
        let invalidated = groups::invalidated(response.headers());
        let names: Vec<Vec<u8>> = invalidated.iter().map(|name| rules::group(&target, name)).collect();
        let selectors: Vec<Selector<'_>> = names.iter().map(|name| Selector::Tag(name)).collect();
        for some in selectors.chunks(MAX_SELECTORS) {
            cache.shared.store.purge_each(some, Purge::Hard)?;
        }
        cache.metrics.invalidated.increment();
        stored = written.is_some_and(|written| written.store(cache, &mut response, cx));
    }
    if let Some(name) = &cache.config.cache_status {
        response.append_header("cache-status", status_field::forwarded(name, Forwarded::Method, None, stored, false));
    }
    Ok(response.into())
}

/// Removes all that is stored for a URL, but lets what has been written be stored there.
fn remove(cache: &Cache, target: &Target<'_>, path: &[u8], written: Option<&Written>) -> Result<(), Fault> {
    let (store, key) = (&cache.shared.store, &cache.config.key);
    let url = target.url_of(path, &key.query);
    if !key.headers.is_empty() || !key.cookies.is_empty() || !key.claims.is_empty() {
        // There may be any number of keys.
        return Ok(store.purge(Selector::Url(&url), Purge::Hard)?);
    }
    for scheme in ["https", "http"] {
        let key = store.key(url.as_slice(), &[scheme.as_bytes()]);
        match written.filter(|written| *written.key() == key) {
            Some(written) => store.overwrite(&key, written.fill())?,
            None => store.invalidate(&key)?,
        }
    }
    Ok(())
}
