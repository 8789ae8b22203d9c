//! What the configuration and the RFCs make of a response: whether it is stored, for how long, under which names.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright::config::ConfigError;
use gatewright::{Headers, Timestamp};

use crate::config::{self, SetCookie};
use crate::entry::{Meta, Part};
use crate::http::cache_control::{Extent, ResponseDirectives};
use crate::http::freshness::{self, Exchanged, Heuristic};
use crate::http::reuse::Freshness;
use crate::http::storable::{self, Asked, Refusal};
use crate::http::vary::Selecting;
use crate::http::{conditional, date, fields, groups, range, targeted, vary};
use crate::target::Target;

/// More bytes of selecting fields than this are not remembered: nothing is stored then.
const MAX_SELECTING_BYTES: usize = 4096;
/// The most that the heuristic gives unless the configuration says otherwise.
const HEURISTIC_MAX: Duration = Duration::from_secs(86_400);
/// How long what can be validated is worth keeping after it became stale.
const WORTH_VALIDATING: Duration = Duration::from_secs(86_400);
/// How long after it became stale a response is sent where the origin cannot be reached, unless the configuration says otherwise:
/// for as long as an origin takes to start again.
const IF_UNREACHABLE: u64 = 30;

/// The rules of one route.
pub(crate) struct Rules {
    targets: Vec<String>,
    statuses: Option<Vec<u16>>,
    by_status: BTreeMap<u16, u64>,
    ttl: config::Ttl,
    heuristic: Heuristic,
    set_cookie: SetCookie,
    max_fields: usize,
    stale: config::Stale,
}

/// A response as it came from the origin.
#[derive(Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a Headers,
    pub(crate) times: Exchanged,
}

/// A response to store, but for its body.
pub(crate) struct Plan {
    pub(crate) meta: Meta,
    /// Header fields, as the ABI serialises them.
    pub(crate) fields: Headers,
    pub(crate) tags: Vec<Vec<u8>>,
    pub(crate) keep_until: Timestamp,
}

/// Why a response is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// The request is why: another client's may do better.
    Request,
    /// The response is why: so may be the next one's.
    Response,
    /// The server failed: the next answer may be a good one.
    Failure,
}

impl Rules {
    pub(crate) fn new(config: &config::Config) -> Result<Self, ConfigError> {
        let ttl = config.ttl.clone();
        let percent = ttl.heuristic.map_or(10, |percent| u64::from(percent.parts_per_million()) / 10_000);
        let heuristic = Heuristic { percent, max: ttl.heuristic_max.map_or(HEURISTIC_MAX, |max| max.as_std()) };
        let max_fields = usize::from(config.vary.max_fields);
        if max_fields > 32 {
            return Err(ConfigError::at("vary.max_fields", format!("{max_fields} is out of range; write 0 to 32")));
        }
        Ok(Self {
            targets: config.targeted_fields.iter().map(|name| name.as_str().to_owned()).collect(),
            statuses: config.statuses.as_ref().map(|list| list.iter().map(|status| status.as_u16()).collect()),
            by_status: by_status(&ttl.by_status)?,
            ttl,
            heuristic,
            set_cookie: config.set_cookie,
            max_fields,
            stale: config.stale,
        })
    }

    /// What to store of an answer, selected by the fields of `request`.
    pub(crate) fn plan(
        &self,
        target: &Target<'_>,
        asked: Asked,
        request: &Headers,
        answered: Answered<'_>,
    ) -> Result<Plan, NotStored> {
        let Answered { status, headers, times } = answered;
        let (directives, expires) = targeted::effective(headers, &self.targets);
        self.check(asked, answered, &directives, expires)?;
        let names = vary::names(headers, self.max_fields).ok_or(NotStored::Response)?;
        let selecting = selecting(names, request).ok_or(NotStored::Request)?;
        let freshness = self.freshness(answered, &directives, expires);
        let validates = conditional::has_validator(headers);
        let usable = !freshness.always_validate
            && (freshness.lifetime > 0 || freshness.stale_while_revalidate.max(freshness.stale_if_error) > 0);
        if !usable && !validates {
            return Err(if status >= 500 { NotStored::Failure } else { NotStored::Response });
        }
        let part = part(answered, request)?;
        let Freshness { stale_while_revalidate, stale_if_error, stale_if_unreachable, .. } = freshness;
        let extra = Duration::from_secs(stale_while_revalidate.max(stale_if_error).max(stale_if_unreachable));
        let keep = Duration::from_secs(freshness.lifetime)
            + extra.max(if validates { WORTH_VALIDATING } else { Duration::ZERO });
        let meta = Meta {
            status,
            came: times.came,
            initial_age: freshness::initial_age(headers, times),
            freshness,
            selecting,
            part,
        };
        let fields = self.fields(headers, &directives, times);
        Ok(Plan { meta, fields, tags: tags(target, headers), keep_until: times.came + keep })
    }

    /// Whether a response says itself how long it is fresh.
    pub(crate) fn is_explicit(&self, answered: Answered<'_>) -> bool {
        let (directives, expires) = targeted::effective(answered.headers, &self.targets);
        freshness::explicit(answered.headers, &directives, expires, answered.times).is_some()
    }

