//! Messages of `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`.
//!
//! Field numbers are those of `envoy/service/ratelimit/v3/rls.proto`, `envoy/extensions/common/ratelimit/v3/ratelimit.proto` and
//! `envoy/config/core/v3/base.proto`.

use gatewright::config::HeaderName;

use crate::rule::number;

use super::wire::{Malformed, Payload, Reader, put_bytes, put_number};

const SECOND: u64 = 1_000_000_000;
const OK: u64 = 1;
const OVER_LIMIT: u64 = 2;
/// Header fields of an answer that are passed on: more are not read.
const MAX_FIELDS: usize = 32;

/// What a request is counted under: keys and values, as the service's configuration names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    pub(crate) entries: Vec<(String, String)>,
    pub(crate) hits: u32,
}

/// The service's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) over_limit: bool,
    /// One for each descriptor, or none: not every service tells.
    pub(crate) statuses: Vec<Status>,
    /// For the client.
    pub(crate) response_fields: Fields,
    /// For the upstream.
    pub(crate) request_fields: Fields,
}

/// Header fields to add.
pub(crate) type Fields = Vec<(HeaderName, Vec<u8>)>;

/// How a descriptor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) over_limit: bool,
    /// How many in how many seconds.
    pub(crate) limit: Option<(u32, u64)>,
    pub(crate) remaining: u32,
    /// Nanoseconds until the limit's window is over.
    pub(crate) reset: Option<u64>,
}

impl Answer {
    /// Nanoseconds until it is worth asking again, if the service tells: by what is over its limit, or by a header field.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let over = self.statuses.iter().filter(|status| status.over_limit);
        let by_field = || self.told("retry-after").or_else(|| self.told("x-ratelimit-reset"));
        let told = over.filter_map(|status| status.reset).max();
        told.or_else(|| by_field().map(|seconds| u64::from(seconds).saturating_mul(SECOND)))
    }

    /// How the only descriptor stands. Some services tell in header fields and nowhere else.
    pub(crate) fn only_status(&self) -> Status {
        self.statuses.first().copied().unwrap_or_else(|| Status {
            over_limit: self.over_limit,
            limit: None,
            remaining: self.told("x-ratelimit-remaining").unwrap_or(0),
            reset: self.told("x-ratelimit-reset").map(|seconds| u64::from(seconds).saturating_mul(SECOND)),
        })
    }

    fn told(&self, field: &str) -> Option<u32> {
        self.response_fields.iter().find(|(name, _)| name.as_str() == field).and_then(|(_, value)| number(value))
    }
}

/// A `RateLimitRequest`.
pub(crate) fn encode(domain: &str, descriptors: &[Descriptor]) -> Vec<u8> {
    // A service that knows no hits of a descriptor counts the request's for all: rather too much than too little.
    let most = descriptors.iter().map(|descriptor| descriptor.hits).max().unwrap_or(1);
    let mut out = Vec::with_capacity(128);
    put_bytes(&mut out, 1, domain.as_bytes());
    for descriptor in descriptors {
        put_bytes(&mut out, 2, &encode_descriptor(descriptor, most));
    }
    put_number(&mut out, 3, most.into());
    out
}

/// Reads a `RateLimitResponse`.
///
/// # Errors
/// [`Malformed`], also for an answer that says neither OK nor OVER_LIMIT.
pub(crate) fn decode(bytes: &[u8]) -> Result<Answer, Malformed> {
    let (mut answer, mut code) = (Answer::default(), 0);
    let mut reader = Reader(bytes);
    while let Some(field) = reader.field()? {
        match field {
            (1, Payload::Varint(number)) => code = number,
            (2, Payload::Bytes(bytes)) => answer.statuses.push(status(bytes)?),
            (3, Payload::Bytes(bytes)) => add_field(&mut answer.response_fields, bytes)?,
            (4, Payload::Bytes(bytes)) => add_field(&mut answer.request_fields, bytes)?,
            _ => {}
        }
    }
    answer.over_limit = code == OVER_LIMIT;
    if code == OK || code == OVER_LIMIT { Ok(answer) } else { Err(Malformed) }
}

