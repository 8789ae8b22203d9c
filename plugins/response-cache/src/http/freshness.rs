//! How old a response is and how long it is fresh (RFC 9111 §4.2).

use std::time::Duration;

use gatewright::{Headers, Timestamp};

use super::cache_control::ResponseDirectives;
use super::date;
use super::status::is_heuristically_cacheable;
use super::text::{digits, members};

/// When a response was asked for and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// `request_time` of RFC 9111 §4.2.3.
    pub asked: Timestamp,
    /// `response_time`.
    pub came: Timestamp,
}

/// The rule for responses that say nothing of their freshness (RFC 9111 §4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heuristic {
    /// Hundredths of the time since `Last-Modified`; 0: no heuristic.
    pub percent: u64,
    /// The most it gives.
    pub max: Duration,
}

/// `corrected_initial_age` in seconds: the age when the response came (RFC 9111 §4.2.3).
#[must_use]
pub fn initial_age(headers: &Headers, times: Exchanged) -> u64 {
    let came = i64::try_from(times.came.seconds()).unwrap_or(i64::MAX);
    let apparent = date_value(headers, times).map_or(0, |date| u64::try_from(came.saturating_sub(date)).unwrap_or(0));
    let corrected = age_value(headers).saturating_add((times.came - times.asked).as_secs());
    apparent.max(corrected)
}

/// `freshness_lifetime` in seconds (RFC 9111 §4.2.1), explicit or heuristic; `expires` tells whether `Expires` counts.
#[must_use]
pub fn lifetime(
    headers: &Headers,
    status: u16,
    directives: &ResponseDirectives,
    expires: bool,
    times: Exchanged,
    heuristic: Heuristic,
) -> u64 {
    explicit(headers, directives, expires, times).unwrap_or_else(|| {
        let allowed = is_heuristically_cacheable(status) || directives.public;
        if allowed { heuristic_lifetime(headers, times, heuristic) } else { 0 }
    })
}

/// The freshness lifetime that the response states; a statement that cannot be read is one of no time at all.
#[must_use]
pub fn explicit(headers: &Headers, directives: &ResponseDirectives, expires: bool, times: Exchanged) -> Option<u64> {
    if let Some(seconds) = directives.s_maxage.or(directives.max_age) {
        return Some(seconds.or_stale());
    }
    let expires = headers.get("expires").filter(|_| expires)?;
    let until = date::parse(expires, times.came.seconds());
    let from = date_value(headers, times).or_else(|| i64::try_from(times.came.seconds()).ok());
    let lifetime = until.zip(from).map_or(0, |(until, from)| until.saturating_sub(from));
    Some(u64::try_from(lifetime).unwrap_or(0))
}

/// The first member of `Age`, if it is a number (RFC 9111 §5.1).
fn age_value(headers: &Headers) -> u64 {
    let first = headers.get("age").and_then(|line| members(line).next());
    first.and_then(digits).unwrap_or(0)
}

fn date_value(headers: &Headers, times: Exchanged) -> Option<i64> {
    date::parse(headers.get("date")?, times.came.seconds())
}

fn heuristic_lifetime(headers: &Headers, times: Exchanged, heuristic: Heuristic) -> u64 {
    let modified = headers.get("last-modified").and_then(|text| date::parse(text, times.came.seconds()));
    let from = date_value(headers, times).or_else(|| i64::try_from(times.came.seconds()).ok());
    let unchanged = modified.zip(from).map_or(0, |(modified, from)| from.saturating_sub(modified));
    let unchanged = u64::try_from(unchanged).unwrap_or(0);
    (unchanged.saturating_mul(heuristic.percent) / 100).min(heuristic.max.as_secs())
}

#[cfg(test)]
mod tests;
