//! The places of a request that may carry a token, for all providers together.

mod cookie;
mod header;
mod query;

use std::borrow::Cow;

use gatewright::syntax::query::values;
use gatewright::{Headers, Request};

use self::header::HeaderPlace;
use crate::config::Provider;

/// All places that any provider takes tokens from.
pub(crate) struct Places {
    headers: Vec<HeaderPlace>,
    params: Vec<Named>,
    cookies: Vec<Named>,
}

/// A token on a request, and where it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Presented<'a> {
    pub(crate) token: Cow<'a, [u8]>,
    pub(crate) place: Place,
}

/// A place, by its number among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A header, and which of its prefixes.
    Header(usize, usize),
    Param(usize),
    Cookie(usize),
}

/// What a request carries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    None,
    One(Presented<'a>),
    /// More than one value where a token may be, even the same twice: a service behind could read another one than this policy.
    Several,
}

/// A parameter or cookie.
struct Named {
    name: String,
    takers: Takers,
}

/// Providers, by number, that take tokens from a place.
#[derive(Default)]
struct Takers(Vec<usize>);

impl Places {
    pub(crate) fn new(providers: &[Provider]) -> Self {
        let mut places = Self { headers: Vec::new(), params: Vec::new(), cookies: Vec::new() };
        for (number, provider) in providers.iter().enumerate() {
            places.add(number, provider);
        }
        places
    }

    /// Looks in all of them. What is found in a header may still be a [list](Presented::is_list).
    pub(crate) fn find<'a>(&self, headers: &'a Headers) -> Found<'a> {
        let mut found = Found::None;
        for (number, place) in self.headers.iter().enumerate() {
            found = found.and(place.find(headers, number));
        }
        for (number, param) in self.params.iter().enumerate() {
            for token in values(path(headers), &param.name) {
                found = found.and(Found::one(token, Place::Param(number)));
            }
        }
        for (number, cookie) in self.cookies.iter().enumerate() {
            for token in headers.cookies(&cookie.name) {
                found = found.and(Found::one(Cow::Borrowed(token), Place::Cookie(number)));
            }
        }
        found
    }

    /// Whether this provider takes tokens from this place.
    pub(crate) fn takes(&self, place: Place, provider: usize) -> bool {
        let takers = match place {
            Place::Header(number, prefix) => self.headers.get(number).and_then(|header| header.takers(prefix)),
            Place::Param(number) => self.params.get(number).map(|param| &param.takers),
            Place::Cookie(number) => self.cookies.get(number).map(|cookie| &cookie.takers),
        };
        takers.is_some_and(|takers| takers.0.contains(&provider))
    }

    /// Whether a token here comes with the scheme for tokens that are bound to a key (RFC 9449 §7.1).
    pub(crate) fn is_dpop(&self, place: Place) -> bool {
        let Place::Header(number, prefix) = place else { return false };
        self.headers.get(number).is_some_and(|header| header.is_dpop(prefix))
    }

    /// Takes the token out of the request, and nothing else.
    pub(crate) fn strip(&self, place: Place, request: &mut Request) {
        match place {
            Place::Header(number, _) => {
                if let Some(header) = self.headers.get(number) {
                    request.remove_header(&header.name);
                }
            }
            Place::Param(number) => {
                if let Some(param) = self.params.get(number) {
                    let path = query::without(request.path(), &param.name);
                    request.set_header(":path", path);
                }
            }
            Place::Cookie(number) => {
                if let Some(cookie) = self.cookies.get(number) {
                    cookie::strip(request, &cookie.name);
                }
            }
        }
    }

    fn add(&mut self, number: usize, provider: &Provider) {
        for source in header::sources(provider) {
            let place = match self.headers.iter_mut().find(|place| place.name == source.name) {
                Some(place) => place,
                None => self.headers.push_mut(HeaderPlace::new(source.name)),
            };
            place.add(source.value_prefix, number);
        }
        for (names, list) in [(&provider.from_params, &mut self.params), (&provider.from_cookies, &mut self.cookies)] {
            for name in names {
                let named = match list.iter_mut().find(|named| named.name == *name) {
                    Some(named) => named,
                    None => list.push_mut(Named { name: name.clone(), takers: Takers::default() }),
                };
                named.takers.add(number);
            }
        }
    }
}

impl Presented<'_> {
    /// Whether it is several, or a token and something else: the proxy joins repeated lines with a comma, which no token has (RFC 9110
    /// §5.3). So this need only be asked about what turned out to be no good token.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.place, Place::Header(..)) && gatewright::bytes::find(&self.token, b',').is_some()
    }
}

impl<'a> Found<'a> {
    fn one(token: Cow<'a, [u8]>, place: Place) -> Self {
        Self::One(Presented { token, place })
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, found) | (found, Self::None) => found,
            _ => Self::Several,
        }
    }
}

impl Takers {
    fn add(&mut self, provider: usize) {
        if !self.0.contains(&provider) {
            self.0.push(provider);
        }
    }
}

fn path(headers: &Headers) -> &[u8] {
    headers.get(":path").unwrap_or_default()
}

#[cfg(test)]
mod tests;