fn encode_descriptor(descriptor: &Descriptor, most: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    for (key, value) in &descriptor.entries {
        let mut entry = Vec::with_capacity(4 + key.len() + value.len());
        put_bytes(&mut entry, 1, key.as_bytes());
        put_bytes(&mut entry, 2, value.as_bytes());
        put_bytes(&mut out, 1, &entry);
    }
    if descriptor.hits != most {
        let mut wrapped = Vec::new();
        put_number(&mut wrapped, 1, descriptor.hits.into());
        put_bytes(&mut out, 3, &wrapped);
    }
    out
}

fn status(bytes: &[u8]) -> Result<Status, Malformed> {
    let mut status = Status::default();
    let mut reader = Reader(bytes);
    while let Some(field) = reader.field()? {
        match field {
            (1, Payload::Varint(code)) => status.over_limit = code == OVER_LIMIT,
            (2, Payload::Bytes(bytes)) => status.limit = current_limit(bytes)?,
            (3, Payload::Varint(remaining)) => status.remaining = u32::try_from(remaining).unwrap_or(u32::MAX),
            (4, Payload::Bytes(bytes)) => status.reset = Some(duration(bytes)?),
            _ => {}
        }
    }
    Ok(status)
}

fn current_limit(bytes: &[u8]) -> Result<Option<(u32, u64)>, Malformed> {
    let (mut requests, mut unit) = (0, 0);
    let mut reader = Reader(bytes);
    while let Some(field) = reader.field()? {
        match field {
            (1, Payload::Varint(number)) => requests = u32::try_from(number).unwrap_or(u32::MAX),
            (2, Payload::Varint(number)) => unit = number,
            _ => {}
        }
    }
    let seconds = match unit {
        1 => 1,
        2 => 60,
        3 => 3600,
        4 => 86_400,
        5 => 30 * 86_400,
        6 => 365 * 86_400,
        7 => 7 * 86_400,
        _ => return Ok(None),
    };
    Ok(Some((requests, seconds)))
}

/// A `google.protobuf.Duration`; a negative one is over.
fn duration(bytes: &[u8]) -> Result<u64, Malformed> {
    let (mut seconds, mut nanos) = (0i64, 0i64);
    let mut reader = Reader(bytes);
    while let Some(field) = reader.field()? {
        match field {
            (1, Payload::Varint(number)) => seconds = number.cast_signed(),
            (2, Payload::Varint(number)) => nanos = number.cast_signed(),
            _ => {}
        }
    }
    let whole = u64::try_from(seconds).unwrap_or(0).saturating_mul(SECOND);
    Ok(whole.saturating_add(u64::try_from(nanos).unwrap_or(0).min(SECOND)))
}

/// A `HeaderValue`, unless it is one that must not be added: those that frame the message, and pseudo-header fields.
fn add_field(fields: &mut Fields, bytes: &[u8]) -> Result<(), Malformed> {
    let (mut name, mut value) = (&[][..], &[][..]);
    let mut reader = Reader(bytes);
    while let Some(field) = reader.field()? {
        match field {
            (1, Payload::Bytes(bytes)) => name = bytes,
            (2 | 3, Payload::Bytes(bytes)) if !bytes.is_empty() => value = bytes,
            _ => {}
        }
    }
    let name = std::str::from_utf8(name).ok().and_then(|name| name.parse::<HeaderName>().ok());
    let clean = !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    if let Some(name) = name.filter(|name| clean && fields.len() < MAX_FIELDS && !frames(name.as_str())) {
        fields.push((name, value.to_vec()));
    }
    Ok(())
}

fn frames(name: &str) -> bool {
    matches!(name, "content-length" | "transfer-encoding" | "connection" | "upgrade" | "te" | "trailer" | "host")
}

#[cfg(test)]
mod tests;
