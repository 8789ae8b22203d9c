//! What unsafe requests make out of date (RFC 9111 §4.4, RFC 9875 §3).

use gatewright::{Context, Fault, Flow, Request};

use crate::cache::Cache;
use crate::http::status::is_non_error;
use crate::http::{groups, invalidation};
use crate::rules;
use crate::status_field::{self, Forwarded};
use crate::store::{Purge, Selector};
use crate::target::Target;

/// Forwards an unsafe request, and removes what it has made out of date before the client knows that it was carried out.
pub(crate) async fn forward(cache: &Cache, request: Request, cx: &Context) -> Result<Flow, Fault> {
    let target = Target::of(&request);
    let mut response = request.forward().await;
    if is_non_error(response.status()) && !response.is_reply() {
        let (store, query) = (&cache.shared.store, &cache.config.key.query);
        store.purge(Selector::Url(&target.url(query)), Purge::Hard, cx.now())?;
        for path in invalidation::same_origin(&target.scheme, &target.host, &target.path, response.headers()) {
            store.purge(Selector::Url(&target.url_of(&path, query)), Purge::Hard, cx.now())?;
        }
        for name in groups::invalidated(response.headers()) {
            store.purge(Selector::Tag(&rules::group(&target, &name)), Purge::Hard, cx.now())?;
        }
        cache.shared.metrics.invalidated.increment();
    }
    if let Some(name) = &cache.config.cache_status {
        response.append_header("cache-status", status_field::forwarded(name, Forwarded::Method, None, false, false));
    }
    Ok(response.into())
}
