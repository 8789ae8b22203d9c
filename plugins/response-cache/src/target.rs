//! What a request asks for: the key of its responses.

use std::borrow::Cow;

use gatewright::syntax::query::{decode, is_plain_name, pair};
use gatewright::{Context, Identity, Request};

use crate::config;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    /// `https` or `http`.
    pub(crate) scheme: Cow<'a, str>,
    /// Host in lower case, with its port unless it is the scheme's own.
    pub(crate) host: Cow<'a, str>,
    /// Path and query as they were sent.
    pub(crate) path: Cow<'a, [u8]>,
}

impl<'a> Target<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let scheme = lower(request.headers().text(":scheme").unwrap_or("http"));
        let host = host(request.authority(), &scheme);
        Self { scheme, host, path: Cow::Borrowed(request.path()) }
    }

    pub(crate) fn into_owned(self) -> Target<'static> {
        let Self { scheme, host, path } = self;
        let (scheme, host) = (Cow::Owned(scheme.into_owned()), Cow::Owned(host.into_owned()));
        Target { scheme, host, path: Cow::Owned(path.into_owned()) }
    }

    /// The URL that purges and invalidations name: host, path and query. It has no scheme, so that one purge is for all.
    pub(crate) fn url(&self, query: &config::Query) -> Vec<u8> {
        self.url_of(&self.path, query)
    }

    /// The URL of another path and query at the same host.
    pub(crate) fn url_of(&self, path: &[u8], query: &config::Query) -> Vec<u8> {
        // With room for what a key has behind the URL, in the usual case.
        let mut url = Vec::with_capacity(self.host.len() + path.len() + 16);
        url.extend_from_slice(self.host.as_bytes());
        let (path, parameters) = split(path);
        url.extend_from_slice(path);
        if let Some(parameters) = parameters {
            push_query(&mut url, parameters, query);
        }
        url
    }
}

/// What keeps the responses of one URL apart beside the scheme: what the configuration names.
pub(crate) fn rest(key: &config::Key, request: &Request, cx: &Context) -> Vec<Vec<u8>> {
    let mut rest = Vec::new();
    for name in &key.headers {
        rest.push(joined(request.headers().all(name)));
    }
    for name in &key.cookies {
        rest.push(joined(request.headers().cookies(name)));
    }
    if !key.claims.is_empty() {
        let identity = cx.get::<Identity>();
        let claim =
            |name: &String| identity.as_ref().and_then(|who| who.text(name).map(|text| text.as_bytes().to_vec()));
        rest.extend(key.claims.iter().map(|name| joined(claim(name).as_deref().into_iter())));
    }
    rest
}

/// Values so that no two lists of them look alike, nor like none.
fn joined<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(value);
    }
    out
}

fn host<'a>(authority: &'a str, scheme: &str) -> Cow<'a, str> {
    let port = if scheme == "https" { ":443" } else { ":80" };
    lower(authority.strip_suffix(port).unwrap_or(authority))
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

fn split(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    let at = path.iter().position(|byte| *byte == b'?');
    let parts = at.and_then(|at| path.split_at_checked(at));
    parts.map_or((path, None), |(path, query)| (path, query.get(1..)))
}

fn push_query(url: &mut Vec<u8>, parameters: &[u8], query: &config::Query) {
    if !query.sort && query.allow.is_none() && query.deny.is_empty() {
        url.push(b'?');
        return url.extend_from_slice(parameters);
    }
    let parameters = parameters.split(|byte| *byte == b'&').filter(|parameter| !parameter.is_empty());
    let mut kept: Vec<&[u8]> = parameters.filter(|parameter| counts(parameter, query)).collect();
    if query.sort {
        // Stable: parameters of one name keep their order, which may mean something.
        kept.sort_by_cached_key(|parameter| name(parameter));
    }
    for (index, pair) in kept.into_iter().enumerate() {
        url.push(if index == 0 { b'?' } else { b'&' });
        url.extend_from_slice(pair);
    }
}

/// A name in any spelling is that name for the service, so it is for the key: what a key leaves out, one request could change for all others.
fn name(parameter: &[u8]) -> Cow<'_, [u8]> {
    decode(pair(parameter).0)
}

