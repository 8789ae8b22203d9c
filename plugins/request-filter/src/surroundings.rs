//! What is not in the request: who calls, and when.

use std::cell::OnceCell;
use std::net::IpAddr;

use gatewright::{Context, Headers, Identity, Timestamp, client_address};
use serde_json::Value as Json;

use crate::engine::{Engine, Hits};
use crate::rules::Facts;
use crate::value::{Place, Value};

/// Asks the proxy when a rule asks.
pub(crate) struct Surroundings<'a> {
    cx: &'a Context,
    headers: &'a Headers,
    peer: OnceCell<Option<IpAddr>>,
    now: OnceCell<Timestamp>,
}

impl<'a> Surroundings<'a> {
    pub(crate) fn new(cx: &'a Context, headers: &'a Headers) -> Self {
        Self { cx, headers, peer: OnceCell::new(), now: OnceCell::new() }
    }
}

impl Facts for Surroundings<'_> {
    fn client_ip(&self, trusted_hops: u8) -> Option<IpAddr> {
        let peer = self.peer.get_or_init(|| self.cx.source_address().map(|address| address.ip()));
        peer.map(|peer| client_address(peer, self.headers, trusted_hops))
    }

    fn now(&self) -> Timestamp {
        *self.now.get_or_init(|| self.cx.now())
    }
}

/// Shows claims and the client's certificate to tests that look at them.
pub(crate) fn identity(engine: &Engine, cx: &Context, hits: &mut Hits) {
    if engine.looks_at(Place::Claim)
        && let Some(identity) = cx.get::<Identity>()
    {
        claims(engine, &identity, hits);
    }
    if engine.looks_at(Place::Certificate)
        && let Some(peer) = cx.peer()
    {
        let fields =
            [("subject", peer.subject), ("uri_san", peer.uri_san), ("dns_san", peer.dns_san), ("sha256", peer.sha256)];
        for (name, value) in fields {
            if let Some(value) = value {
                look(engine, Place::Certificate, name.as_bytes(), value.as_bytes(), hits);
            }
        }
    }
}

fn claims(engine: &Engine, identity: &Identity, hits: &mut Hits) {
    for name in engine.names(Place::Claim) {
        let Ok(text) = std::str::from_utf8(name) else { continue };
        match identity.claim(text) {
            Some(Json::Array(members)) => members.iter().for_each(|member| claim(engine, name, member, hits)),
            Some(value) => claim(engine, name, value, hits),
            None => {}
        }
    }
}

/// A string as it is, a number or boolean as JSON writes it. Null and objects are no text.
fn claim(engine: &Engine, name: &[u8], value: &Json, hits: &mut Hits) {
    match value {
        Json::String(text) => look(engine, Place::Claim, name, text.as_bytes(), hits),
        Json::Number(_) | Json::Bool(_) => look(engine, Place::Claim, name, value.to_string().as_bytes(), hits),
        Json::Null | Json::Array(_) | Json::Object(_) => {}
    }
}

fn look(engine: &Engine, place: Place, name: &[u8], value: &[u8], hits: &mut Hits) {
    engine.look(&Value { place, name, raw: value, decoded: value }, hits);
}
