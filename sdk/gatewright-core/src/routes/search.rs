//! One search: what was asked about the request so far, and the conditions that no index covers.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use super::host::canonical_host;
use super::matcher::RouteMatch;
use super::path::canonical_path;
use super::query::RouteQuery;
use crate::config::HeaderName;

type Answer<'q> = Option<Cow<'q, [u8]>>;

/// One search for the route of one request.
pub(super) struct Search<'a, 'q> {
    query: &'q dyn RouteQuery,
    matches: &'a [RouteMatch],
    host: OnceCell<Answer<'q>>,
    path: OnceCell<Option<Cow<'q, str>>>,
    method: OnceCell<Answer<'q>>,
    // A route rarely asks for more than two or three: a list is faster than a map.
    headers: RefCell<Vec<(&'a HeaderName, Answer<'q>)>>,
    metadata: RefCell<Vec<(&'a str, Answer<'q>)>>,
    /// Steps taken: look-ups in a map, and matches compared.
    steps: Cell<usize>,
}

impl<'a, 'q> Search<'a, 'q> {
    pub(super) fn new(query: &'q dyn RouteQuery, matches: &'a [RouteMatch]) -> Self {
        Self {
            query,
            matches,
            host: OnceCell::new(),
            path: OnceCell::new(),
            method: OnceCell::new(),
            headers: RefCell::default(),
            metadata: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    pub(super) fn route_name(&self) -> Answer<'q> {
        self.query.route_name()
    }

    /// The host in canonical form.
    pub(super) fn host(&self) -> Option<&[u8]> {
        let canonical = || match self.query.host()? {
            Cow::Borrowed(host) => Some(canonical_host(host)),
            Cow::Owned(host) => Some(canonical_host(&host).into_owned().into()),
        };
        self.host.get_or_init(canonical).as_deref()
    }

    /// The path in canonical form.
    pub(super) fn path(&self) -> Option<&str> {
        let canonical = || match self.query.path()? {
            Cow::Borrowed(path) => Some(canonical_path(path)),
            Cow::Owned(path) => Some(canonical_path(&path).into_owned().into()),
        };
        self.path.get_or_init(canonical).as_deref()
    }

    pub(super) fn step(&self) {
        self.steps.set(self.steps.get().saturating_add(1));
    }

    #[cfg(test)]
    pub(super) fn steps(&self) -> usize {
        self.steps.get()
    }

    /// The first of these matches whose conditions on method, header fields and metadata hold.
    pub(super) fn first(&self, candidates: &[usize]) -> Option<usize> {
        candidates.iter().copied().find(|index| {
            self.step();
            self.matches.get(*index).is_some_and(|matches| self.holds(matches))
        })
    }

    fn holds(&self, matches: &'a RouteMatch) -> bool {
        let method = || {
            let sent = self.method.get_or_init(|| self.query.method()).as_deref();
            matches.methods.iter().any(|method| Some(method.as_bytes()) == sent)
        };
        (matches.methods.is_empty() || method())
            && matches.headers.iter().all(|header| {
                let ask = || self.query.header(&header.name);
                answered(&self.headers, &header.name, ask, |value| value.is_some_and(|v| header.condition.holds(v)))
            })
            && matches.metadata.iter().all(|(key, wanted)| {
                let ask = || self.query.metadata(key);
                answered(&self.metadata, key.as_str(), ask, |value| value == Some(wanted.as_bytes()))
            })
    }
}

/// Tests an answer, and asks for it only the first time.
fn answered<'q, K: Copy + PartialEq>(
    known: &RefCell<Vec<(K, Answer<'q>)>>,
    key: K,
    ask: impl FnOnce() -> Answer<'q>,
    test: impl FnOnce(Option<&[u8]>) -> bool,
) -> bool {
    if let Some((_, answer)) = known.borrow().iter().find(|(name, _)| *name == key) {
        return test(answer.as_deref());
    }
    let answer = ask();
    let outcome = test(answer.as_deref());
    known.borrow_mut().push((key, answer));
    outcome
}