    /// The freshness of a response; its age is not in it.
    fn freshness(&self, answered: Answered<'_>, directives: &ResponseDirectives, expires: bool) -> Freshness {
        let seconds =
            |duration: Option<gatewright::config::Duration>| duration.map(|duration| duration.as_std().as_secs());
        Freshness {
            lifetime: self.lifetime(answered, directives, expires),
            always_validate: directives.no_cache == Extent::Whole,
            forbids_stale: directives.forbids_stale(),
            immutable: directives.immutable,
            stale_while_revalidate: directives
                .stale_while_revalidate
                .or(seconds(self.stale.while_revalidate))
                .unwrap_or(0),
            stale_if_error: directives.stale_if_error.or(seconds(self.stale.if_error)).unwrap_or(0),
            stale_if_unreachable: directives
                .stale_if_error
                .unwrap_or(seconds(self.stale.if_unreachable).unwrap_or(IF_UNREACHABLE)),
            ..Freshness::default()
        }
    }

    fn check(
        &self,
        asked: Asked,
        answered: Answered<'_>,
        directives: &ResponseDirectives,
        expires: bool,
    ) -> Result<(), NotStored> {
        let Answered { status, headers, .. } = answered;
        let listed = self.statuses.as_ref().is_none_or(|list| list.contains(&status));
        let cookies = self.set_cookie == SetCookie::Refuse && headers.contains("set-cookie");
        let forced = self.by_status.contains_key(&status);
        let refusal = match storable::refusal(asked, status, headers, directives, expires, forced) {
            None if !listed => Refusal::Status,
            None if cookies => Refusal::SetCookie,
            None => return Ok(()),
            Some(refusal) => refusal,
        };
        Err(match refusal {
            Refusal::Authorization => NotStored::Request,
            Refusal::NoStore if asked.no_store => NotStored::Request,
            _ if status >= 500 => NotStored::Failure,
            _ => NotStored::Response,
        })
    }

    fn lifetime(&self, answered: Answered<'_>, directives: &ResponseDirectives, expires: bool) -> u64 {
        let Answered { status, headers, times } = answered;
        let seconds = |duration: gatewright::config::Duration| duration.as_std().as_secs();
        if let Some(forced) = self.ttl.r#override {
            return seconds(forced);
        }
        let explicit = freshness::explicit(headers, directives, expires, times);
        let configured = self.by_status.get(&status).copied().or(self.ttl.default.map(seconds));
        let lifetime = explicit
            .or(configured)
            .unwrap_or_else(|| freshness::lifetime(headers, status, directives, expires, times, self.heuristic));
        lifetime.max(self.ttl.min.map_or(0, seconds)).min(self.ttl.max.map_or(u64::MAX, seconds))
    }

    /// The fields to store; the time of receipt is remembered where the origin has no clock (RFC 9110 §6.6.1).
    fn fields(&self, headers: &Headers, directives: &ResponseDirectives, times: Exchanged) -> Headers {
        let keep = self.set_cookie == SetCookie::Store;
        let list = fields::storable(headers, directives, keep);
        let mut stored: Headers = list.map(|(name, value)| (String::from_utf8_lossy(name), value)).collect();
        if !stored.contains("date") {
            stored.append("date", date::format(times.came.seconds()));
        }
        stored
    }
}

fn by_status(list: &BTreeMap<String, gatewright::config::Duration>) -> Result<BTreeMap<u16, u64>, ConfigError> {
    let read = |(status, ttl): (&String, &gatewright::config::Duration)| match status.parse::<u16>() {
        Ok(code @ 200..=599) if code != 304 => Ok((code, ttl.as_std().as_secs())),
        _ => Err(ConfigError::at(format!("ttl.by_status.{status}"), "is no final status; write one such as 404")),
    };
    let mut codes = BTreeMap::new();
    for entry in list {
        let (code, ttl) = read(entry)?;
        codes.insert(code, ttl);
    }
    Ok(codes)
}

fn selecting(names: Vec<String>, request: &Headers) -> Option<Vec<Selecting>> {
    let fields = vary::selecting(names, request);
    let bytes: usize = fields.iter().map(|field| field.name.len() + field.value.as_ref().map_or(0, Vec::len)).sum();
    (bytes <= MAX_SELECTING_BYTES).then_some(fields)
}

/// For a partial response, what it is part of. One of several parts is not stored.
fn part(answered: Answered<'_>, request: &Headers) -> Result<Option<Part>, NotStored> {
    if answered.status != 206 {
        return Ok(None);
    }
    let asked = request.get("range").ok_or(NotStored::Response)?.to_vec();
    let range = answered.headers.single("content-range").ok().flatten().and_then(range::content_range);
    let range = range.ok_or(NotStored::Response)?;
    Ok(Some(Part { asked, range: Some(range) }))
}

/// Names that purges and invalidations go by. Groups belong to an origin (RFC 9875 §2).
fn tags(target: &Target<'_>, headers: &Headers) -> Vec<Vec<u8>> {
    let tags = groups::tags(headers).into_iter().map(|name| tag(&name));
    tags.chain(groups::groups(headers).into_iter().map(|name| group(target, &name))).collect()
}

/// The name of a tag of `surrogate-key` or `cache-tag` in the store.
pub(crate) fn tag(name: &[u8]) -> Vec<u8> {
    [b"t", name].concat()
}

/// The name of a cache group in the store.
pub(crate) fn group(target: &Target<'_>, name: &[u8]) -> Vec<u8> {
    [b"g", target.scheme.as_bytes(), b":", target.host.as_bytes(), b"\0", name].concat()
}
