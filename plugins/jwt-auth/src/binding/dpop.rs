//! Proofs of possession (RFC 9449 §4.3).

use std::time::Duration;

use gatewright::{Context, Fault, Request};
use serde_json::Value;

use super::Binding;
use super::target::{self, Origin};
use crate::challenge::proof_algorithms;
use crate::denial::Denial;
use crate::jose::jwk::private_member;
use crate::jose::{Claims, Key, PreferHost, Token, Verdict, Verifier, base64url, json, thumbprint};

/// Longest proof that is looked at. One with an RSA key of 4,096 bits has about 2,000 bytes.
const MAX_PROOF: usize = 8 * 1024;
/// Longest `jti`. Its hash is what is kept.
const MAX_ID: usize = 1024;

/// One proof against one request and token.
pub(super) struct ProofCheck<'a> {
    pub(super) binding: &'a Binding,
    /// What the token says of its holder's key (`cnf.jkt`).
    pub(super) thumbprint: &'a str,
    pub(super) token: &'a [u8],
    pub(super) request: &'a Request,
    pub(super) cx: &'a Context,
}

/// What a proof says.
struct Proof {
    claims: Claims,
    thumbprint: String,
}

impl ProofCheck<'_> {
    pub(super) fn run(&self) -> Result<Result<(), Denial<'static>>, Fault> {
        let proof = match self.read().and_then(|proof| self.check(&proof).map(|()| proof)) {
            Ok(proof) => proof,
            Err(reason) => return Ok(Err(Denial::Proof(reason))),
        };
        if proof.thumbprint != self.thumbprint {
            return Ok(Err(Denial::Binding("dpop_binding")));
        }
        // Last, so that only a proof that is good takes room.
        let id = text(&proof.claims, "jti").unwrap_or_default();
        let ttl = Duration::from_secs(self.binding.proof_max_age.saturating_add(2 * self.binding.clock_skew + 1));
        let first = self.binding.replays.is_first(&proof.thumbprint, id, ttl, self.cx)?;
        Ok(if first { Ok(()) } else { Err(Denial::Proof("dpop_replayed")) })
    }

    /// Parses the proof and verifies its signature with the key that it carries.
    fn read(&self) -> Result<Proof, &'static str> {
        let header = self.request.single_header("dpop").map_err(|_| "dpop_several")?;
        let text = header.ok_or("dpop_missing")?;
        let token = Token::parse(text, MAX_PROOF).map_err(|_| "dpop_malformed")?;
        if !token.header.is_type("dpop+jwt") {
            return Err("dpop_type");
        }
        if !proof_algorithms().any(|algorithm| algorithm == token.header.algorithm) {
            return Err("dpop_algorithm");
        }
        let jwk = public_key(text).ok_or("dpop_key")?;
        let key = Key::from_jwk(&jwk).map_err(|_| "dpop_key")?;
        let (host, memory) = (self.cx.host(), &*self.binding.memory);
        let verdict =
            PreferHost::new(&*host, memory).verify(token.header.algorithm, &key, token.signing_input, &token.signature);
        if verdict != Ok(Verdict::Valid) {
            return Err("dpop_signature");
        }
        let claims = Claims::parse(&token.payload).map_err(|_| "dpop_malformed")?;
        Ok(Proof { claims, thumbprint: thumbprint::of_jwk(&jwk).ok_or("dpop_key")? })
    }

    /// Whether the proof was made now, for this request and this token.
    fn check(&self, proof: &Proof) -> Result<(), &'static str> {
        let claims = &proof.claims;
        if text(claims, "jti").is_none_or(|id| id.is_empty() || id.len() > MAX_ID) {
            return Err("dpop_id");
        }
        if text(claims, "htm") != Some(self.request.method()) {
            return Err("dpop_method");
        }
        let here = Origin::of(self.request);
        let origin = self.binding.origin.as_ref().or(here.as_ref()).ok_or("dpop_address")?;
        if !text(claims, "htu").is_some_and(|uri| target::is_address(uri, origin, self.request.path())) {
            return Err("dpop_address");
        }
        if text(claims, "ath") != Some(&digest(self.token)) {
            return Err("dpop_token");
        }
        let (now, skew) = (self.cx.now().seconds(), self.binding.clock_skew);
        let issued = claims.issued().ok_or("dpop_time")?;
        let oldest = issued.saturating_add(self.binding.proof_max_age).saturating_add(skew);
        if issued > now.saturating_add(skew) || oldest < now {
            return Err("dpop_time");
        }
        // A proof may have dates of its own, which nobody has to honour; one that says it is over is over.
        if claims.expires().is_some_and(|expires| expires.saturating_add(skew) <= now) {
            return Err("dpop_time");
        }
        Ok(())
    }
}

/// The key in a proof's header: a public one (RFC 9449 §4.3, check 7).
fn public_key(proof: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let header = proof.split(|byte| *byte == b'.').next().and_then(base64url::decode)?;
    let mut members = json::parse_object(&header).ok()?;
    let Value::Object(jwk) = members.remove("jwk")? else { return None };
    let secret = jwk.get("kty").is_some_and(|kty| kty == "oct") || private_member(&jwk).is_some();
    (!secret).then_some(jwk)
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn digest(token: &[u8]) -> String {
    base64url::encode(gatewright::config::Sha256Hex::of(token).as_bytes())
}
