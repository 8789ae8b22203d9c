//! Completing a stored part (RFC 9111 §3.4): the rest is asked for, and the whole is sent and stored.

use gatewright::{Context, Fault, Flow, Headers, Reply, Request, Response};

use crate::cache::Cache;
use crate::capture;
use crate::entry::{Part, View};
use crate::fetch::{Fetch, fields_of};
use crate::found::Found;
use crate::http::conditional::{strong_tag, strong_validator};
use crate::http::freshness::Exchanged;
use crate::http::{fields, parts, range};
use crate::rules::{Answered, Plan};
use crate::store::Body;

/// Asks for what is missing at the end of a stored part, if nothing else is and both can be told to belong together: only a strong
/// validator says so (RFC 9110 §15.3.7.3), and only a tag has to be in the answer.
pub(crate) fn ask_for_rest(fetch: &mut Fetch<'_>, request: &mut Request) -> bool {
    let plain = fetch.asked.is_plain() && !fetch.asked.headers.contains("if-range");
    let Some(found) = fetch.ask.found.as_mut().filter(|_| plain) else { return false };
    // It must still be there when the rest has come.
    found.held = fetch.cache.body(found);
    let Some(view) = found.read().filter(|_| found.held.is_some()) else { return false };
    let next = next_byte(view, fetch.cache.config.max_body.as_bytes());
    let (Some(tag), Some(next)) = (strong_tag(&view.fields), next) else { return false };
    request.set_header("range", format!("bytes={next}-"));
    request.set_header("if-range", tag);
    true
}

/// Puts the stored part and the rest together. An answer that does not fit goes on as it is.
pub(crate) async fn combine(
    mut fetch: Fetch<'_>,
    mut response: Response,
    times: Exchanged,
    cx: &Context,
) -> Result<Flow, Fault> {
    let found = fetch.ask.found.take();
    let limit = fetch.cache.config.max_body.as_usize();
    let Some((found, fields)) =
        found.and_then(|found| joined(&found, response.headers()).map(|fields| (found, fields)))
    else {
        return Err(unusable());
    };
    let rest = response.body(limit).await?.to_vec();
    let head = found.held.as_ref().ok_or_else(unusable)?;
    let body = [head.as_slice(), rest.as_slice()].concat();
    let answered = Answered { status: 200, headers: &fields, times };
    let asked = fetch.asked.for_storage(&fetch.cache.config);
    let plan = fetch.cache.rules.plan(&fetch.asked.target, asked, &fetch.asked.headers, answered);
    let stored = match (plan, fetch.fill.take()) {
        (Ok(plan), Some(fill)) if body.len() <= limit => {
            capture::commit(fetch.cache, fill, &fetch.asked.key, &plan, Body::Bytes(&body), cx.services())
        }
        _ => false,
    };
    let reply = Reply::answer(200, "completed").with_headers(fields).with_content(body);
    Ok(fetch.describe(reply, Some(206), stored).into())
}

/// Puts a part that came together with the one that is stored, if both are of one representation.
pub(crate) fn unite(cache: &Cache, known: &Found, plan: &mut Plan, body: &mut Vec<u8>) {
    let newer = strong_validator(&plan.fields);
    let stored = known.read().filter(|view| newer.is_some() && newer == strong_validator(&view.fields));
    let older = stored.and_then(|view| view.meta.part.as_ref()?.range);
    let newer = plan.meta.part.as_ref().and_then(|part| part.range);
    let (Some(older), Some(newer)) = (older, newer) else { return };
    let Some(held) = cache.body(known) else { return };
    let Some((range, whole)) = parts::united((older, &held), (newer, body.as_slice())) else { return };
    if whole.len() > cache.config.max_body.as_usize() {
        return;
    }
    *body = whole;
    if range.length == Some(range.span.len()) {
        plan.meta.part = None;
        plan.meta.status = 200;
        plan.fields.remove("content-range");
    } else {
        // It is the answer to no request that was sent.
        plan.meta.part = Some(Part { asked: Vec::new(), range: Some(range) });
    }
}

/// The fields of the whole, if the answer is the rest of what is stored.
fn joined(found: &Found, newer: &Headers) -> Option<Headers> {
    let view = found.read()?;
    let known = view.meta.part.as_ref()?.range?;
    let rest = newer.get("content-range").and_then(range::content_range)?;
    let whole = rest.length.or(known.length)?;
    let adds_up = rest.span.first == known.span.last.checked_add(1)?
        && rest.span.last.checked_add(1)? == whole
        && known.length.is_none_or(|length| length == whole)
        && strong_tag(newer)? == strong_tag(&view.fields)?;
    let kept: Vec<_> = fields_of(view).into_iter().filter(|(name, _)| *name != b"content-range").collect();
    let fresh: Vec<_> = newer.iter().filter(|(name, _)| *name != b":status").collect();
    let merged = fields::updated(&kept, &fresh);
    let hop = |name: &[u8]| matches!(name, b"content-length" | b"transfer-encoding" | b"connection");
    let list = merged.into_iter().filter(|(name, _)| !hop(name));
    adds_up.then(|| list.map(|(name, value)| (String::from_utf8_lossy(name), value)).collect())
}

/// The first byte that a stored part lacks, if it has all before it and the whole can be stored.
fn next_byte(view: &View, limit: u64) -> Option<u64> {
    let range = view.meta.part.as_ref()?.range?;
    let next = range.span.last.checked_add(1)?;
    (range.span.first == 0 && range.length.is_some_and(|length| next < length && length <= limit)).then_some(next)
}

fn unusable() -> Fault {
    Fault::new(gatewright::Cause::Message, "the rest of a stored part does not fit it")
}
