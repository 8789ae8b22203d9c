//! The registered claims (RFC 7519 §4.1), checked against what is expected and against a time that the caller gives.

mod registered;

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

use self::registered::Registered;
use super::{Refusal, json};

/// The last second of the year 9999. A date beyond it is no date: milliseconds instead of seconds, mostly, which would never expire.
const LAST_DATE: u64 = 253_402_300_799;

/// The claims of a token whose types are as RFC 7519 has them. Whether they may be believed is the signature's matter.
#[derive(Clone)]
pub struct Claims {
    members: Rc<Map<String, Value>>,
    dates: Dates,
    is_bound: bool,
}

/// The three dates, in seconds since the Unix epoch, rounded up.
#[derive(Clone, Copy, Debug)]
struct Dates {
    expires: Option<u64>,
    not_before: Option<u64>,
    issued: Option<u64>,
}

/// What a token must say.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// `iss`, compared byte by byte; `None` takes any.
    pub issuer: Option<String>,
    /// `aud` must contain one of these; empty takes any.
    pub audiences: Vec<String>,
    /// `sub` must be one of these; empty takes any.
    pub subjects: Vec<String>,
    /// Seconds that the issuer's clock may differ from ours.
    pub clock_skew: u64,
    /// Whether a token without `exp` is refused.
    pub require_expiration: bool,
    /// Seconds between `iat` and `exp` at most, or between now and `exp` where `iat` is missing. A token without `exp` has no end.
    pub max_lifetime: Option<u64>,
}

impl Default for Expectations {
    /// Any issuer, audience and subject, `exp` required, clocks at most a minute apart.
    fn default() -> Self {
        Self {
            issuer: None,
            audiences: Vec::new(),
            subjects: Vec::new(),
            clock_skew: 60,
            require_expiration: true,
            max_lifetime: None,
        }
    }
}

impl Claims {
    /// Parses a decoded payload.
    ///
    /// # Errors
    /// When it is not a JSON object with one reading, or a registered claim has another type than RFC 7519 says.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let members = json::parse_object(payload).map_err(|_| Refusal::PayloadJson)?;
        let found = Registered::of(&members);
        for (name, value) in [("iss", found.iss), ("sub", found.sub), ("jti", found.jti)] {
            if value.is_some_and(|value| !value.is_string()) {
                return Err(Refusal::ClaimInvalid(name));
            }
        }
        if found.aud.is_some_and(|value| !is_audience(value)) {
            return Err(Refusal::ClaimInvalid("aud"));
        }
        let dates = Dates {
            expires: date(found.exp, "exp")?,
            not_before: date(found.nbf, "nbf")?,
            issued: date(found.iat, "iat")?,
        };
        let is_bound = found.cnf.is_some();
        Ok(Self { members: Rc::new(members), dates, is_bound })
    }

    /// Checks the claims at `now`, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// Names the first check that fails.
    pub fn validate(&self, expected: &Expectations, now: u64) -> Result<(), Refusal> {
        self.check_dates(expected, now)?;
        if let Some(issuer) = &expected.issuer
            && self.required("iss")? != issuer
        {
            return Err(Refusal::Issuer);
        }
        if !expected.audiences.is_empty() && !self.names_one_of(&expected.audiences)? {
            return Err(Refusal::Audience);
        }
        if !expected.subjects.is_empty() && !is_one_of(self.required("sub")?, &expected.subjects) {
            return Err(Refusal::Subject);
        }
        Ok(())
    }

    /// A claim by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// All claims.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// All claims, to keep.
    #[must_use]
    pub fn shared(&self) -> Rc<Map<String, Value>> {
        Rc::clone(&self.members)
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.get("iss").and_then(Value::as_str)
    }

    /// `exp`, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires(&self) -> Option<u64> {
        self.dates.expires
    }

    /// `iat`, in seconds since the Unix epoch.
    #[must_use]
    pub fn issued(&self) -> Option<u64> {
        self.dates.issued
    }

    /// Whether there is `cnf` (RFC 7800), whatever it says.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.is_bound
    }

    /// The first and the last second, since the Unix epoch, at which the dates are those of a valid token, by a clock that may be off.
    #[must_use]
    pub fn validity(&self, clock_skew: u64) -> (u64, u64) {
        let from = self.dates.not_before.max(self.dates.issued).unwrap_or(0);
        let end = self.dates.expires.map_or(u64::MAX, |expires| expires.saturating_add(clock_skew).saturating_sub(1));
        (from.saturating_sub(clock_skew), end)
    }

    fn check_dates(&self, expected: &Expectations, now: u64) -> Result<(), Refusal> {
        let (earliest, latest) = (now.saturating_sub(expected.clock_skew), now.saturating_add(expected.clock_skew));
        match self.dates.expires {
            None if expected.require_expiration => return Err(Refusal::ClaimMissing("exp")),
            // "On or after" (RFC 7519 §4.1.4): at `exp` itself the token is dead.
            Some(expires) if expires <= earliest => return Err(Refusal::Expired),
            _ => {}
        }
        if self.dates.not_before.is_some_and(|not_before| not_before > latest) {
            return Err(Refusal::NotYetValid);
        }
        if self.dates.issued.is_some_and(|issued| issued > latest) {
            return Err(Refusal::IssuedInFuture);
        }
        self.check_lifetime(expected, latest)
    }

    /// `latest` is now, by the issuer's clock at most.
    fn check_lifetime(&self, expected: &Expectations, latest: u64) -> Result<(), Refusal> {
        let Some(max) = expected.max_lifetime else { return Ok(()) };
        let expires = self.dates.expires.ok_or(Refusal::ClaimMissing("exp"))?;
        let from = self.dates.issued.unwrap_or(latest);
        if expires.saturating_sub(from) > max { Err(Refusal::Lifetime) } else { Ok(()) }
    }

    fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).and_then(Value::as_str).ok_or(Refusal::ClaimMissing(name))
    }

    fn names_one_of(&self, audiences: &[String]) -> Result<bool, Refusal> {
        match self.get("aud").ok_or(Refusal::ClaimMissing("aud"))? {
            Value::String(one) => Ok(is_one_of(one, audiences)),
            Value::Array(several) => {
                Ok(several.iter().filter_map(Value::as_str).any(|audience| is_one_of(audience, audiences)))
            }
            _ => Err(Refusal::ClaimInvalid("aud")),
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Claims are about persons: a log shows which there are, not what they say.
        f.debug_set().entries(self.members.keys()).finish()
    }
}

fn is_one_of(value: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|one| one == value)
}

fn is_audience(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(values) => values.iter().all(Value::is_string),
        _ => false,
    }
}

/// A NumericDate (RFC 7519 §2) in whole seconds. Rounding up is exact for comparing with a clock of whole seconds.
fn date(claim: Option<&Value>, name: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(value) = claim else {
        return Ok(None);
    };
    let seconds = value.as_u64().or_else(|| value.as_f64().and_then(whole_seconds));
    match seconds {
        Some(seconds) if seconds <= LAST_DATE => Ok(Some(seconds)),
        _ => Err(Refusal::ClaimInvalid(name)),
    }
}

fn whole_seconds(date: f64) -> Option<u64> {
    const LAST: f64 = LAST_DATE as f64;
    // In this range the cast is exact; a NaN is not in it.
    (0.0..=LAST).contains(&date).then(|| date.ceil() as u64)
}

#[cfg(test)]
mod tests;
