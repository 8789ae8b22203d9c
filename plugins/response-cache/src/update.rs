//! Updating what is stored by an answer without a body (RFC 9111 §3.2, §4.3.4, §4.3.5).

use gatewright::{Context, Headers, Response};

use crate::capture;
use crate::entry::View;
use crate::fetch::{Fetch, fields_of};
use crate::found::Found;
use crate::http::freshness::Exchanged;
use crate::http::{conditional, fields};
use crate::rules::{Answered, Plan};
use crate::store::Body;

/// The stored response as a `304` makes it, and whether that is stored again. One that is about another representation changes
/// nothing.
pub(crate) fn by_304(
    fetch: &mut Fetch<'_>,
    found: Found,
    newer: &Headers,
    times: Exchanged,
    cx: &Context,
) -> (Found, bool) {
    let about = found.read().filter(|view| conditional::is_about(newer, &view.fields));
    let Some(plan) = about.and_then(|view| plan(fetch, view, newer, times)) else { return (found, false) };
    let stored = fetch.fill.take().is_some_and(|fill| {
        capture::commit(fetch.cache, fill, &fetch.asked.key, &plan, Body::Of(&found.variant), cx.services())
    });
    (found.with_view(View { meta: plan.meta, fields: plan.fields }), stored)
}

/// Updates the stored response to `GET` by the answer to `HEAD`, or removes it if it is another one now.
pub(crate) fn by_head(fetch: &mut Fetch<'_>, response: &Response, times: Exchanged, cx: &Context) {
    let Some(found) = fetch.ask.found.take().filter(|_| response.status() == 200) else { return };
    let Some(view) = found.read().filter(|view| view.meta.part.is_none()) else { return };
    let newer = response.headers();
    if !is_same(&found, view, newer) {
        if fetch.cache.shared.store.invalidate(&fetch.asked.key).is_err() {
            fetch.cache.metrics.store_error.increment();
        }
    } else if let (Some(plan), Some(fill)) = (plan(fetch, view, newer, times), fetch.fill.take()) {
        capture::commit(fetch.cache, fill, &fetch.asked.key, &plan, Body::Of(&found.variant), cx.services());
    }
}

/// What to store of a stored response with the fields of a newer message laid over its own.
fn plan(fetch: &Fetch<'_>, view: &View, newer: &Headers, times: Exchanged) -> Option<Plan> {
    let (stored, fresh) = (fields_of(view), newer.iter().collect::<Vec<_>>());
    // What counts is how old the newer message is, so its clock goes before the stored one.
    let kept: Vec<_> = stored.into_iter().filter(|(name, _)| *name != b"date").collect();
    let merged: Headers = fields::updated(&kept, &fresh)
        .into_iter()
        .map(|(name, value)| (String::from_utf8_lossy(name), value))
        .collect();
    let asked = fetch.asked.for_storage(&fetch.cache.config);
    let answered = Answered { status: view.meta.status, headers: &merged, times };
    let mut plan = fetch.cache.rules.plan(&fetch.asked.target, asked, &fetch.asked.headers, answered).ok()?;
    plan.meta.part = view.meta.part.clone();
    Some(plan)
}

/// Whether the answer to `HEAD` is about the same representation (RFC 9111 §4.3.5).
fn is_same(found: &Found, view: &View, newer: &Headers) -> bool {
    let length = newer.get("content-length").and_then(crate::http::text::digits);
    let same = |name: &str| newer.get(name).is_none_or(|value| view.fields.get(name) == Some(value));
    length.is_none_or(|length| u64::try_from(found.variant.body_length()) == Ok(length))
        && same("etag")
        && same("last-modified")
}
