//! A request to the cache, as far as it matters after the request itself is gone.

use std::borrow::Cow;

use gatewright::{Context, Headers, Request};

use crate::config::{self, Config};
use crate::http::cache_control::RequestDirectives;
use crate::http::conditional;
use crate::http::storable;
use crate::store::{Key, Store};
use crate::target::{self, Target};

/// Request fields that frameworks take for parts of the URL or the method. What they change is not in the key, so a response that may
/// depend on them is not stored.
const UNKEYED: [&str; 11] = [
    "x-forwarded-host",
    "x-forwarded-scheme",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-host",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// A request to the cache.
pub(crate) struct Asked<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) key: Key,
    pub(crate) directives: RequestDirectives,
    pub(crate) head: bool,
    /// Its fields, as the client sent them. What goes to the origin needs a copy of its own: the request is gone then.
    pub(crate) headers: Cow<'a, Headers>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(request: &'a Request, cx: &Context, config: &Config, store: &Store) -> Self {
        let target = Target::of(request);
        let url = target.url(&config.key.query);
        let rest = target::rest(&config.key, request, cx);
        let key = if rest.is_empty() {
            store.key(url, &[target.scheme.as_bytes()])
        } else {
            let parts = std::iter::once(target.scheme.as_bytes()).chain(rest.iter().map(Vec::as_slice));
            store.key(url, &parts.collect::<Vec<_>>())
        };
        let headers = request.headers();
        let mut directives = RequestDirectives::read(headers.all("cache-control"), headers.all("pragma"));
        if config.request_directives == config::RequestDirectives::Ignore {
            directives = RequestDirectives { no_store: directives.no_store, ..RequestDirectives::default() };
        }
        Self {
            target,
            key,
            directives,
            head: request.header(":method") == Some(b"HEAD"),
            headers: Cow::Borrowed(headers),
        }
    }

    /// The same with a copy of the fields.
    pub(crate) fn into_owned(self) -> Asked<'static> {
        let Self { target, key, directives, head, headers } = self;
        Asked { target: target.into_owned(), key, directives, head, headers: Cow::Owned(headers.into_owned()) }
    }

    /// What of it decides whether the response may be stored.
    pub(crate) fn for_storage(&self, config: &Config) -> storable::Asked {
        let keyed = |name: &str| config.key.headers.iter().any(|known| known.as_str() == name);
        let unkeyed = UNKEYED.iter().any(|name| self.headers.contains(name) && !keyed(name));
        storable::Asked {
            authorization: self.headers.contains("authorization"),
            no_store: self.directives.no_store || unkeyed,
        }
    }

    /// Whether the answer to it is the same for everybody who asks so: no range, no condition, no credential.
    pub(crate) fn is_plain(&self) -> bool {
        let fields = ["range", "if-none-match", "if-modified-since", "authorization"];
        !self.head && !self.directives.no_store && !fields.iter().any(|name| self.headers.contains(name))
    }
}

/// Whether a request goes past the cache.
pub(crate) fn is_bypassed(request: &Request, bypass: &config::Bypass) -> bool {
    let headers = request.headers();
    let body =
        headers.get("content-length").is_some_and(|length| length != b"0") || headers.contains("transfer-encoding");
    // A body of a GET is not in the key; an upgrade is no response to store; some conditions only the origin may evaluate.
    body || headers.contains("upgrade") || conditional::is_for_origin(headers) || is_excluded(request, bypass)
}

/// Whether the configuration says that a request goes past the cache.
pub(crate) fn is_excluded(request: &Request, bypass: &config::Bypass) -> bool {
    let headers = request.headers();
    bypass.headers.iter().any(|name| headers.contains(name))
        || bypass.cookies.iter().any(|name| headers.cookies(name).next().is_some())
        || bypass.query.iter().any(|name| request.parameters(name).next().is_some())
}
