//! Purging over HTTP, on the proxy itself.

use gatewright::config::Sha256Hex;
use gatewright::{Fault, Headers, Reply, Request};

use crate::cache::Cache;
use crate::config;
use crate::http::text::members;
use crate::rules;
use crate::store::{Purge, Selector};
use crate::target::Target;

/// Most names in one purge.
const MAX_NAMES: usize = 128;

/// What a purge names.
enum Scope {
    Url(Vec<u8>),
    Prefix(Vec<u8>),
    Names(Vec<Vec<u8>>),
    All,
}

/// The answer to a purge; `None` if the request is none.
pub(crate) fn answer(cache: &Cache, request: &Request) -> Result<Option<Reply>, Fault> {
    let Some(purge) = cache.config.purge.as_ref().filter(|purge| is_purge(purge, request)) else { return Ok(None) };
    if !is_authorized(purge, request.headers()) {
        return Ok(Some(Reply::forbidden("purge_not_authorized")));
    }
    let Some((scope, kind)) = scope(cache, purge, request) else {
        return Ok(Some(Reply::deny(400, "purge_not_understood")));
    };
    run(cache, &scope, kind)?;
    cache.metrics.purged.increment();
    // In force on every worker: each of them asks the shared version before it uses its own copy.
    Ok(Some(Reply::answer(200, "purged").with_body("text/plain", "purged\n").with_header("cache-control", "no-store")))
}

fn run(cache: &Cache, scope: &Scope, kind: Purge) -> Result<(), Fault> {
    let store = &cache.shared.store;
    match scope {
        Scope::All => store.purge(Selector::All, kind)?,
        Scope::Url(url) => store.purge(Selector::Url(url), kind)?,
        Scope::Prefix(prefix) => store.purge(Selector::Prefix(prefix), kind)?,
        Scope::Names(names) => {
            // At most `MAX_NAMES`: one purge takes more.
            let selectors: Vec<Selector<'_>> = names.iter().map(|name| Selector::Tag(name)).collect();
            store.purge_each(&selectors, kind)?;
        }
    }
    Ok(())
}

fn is_purge(purge: &config::Purge, request: &Request) -> bool {
    let path = request.path().split(|byte| *byte == b'?').next().unwrap_or_default();
    let at_path = purge.path.as_ref().is_some_and(|wanted| wanted.as_bytes() == path);
    request.method() == "PURGE" || (request.method() == "POST" && at_path)
}

/// Digests are compared, so the time that takes says nothing about the secret.
fn is_authorized(purge: &config::Purge, headers: &Headers) -> bool {
    let field = purge.header.as_ref().map_or("x-purge-key", |name| name.as_str());
    headers.single(field).ok().flatten().is_some_and(|secret| purge.secrets.contains(&Sha256Hex::of(secret)))
}

fn scope(cache: &Cache, purge: &config::Purge, request: &Request) -> Option<(Scope, Purge)> {
    let headers = request.headers();
    let kind = match headers.get("x-purge-mode") {
        None | Some(b"hard") => Purge::Hard,
        Some(b"soft") => Purge::Soft,
        Some(_) => return None,
    };
    let target = Target::of(request);
    let query = &cache.config.key.query;
    let posted = request.method() == "POST" && purge.path.is_some();
    let path = if posted { headers.get("x-purge-path") } else { Some(request.path()) };
    let names = names(&target, headers);
    let scope = match headers.get("x-purge-scope") {
        None if !names.is_empty() => Scope::Names(names),
        None | Some(b"url") => Scope::Url(target.url_of(path?, query)),
        Some(b"prefix") => Scope::Prefix(target.url_of(path?, query)),
        Some(b"tag" | b"group") if !names.is_empty() => Scope::Names(names),
        Some(b"all") => Scope::All,
        Some(_) => return None,
    };
    Some((scope, kind))
}

/// Tags of `surrogate-key` and `cache-tag`, and groups of `cache-groups`.
fn names(target: &Target<'_>, headers: &Headers) -> Vec<Vec<u8>> {
    let keys =
        headers.all("surrogate-key").flat_map(|line| line.split(|byte| *byte == b' ')).filter(|key| !key.is_empty());
    let tags = keys.chain(headers.all("cache-tag").flat_map(members)).map(rules::tag);
    let groups = crate::http::groups::groups(headers).into_iter().map(|name| rules::group(target, &name));
    tags.chain(groups).take(MAX_NAMES).collect()
}
