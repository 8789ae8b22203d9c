//! How long a fetched set is fresh.

use std::time::Duration;

use gatewright::Headers;

use super::plan::Times;
use super::span::nanos;

/// `max-age` is honoured up to this many refresh intervals.
const LONGEST: u32 = 12;

/// The answer's `max-age` (RFC 9111 §5.2.2.1) less its `Age`. Anything unclear is none; `no-cache` and the like are not looked at,
/// because many issuers send them with every answer.
pub(super) fn max_age(headers: &Headers) -> Option<Duration> {
    let fields = headers.all("cache-control").filter_map(|field| std::str::from_utf8(field).ok());
    let mut ages = fields.flat_map(|field| field.split(',')).filter_map(max_age_of);
    let max_age = ages.next()??;
    if ages.next().is_some() {
        return None;
    }
    let age = headers.text("age").and_then(seconds).unwrap_or(0);
    Some(Duration::from_secs(max_age.saturating_sub(age)))
}

/// How long to use a set before it is fetched again, in nanoseconds: the issuer's wish within bounds, a tenth more or less, so that
/// many proxies do not ask at once.
pub(super) fn fresh_for(max_age: Option<Duration>, times: &Times, seed: u64) -> u64 {
    let longest = times.refresh_interval.saturating_mul(LONGEST);
    let wished = max_age.unwrap_or(times.refresh_interval).clamp(times.min_refresh_interval, longest);
    jitter(nanos(wished), seed)
}

/// A stretch made up to a tenth longer or shorter, as `seed` has it.
pub(super) fn jitter(stretch: u64, seed: u64) -> u64 {
    let tenth = stretch / 10;
    let spread = tenth.saturating_mul(2);
    (stretch - tenth).saturating_add(mix(seed).checked_rem(spread.saturating_add(1)).unwrap_or(0))
}

/// `max-age=60` as 60; another directive as `None`; a `max-age` that is no number as `Some(None)`.
fn max_age_of(directive: &str) -> Option<Option<u64>> {
    let (name, value) = directive.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("max-age") {
        return None;
    }
    Some(seconds(value))
}

fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Spreads numbers that differ little (the finaliser of splitmix64).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