/// Whether a parameter belongs to the key. One that some service takes for another does, whatever the lists say of it: left out, it would let
/// one request decide what all others get.
fn counts(parameter: &[u8], query: &config::Query) -> bool {
    let name = name(parameter);
    let listed = |list: &[String]| list.iter().any(|pattern| matches(pattern, &name));
    let out = listed(&query.deny) || query.allow.as_deref().is_some_and(|allow| !listed(allow));
    !out || parameter.contains(&b';') || !is_plain_name(&name)
}

fn matches(pattern: &str, name: &[u8]) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix.as_bytes()),
        None => name == pattern.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn url(path: &str, query: &config::Query) -> String {
        let target = Target { scheme: "http".into(), host: "a.example".into(), path: path.as_bytes().into() };
        String::from_utf8(target.url(query)).unwrap()
    }

    #[test]
    fn the_query_counts_as_it_was_sent() {
        let query = config::Query::default();
        for path in ["/a", "/a?", "/a?b=1&a=2&&c", "/a?b=1?x"] {
            assert_eq!(url(path, &query), format!("a.example{path}"));
        }
    }

    #[test]
    fn parameters_are_sorted_by_name_and_keep_their_order_within_one() {
        let query = config::Query { sort: true, ..config::Query::default() };
        assert_eq!(url("/?b=2&a=9&b=1&c", &query), "a.example/?a=9&b=2&b=1&c");
        assert_eq!(url("/?", &query), "a.example/");
    }

    #[test]
    fn parameters_are_allowed_and_denied_by_name() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let deny = config::Query { deny: list(&["utm_*", "x"]), ..config::Query::default() };
        assert_eq!(url("/?utm_a=1&b=2&x&xy=3", &deny), "a.example/?b=2&xy=3");
        let allow = config::Query { allow: Some(list(&["b", "x*"])), deny: list(&["xy"]), sort: false };
        assert_eq!(url("/?utm_a=1&b=2&x&xy=3", &allow), "a.example/?b=2&x");
        assert_eq!(url("/?utm_a=1", &allow), "a.example/");
    }

    #[test]
    fn another_spelling_of_a_name_is_the_same_name() {
        let allow = config::Query { allow: Some(vec!["user".to_owned()]), ..config::Query::default() };
        assert_eq!(url("/?us%65r=anna&x=1", &allow), "a.example/?us%65r=anna");
        let deny = config::Query { deny: vec!["utm_*".to_owned()], ..config::Query::default() };
        assert_eq!(url("/?%75tm_source=1&a", &deny), "a.example/?a");
        let sort = config::Query { sort: true, ..config::Query::default() };
        assert_eq!(url("/?b&%61=2&a=1", &sort), "a.example/?%61=2&a=1&b");
        assert_eq!(url("/?a=1&%61=2&=3&", &sort), "a.example/?=3&a=1&%61=2");
    }

    #[test]
    fn a_parameter_that_some_service_takes_for_another_counts() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let deny = config::Query { deny: list(&["utm_*"]), ..config::Query::default() };
        let allow = config::Query { allow: Some(list(&["q"])), ..config::Query::default() };
        assert_eq!(url("/?utm_a=1;q=evil", &deny), "a.example/?utm_a=1;q=evil");
        assert_eq!(url("/?utm_a;q=evil&utm_b=;&utm_c=%3b", &deny), "a.example/?utm_a;q=evil&utm_b=;");
        for cloaked in ["q[]=evil", "q%5Ba%5D=evil", "+q=evil", "q%00x=evil", "?q=evil", "a=1;q=evil"] {
            assert_eq!(url(&format!("/?q=1&z=2&{cloaked}"), &allow), format!("a.example/?q=1&{cloaked}"), "{cloaked}");
        }
    }

    #[test]
    fn rfc9110_4_2_3_hosts_are_the_same_in_any_case_and_with_the_schemes_port() {
        assert_eq!(
            (host("A.Example:80", "http"), host("a.example:443", "https")),
            ("a.example".into(), "a.example".into())
        );
        assert_eq!(
            (host("a.example:443", "http"), host("a.example:8080", "http")),
            ("a.example:443".into(), "a.example:8080".into())
        );
    }

    #[test]
    fn no_two_lists_of_values_look_alike() {
        let join = |values: &[&str]| joined(values.iter().map(|value| value.as_bytes()));
        assert_ne!(join(&["a", "b"]), join(&["ab"]));
        assert_ne!(join(&[]), join(&[""]));
    }
}
