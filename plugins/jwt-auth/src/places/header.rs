//! Tokens in header fields.

use std::borrow::Cow;

use gatewright::config::HeaderName;
use gatewright::{Headers, sort};

use super::{Found, Place, Takers};
use crate::config::{HeaderSource, Provider};

/// A header that may carry a token, and what may stand before it.
pub(super) struct HeaderPlace {
    pub(super) name: HeaderName,
    /// The longest first, so that `Bearer ` is found before an empty prefix.
    prefixes: Vec<Prefix>,
}

struct Prefix {
    text: String,
    /// Length of the text without the spaces at its end.
    scheme: usize,
    is_dpop: bool,
    takers: Takers,
}

/// A provider's headers. Without any place of its own it takes tokens as RFC 6750 §2.1 and RFC 9449 §7.1 have clients send them.
pub(super) fn sources(provider: &Provider) -> Vec<HeaderSource> {
    let elsewhere = !provider.from_params.is_empty() || !provider.from_cookies.is_empty();
    if !provider.from_headers.is_empty() || elsewhere {
        return provider.from_headers.clone();
    }
    let Ok(name) = "authorization".parse::<HeaderName>() else { return Vec::new() };
    let source = |prefix: &str| HeaderSource { name: name.clone(), value_prefix: prefix.to_owned() };
    // Bearer also where DPoP is required: to refuse it (RFC 9449 §7.2), not to take it for no token.
    vec![source("Bearer "), source("DPoP ")]
}

impl HeaderPlace {
    pub(super) fn new(name: HeaderName) -> Self {
        Self { name, prefixes: Vec::new() }
    }

    pub(super) fn add(&mut self, prefix: String, provider: usize) {
        if let Some(known) = self.prefixes.iter_mut().find(|known| known.text.eq_ignore_ascii_case(&prefix)) {
            return known.takers.add(provider);
        }
        self.prefixes.push(Prefix {
            scheme: prefix.trim_end_matches(' ').len(),
            is_dpop: prefix.trim_end().eq_ignore_ascii_case("DPoP"),
            text: prefix,
            takers: Takers(vec![provider]),
        });
        sort::stable_by(&mut self.prefixes, |a, b| b.text.len().cmp(&a.text.len()));
    }

    pub(super) fn takers(&self, prefix: usize) -> Option<&Takers> {
        self.prefixes.get(prefix).map(|prefix| &prefix.takers)
    }

    pub(super) fn is_dpop(&self, prefix: usize) -> bool {
        self.prefixes.get(prefix).is_some_and(|prefix| prefix.is_dpop)
    }

    pub(super) fn find<'a>(&self, headers: &'a Headers, number: usize) -> Found<'a> {
        let mut values = headers.all(&self.name);
        let Some(value) = values.next() else { return Found::None };
        if values.next().is_some() {
            return Found::Several;
        }
        match self.token(value) {
            Some((token, prefix)) => Found::one(Cow::Borrowed(token), Place::Header(number, prefix)),
            // A token behind other credentials is one that a service may find.
            None if value.split(|byte| *byte == b',').skip(1).any(|part| self.token(part.trim_ascii()).is_some()) => {
                Found::Several
            }
            None => Found::None,
        }
    }

    fn token<'a>(&self, value: &'a [u8]) -> Option<(&'a [u8], usize)> {
        // Whoever reads the header after this policy may skip blanks in front, so this policy does.
        let value = value.trim_ascii_start();
        self.prefixes.iter().enumerate().find_map(|(number, prefix)| Some((prefix.before(value)?, number)))
    }
}

impl Prefix {
    /// What follows the prefix. One that ends in a space is a scheme: `1*SP` follows it (RFC 9110 §11.4), or nothing.
    fn before<'a>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        let (found, rest) = value.split_at_checked(self.scheme)?;
        if !self.text.as_bytes().get(..self.scheme)?.eq_ignore_ascii_case(found) {
            return None;
        }
        match rest.first() {
            _ if self.scheme == self.text.len() => Some(rest.trim_ascii()),
            Some(b' ') => Some(rest.trim_ascii()),
            None => Some(b""),
            // A lenient service would take a tab for a space: left in place it makes a token that does not parse.
            Some(b'\t') => Some(rest),
            Some(_) => None,
        }
    }
}
